"""The statements of docs/scaling.md that partition the kept checks, and the service over them."""

from __future__ import annotations

import re
from pathlib import Path

import asyncpg
import httpx

from tests.conftest import ROOT, Cluster, plain
from tests.faults.servers import served

BODY = {"claims": [{"text": "39 terrorists killed by drone strikes"}]}


async def test_checks_in_partitions(cluster: Cluster, seeded_url: str, tmp_path: Path) -> None:
    (statements,) = re.findall(r"```sql\n(.*?)```", (ROOT / "docs" / "scaling.md").read_text(), re.DOTALL)
    url = cluster.create(seeded_url)
    connection = await asyncpg.connect(plain(url))
    async with served(tmp_path, FACTCHECK_DATABASE_URL=url) as server, httpx.AsyncClient(timeout=30) as client:
        before = await client.post(f"{server.base}/v1/checks", json=BODY)
        await connection.execute(statements)
        after = await client.post(f"{server.base}/v1/checks", json=BODY)
        for made in (before, after):
            assert made.status_code == 201
            kept = await client.get(server.base + made.headers["location"])
            assert kept.json() == made.json()
    plan = await connection.fetch("EXPLAIN SELECT answer FROM checks WHERE id = $1", after.json()["id"])
    assert "checks_before" in str(plan)
    assert "checks_2100_01" not in str(plan)
    await connection.close()
    cluster.drop(url)
