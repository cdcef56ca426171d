"""A claim that is withdrawn while a check is under way."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from service import checking
from service.domain import CheckOptions, ClaimDraft, IncomingClaim, Reason, Status
from service.editing import ANYBODY, add_claim, withdraw_claim
from service.store.evidence import Standing
from service.store.session import Database


async def test_a_claim_that_is_withdrawn_after_it_was_found_is_no_match(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = await add_claim(database, ClaimDraft("39 schools were closed in the city", "en"))
    stays = await add_claim(database, ClaimDraft("40 schools were closed in the city", "en"))
    real = checking.claims_standing

    async def withdraw_first(connection: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, Standing]:
        assert gone.id in ids
        await withdraw_claim(database, gone.id, ANYBODY)
        return await real(connection, ids)

    monkeypatch.setattr(checking, "claims_standing", withdraw_first)
    claim = IncomingClaim("39 schools were closed in the city")
    (result,) = (await checking.check_claims(database, [claim], CheckOptions(), record=False)).results
    assert [match.claim_id for match in (*result.matches, *result.suggestions)] == [stays.id]
    assert (result.status, result.reason) == (Status.UNVERIFIED, Reason.QUANTITY_CONFLICT)
