"""``factcheck serve`` beside tests whose event loop must not stand still meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.conftest import ROOT, Server, serving


@asynccontextmanager
async def served(folder: Path, *arguments: str, root: Path = ROOT, **environment: str) -> AsyncIterator[Server]:
    """See ``tests.conftest.serving``. A server whose block fails is killed."""
    running = serving(folder, *arguments, root=root, **environment)
    server = await asyncio.to_thread(running.__enter__)
    try:
        yield server
    except BaseException:
        server.process.kill()
        await asyncio.to_thread(server.process.wait, 30)
        raise
    finally:
        await asyncio.to_thread(running.__exit__, None, None, None)
