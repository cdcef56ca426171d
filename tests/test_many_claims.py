"""A check of many claims, which is judged in a thread."""

from __future__ import annotations

from service.checking import check_claims
from service.domain import CheckOptions, ClaimDraft, IncomingClaim
from service.editing import add_claim
from service.store.session import Database

KNOWN = "39 terrorists were killed by drone strikes in Iraq"
CLAIMS = [IncomingClaim(f"{number} terrorists were killed by drone strikes in Iraq") for number in range(20, 65)]


async def test_each_is_answered_as_if_it_were_alone_and_in_its_place(seeded_database: Database) -> None:
    await add_claim(seeded_database, ClaimDraft(KNOWN, "en"))
    check = await check_claims(seeded_database, CLAIMS, CheckOptions(), record=False)
    assert [result.text for result in check.results] == [claim.text for claim in CLAIMS]
    for place in (0, 19, 20, 39, 40, 44):
        alone = await check_claims(seeded_database, [CLAIMS[place]], CheckOptions(), record=False)
        assert check.results[place] == alone.results[0]
        assert check.engine == alone.engine
