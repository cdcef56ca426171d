"""The consumer that the documentation shows: run as it stands there, it takes what is signed and nothing else."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import httpx

from service.borders import Borders
from service.delivering import Deliverer
from service.outbound.door import Door
from service.outbound.webhooks import DoorCourier
from service.store.session import Database
from service.subscribing import fetch_deliveries, redeliver, register_webhook, send_test
from service.webhooks import NewWebhook
from tests.conftest import ROOT

LOCAL = ("127.0.0.1",)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@asynccontextmanager
async def consuming(folder: Path, port: int, secret: str) -> AsyncIterator[asyncio.subprocess.Process]:
    (program,) = re.findall(r"^```python\n(.*?)^```$", (ROOT / "docs" / "watches.md").read_text(), re.M | re.S)
    (folder / "consumer.py").write_text(program)
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(folder / "consumer.py"), str(port),
        env={**os.environ, "WEBHOOK_SECRET": secret}, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(30):
            while True:
                with suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                    writer.close()
                    break
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def test_the_consumer_in_the_documentation_takes_each_event_once(database: Database, tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}/factcheck"
    hook = await register_webhook(database, NewWebhook(url), None, Borders.of(LOCAL))
    async with consuming(tmp_path, port, hook.secret) as process, Door(LOCAL) as door, httpx.AsyncClient() as client:
        deliverer = Deliverer(database, DoorCourier(door), None, clock=lambda: datetime.now(UTC))
        sent = await send_test(database, hook.webhook.id)
        assert await deliverer.deliver_due() == 1
        await redeliver(database, hook.webhook.id, sent.id)
        assert await deliverer.deliver_due() == 1
        forged = {"webhook-id": "1", "webhook-timestamp": "1", "webhook-signature": "v1,AAAA"}
        assert (await client.post(url, content=b"{}", headers=forged)).status_code == 401
        await send_test(database, hook.webhook.id)
        assert await deliverer.deliver_due() == 1
        assert {each.state for each in await fetch_deliveries(database, hook.webhook.id, 9, None, None)} == {
            "delivered"
        }
        assert process.stdout is not None
        assert [await process.stdout.readline() for _ in range(2)] == [b"webhook.test None\n"] * 2
        process.kill()
        assert await process.stdout.read() == b""
