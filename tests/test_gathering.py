"""What found nothing is gathered: once, whatever is killed; what says the same together, what does not apart."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import asyncpg
import httpx
import pytest
from sqlalchemy import insert, text

from service.background import KINDS
from service.checking import check_claims
from service.domain import CheckOptions, ClaimDraft, IncomingClaim
from service.editing import add_claim
from service.gathering import AT_ONCE, GATHER_INBOX, gather, wording_key
from service.inbox import browse_inbox, fetch_item
from service.jobs import Workplace
from service.matching.reading import read
from service.settings import Settings
from service.store.inbox import InboxFilter
from service.store.inbox_tables import waiting
from service.store.session import Database
from service.unanswered import InboxItem
from tests.conftest import plain, serving
from tests.test_keyed_servers import until

NOW = datetime(2026, 1, 2, 8, 0, tzinfo=UTC)
BRIDGE = "The bridge of Example Bay will be closed in 2027"


async def wait_for(database: Database, *texts: str | tuple[str, str], at: datetime = NOW) -> None:
    """Have texts wait, in English where no language is given."""
    asked = [each if isinstance(each, tuple) else (each, "en") for each in texts]
    async with database.write() as connection:
        rows = [{"text": said, "language": language, "claimed_at": None, "asked_at": at} for said, language in asked]
        await connection.execute(insert(waiting), rows)


async def gather_all(database: Database) -> None:
    while await gather(database, patient=True):
        pass


async def inbox(database: Database, **wanted: object) -> list[tuple[int, set[str]]]:
    """How often each item was asked, in their order, and its wordings."""
    page = await browse_inbox(database, InboxFilter(**wanted), None, 100)  # type: ignore[arg-type]
    assert page.waiting == 0
    assert page.total == len(page.items)
    return [(item.asked, await wordings(database, item)) for item in page.items]


async def wordings(database: Database, item: InboxItem) -> set[str]:
    again, found = await fetch_item(database, item.id)
    assert again == item
    assert sum(each.asked for each in found) == item.asked
    assert (item.text, item.wordings) == (found[0].text, len(found))
    assert min(each.first_asked_at for each in found) == item.first_asked_at
    assert max(each.last_asked_at for each in found) == item.last_asked_at
    return {each.text for each in found}


async def ask(database: Database, *texts: str, record: bool = True, **options: object) -> None:
    claims = [IncomingClaim(each) for each in texts]
    await check_claims(database, claims, CheckOptions(**options), record=record)  # type: ignore[arg-type]


async def test_what_says_the_same_is_one_item_and_what_does_not_is_another(database):
    await wait_for(
        database,
        BRIDGE,
        f"{BRIDGE}!",
        "The bridge of Example Bay will be closed in 2028",
        "The bridge of Example Bay will not be closed in 2027",
        "39 terrorists were killed by drone strikes in Iraq",
        "Drone strikes killed 39 terrorists in Iraq",
        ("۳۹ تروریست با حملات پهپادی در عراق کشته شدند", "fa"),
        "93 terrorists were killed by drone strikes in Iraq",
        "Eating garlic cures the flu",
    )
    await gather_all(database)
    found = await inbox(database)
    assert (2, {BRIDGE}) in found
    assert (1, {"The bridge of Example Bay will be closed in 2028"}) in found
    assert (1, {"The bridge of Example Bay will not be closed in 2027"}) in found
    assert (1, {"93 terrorists were killed by drone strikes in Iraq"}) in found
    assert (1, {"Eating garlic cures the flu"}) in found
    drones = {"39 terrorists were killed by drone strikes in Iraq", "Drone strikes killed 39 terrorists in Iraq",
              "۳۹ تروریست با حملات پهپادی در عراق کشته شدند"}  # fmt: skip
    assert (3, drones) in found
    assert len(found) == 6


async def test_most_asked_first_and_then_the_latest(database):
    later = NOW + timedelta(hours=1)
    await wait_for(database, "Eating garlic cures the flu", BRIDGE, "A whale was seen in the harbour of Example Bay")
    await wait_for(database, BRIDGE, "A whale was seen in the harbour of Example Bay", at=later)
    await wait_for(database, BRIDGE, at=NOW - timedelta(hours=1))
    await wait_for(database, "The moon landing was filmed in a studio", at=later)
    await gather_all(database)
    assert [asked for asked, _ in await inbox(database)] == [3, 2, 1, 1]
    first, second, third, fourth = (await browse_inbox(database, InboxFilter(), None, 10)).items
    assert (first.text, second.text[:7], third.text[:8], fourth.text[:6]) == (BRIDGE, "A whale", "The moon", "Eating")
    assert (first.first_asked_at, first.last_asked_at) == (NOW - timedelta(hours=1), later)
    pages = []
    after = None
    for _ in range(4):
        page = await browse_inbox(database, InboxFilter(), after, 1)
        pages += page.items
        after = page.next
    assert (pages, after) == ([first, second, third, fourth], None)
    assert [each.id for each in (await browse_inbox(database, InboxFilter(since=later), None, 10)).items] == [
        first.id, second.id, third.id,
    ]  # fmt: skip


async def known(database: Database) -> None:
    for said in ("39 terrorists were killed by drone strikes in Iraq", "Zero percent of the border was infiltrated"):
        await add_claim(database, ClaimDraft(said, "en"))


STUDIO = "The moon landing was filmed in a studio by Example Pictures"


@pytest.mark.parametrize(
    ("said", "waiting"),
    [
        (STUDIO, [STUDIO]),
        (f"  {STUDIO}\n", [STUDIO]),
        # what is known, whatever its verdict, and what contradicts it, has its claim
        ("39 terrorists were killed by drone strikes in Iraq", []),
        ("93 terrorists were killed by drone strikes in Iraq", []),
        ("Terrorists were killed by drone strikes", ["Terrorists were killed by drone strikes"]),
        ("Hello there", []),
        # statement by statement
        (f"39 terrorists were killed by drone strikes in Iraq. {STUDIO}. Good morning.", [f"{STUDIO}."]),
    ],
)
async def test_only_what_no_claim_judges_waits(database, said, waiting):
    await known(database)
    await ask(database, said)
    async with database.read() as connection:
        rows = await connection.execute(text("SELECT text FROM inbox_waiting ORDER BY id"))
        assert list(rows.scalars()) == waiting


async def test_a_stricter_threshold_makes_nothing_unknown(database):
    await known(database)
    await ask(database, "Drone strikes in Iraq killed 39 terrorists", match_threshold=1.0)
    await ask(database, STUDIO, record=False)
    assert await inbox(database) == []
    await ask(database, STUDIO, STUDIO, match_threshold=1.0, suggest_threshold=1.0)
    assert await inbox(database) == [(2, {STUDIO})]


async def test_two_at_once_count_everything_once(database, database_url):
    texts = [f"The bridge number {number} of Example Bay was built by giants" for number in range(AT_ONCE)]
    for _ in range(3):
        await wait_for(database, *texts)
    other = Database(database_url)
    try:
        async with asyncio.TaskGroup() as group:
            for each in (database, other, database):
                group.create_task(gather_all(each))
    finally:
        await other.close()
    found = await inbox(database)
    assert [asked for asked, _ in found] == [3] * AT_ONCE
    assert {next(iter(said)) for _, said in found} == set(texts)


async def test_who_is_not_patient_leaves_it_to_the_other(database, database_url):
    await wait_for(database, BRIDGE)
    other = Database(database_url)
    try:
        async with other.write() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(4702111234240117)"))
            assert await gather(database, patient=False) == 0
        assert await gather(database, patient=False) == 1
    finally:
        await other.close()


async def test_a_server_killed_while_it_gathers_counts_nothing_twice_and_loses_nothing(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    await wait_for(database, BRIDGE)
    await gather_all(database)
    connection, blocker = await asyncpg.connect(plain(database_url)), await asyncpg.connect(plain(database_url))
    settings = {"FACTCHECK_DATABASE_URL": database_url, "FACTCHECK_WORKERS": "0"}
    try:
        with serving(tmp_path, **settings) as doomed:
            async with httpx.AsyncClient(timeout=30) as client:
                asked = {"claims": [{"text": BRIDGE}, {"text": BRIDGE}, {"text": STUDIO}]}
                assert (await client.post(f"{doomed.base}/v1/checks", json=asked)).status_code == 201
                async with blocker.transaction():
                    await blocker.execute("SELECT FROM inbox_items FOR UPDATE")  # holds up whoever counts one up
                    reading = asyncio.create_task(client.get(f"{doomed.base}/v1/inbox"))
                    await until(connection, "wait_event_type = 'Lock'", 1)
                    doomed.process.send_signal(signal.SIGKILL)
                    doomed.process.wait(30)
                    with pytest.raises(httpx.HTTPError):
                        await reading
        assert await inbox(database) == [(3, {BRIDGE}), (1, {STUDIO})]
    finally:
        await connection.close()
        await blocker.close()


async def test_the_job_gathers_all_that_waits(database: Database, database_url: str) -> None:
    await wait_for(database, *[f"The bridge number {number} was built by giants" for number in range(AT_ONCE + 1)])
    workplace = Workplace(Settings(data_dir=Path("unused")), database, database_url)
    await GATHER_INBOX.run(workplace, b"")
    async with database.read() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM inbox_waiting")) == 0
    assert GATHER_INBOX in KINDS
    assert GATHER_INBOX.every


async def test_what_is_cut_off_is_gathered_the_next_time(database, monkeypatch):
    import service.gathering

    async def fail(*_arguments: object) -> None:
        raise RuntimeError("cut off")

    await wait_for(database, BRIDGE, BRIDGE, "Eating garlic cures the flu")
    with monkeypatch.context() as patch:
        patch.setattr(service.gathering, "count_wordings", fail)
        with pytest.raises(RuntimeError, match="cut off"):
            await gather(database, patient=True)
    assert await inbox(database) == [(2, {BRIDGE}), (1, {"Eating garlic cures the flu"})]


def keys(*asked: tuple[str, date | None]) -> Sequence[bytes]:
    return [wording_key(read(said, "en", day)) for said, day in asked]


def test_one_wording_is_what_the_matcher_takes_for_a_repetition():
    one, other = keys(
        ("It rained more than last year", date(2025, 5, 1)), ("It rained more than LAST year", date(2026, 5, 1))
    )
    assert one != other
    one, other = keys(
        ("It rained more than last year", date(2025, 5, 1)), ("it rained more than last year", date(2025, 7, 1))
    )
    assert one == other
    one, other = keys(("Prices rose by 5% in 2025", date(2025, 5, 1)), ("prices rose by ۵% in 2025", None))
    assert one == other
