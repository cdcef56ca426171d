"""Work that costs processor time, beside the event loop: on a thread at first, in processes where there is much."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


async def in_order(
    work: Callable[[T], R], given: Iterator[T], *, alone: int, workers: int | None = None
) -> AsyncGenerator[tuple[T, R]]:
    """What ``work`` makes of each thing that is given, in order, with the thing itself.

    The first ``alone`` are done on a thread: further processes take a second to start. ``workers``: how many of those,
    one for each processor unless given, at most 4. What ``given`` raises comes after all that it gave before. ``work``
    and what it takes and gives must be such as another process can be told.
    """
    loop = asyncio.get_running_loop()
    workers = workers or max(1, min(4, os.cpu_count() or 1))
    pool: ProcessPoolExecutor | None = None
    pending: deque[tuple[T, asyncio.Future[R]]] = deque()
    nothing = object()
    failed: Exception | None = None
    taken = 0
    try:
        while True:
            try:
                each = await asyncio.to_thread(next, given, nothing)
            except Exception as error:
                failed = error
                break
            if each is nothing:
                break
            taken += 1
            item: T = each  # type: ignore[assignment]
            if taken <= alone:
                yield item, await asyncio.to_thread(work, item)
                continue
            if pool is None:
                pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), initializer=_follow_parent)
            pending.append((item, loop.run_in_executor(pool, work, item)))
            if len(pending) > 2 * workers:
                first, done = pending.popleft()
                yield first, await done
        while pending:
            first, done = pending.popleft()
            yield first, await done
        if failed is not None:
            raise failed
    finally:
        for _, future in pending:
            future.cancel()
        if pool is not None:
            pool.shutdown(wait=False, cancel_futures=True)


def _follow_parent() -> None:
    """An interrupt is the parent's to handle; when the parent is gone, however it went, so is this process."""
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.SIG_IGN if name == signal.SIGINT else signal.SIG_DFL)
    parent = multiprocessing.parent_process()

    def wait() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
