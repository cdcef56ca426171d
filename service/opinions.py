"""A second opinion: what is not known here is asked for elsewhere, within a budget of time, and kept.

What comes back is stored as claims with reviews marked ``via``, and judged by the matcher as every other: nothing that
somebody else calls a match becomes an answer by that. Whatever the service elsewhere does, a check waits for it no
longer than the budget, and never fails because of it. An answer that comes too late is kept for the next check.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from service.domain import Action, ClaimDraft, IncomingClaim, SecondOpinion
from service.editing import Editor, claim_to_edit, insert_drafts, store_draft
from service.errors import BadStatus, FactcheckError, OutboundError, Throttled, Unreachable
from service.intake import draft_faults
from service.matching.folding import fold
from service.matching.reading import read
from service.store.claims import lock_corpus
from service.store.publishers import new_id
from service.store.session import Database
from service.store.upstream import claim_worded, known_reviews, remember, spend, was_asked

_LOG: Final = logging.getLogger(__name__)

_FOUND_KEPT: Final = timedelta(days=7)
_NOTHING_KEPT: Final = timedelta(days=1)
"""For how long a text is not asked about again, where claims were found and where none was."""

_AT_ONCE: Final = 8
"""Questions under way at the same time, of one process."""

_ATTEMPTS: Final = 3
_FAILURES: Final = 5
"""So many questions in a row that fail open the circuit."""

_REST: Final = 60.0
"""Seconds for which nobody is asked while the circuit is open."""

_LONGEST_REST: Final = 3_600.0
_KEY_REFUSED: Final = frozenset({400, 401, 403})
"""What is answered where the key is not good: nothing that passes by itself."""

_GRAVITY: Final = (
    SecondOpinion.ASKED,
    SecondOpinion.OVER_QUOTA,
    SecondOpinion.PAUSED,
    SecondOpinion.FAILED,
    SecondOpinion.LATE,
)

SENTENCES: Final = {
    SecondOpinion.ASKED: "Google Fact Check Tools knows nothing that matches either.",
    SecondOpinion.OVER_QUOTA: "Google Fact Check Tools was not asked: the questions of the day are used up.",
    SecondOpinion.PAUSED: "Google Fact Check Tools was not asked: it has failed too often just now.",
    SecondOpinion.FAILED: "Google Fact Check Tools was asked and gave no answer that could be used.",
    SecondOpinion.LATE: "Google Fact Check Tools was asked and did not answer in time.",
}
"""What is said of a claim that stays without an answer."""

Clock = Callable[[], float]


class Circuit:
    """Stops asking who keeps failing: after ``_FAILURES`` in a row, for a while; then one question decides."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures = 0
        self._closed_from = 0.0
        self._trying = False

    def admits(self) -> bool:
        """Whether a question may be asked now; its outcome must be told."""
        if self._failures < _FAILURES and self._closed_from <= self._clock():
            return True
        if self._clock() < self._closed_from or self._trying:
            return False
        self._trying = True
        return True

    def succeeded(self) -> None:
        """The question was answered."""
        self._failures, self._trying = 0, False

    def failed(self, rest: float | None = None) -> None:
        """It was not; with ``rest``, nobody is to be asked for so many seconds, whatever was before."""
        self._trying = False
        self._failures += 1
        if rest is not None or self._failures >= _FAILURES:
            self._closed_from = self._clock() + min(rest or _REST, _LONGEST_REST)


@dataclass(frozen=True, slots=True)
class Opinions:
    """What came of asking: in what way it went, and whether there are claims that were not there before."""

    state: SecondOpinion
    news: bool


class Upstream:
    """Google's Fact Check Tools API behind a budget, a cache, a quota and a circuit breaker.

    ``search`` asks; ``quota``: questions a day over all processes; ``budget``: seconds a check waits at the most;
    ``hang_up`` is called when this is closed.
    """

    def __init__(
        self,
        database: Database,
        search: Callable[[str, str | None], Awaitable[list[ClaimDraft]]],
        *,
        budget: float,
        quota: int,
        clock: Clock | None = None,
        hang_up: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._database = database
        self._search = search
        self._budget = budget
        self._quota = quota
        self._circuit = Circuit(clock or asyncio.get_running_loop().time)
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._hang_up = hang_up
        self.under_way: set[asyncio.Task[Opinions]] = set()
        """Questions that are not answered yet, those among them that nobody waits for any more."""

    async def ask(self, claims: Sequence[IncomingClaim]) -> Opinions:
        """Ask about claims, all at once. Raises nothing, and returns within the budget."""
        tasks = [asyncio.create_task(self._ask(claim)) for claim in claims]
        self.under_way.update(tasks)
        for task in tasks:
            task.add_done_callback(self.under_way.discard)
        done, late = await asyncio.wait(tasks, timeout=self._budget)
        found = [task.result() for task in done]
        if late:
            found.append(Opinions(SecondOpinion.LATE, news=False))
        state = max((each.state for each in found), key=_GRAVITY.index)
        return Opinions(state, any(each.news for each in found))

    async def close(self) -> None:
        """Give up what is still under way."""
        for task in list(self.under_way):
            task.cancel()
        if self.under_way:
            await asyncio.wait(list(self.under_way))
        if self._hang_up is not None:
            await self._hang_up()

    async def _ask(self, claim: IncomingClaim) -> Opinions:
        try:
            async with self._slots:
                return await self._asked(claim)
        except OutboundError as error:
            refused = isinstance(error, BadStatus) and error.status in _KEY_REFUSED
            _LOG.log(logging.WARNING if refused else logging.INFO, "no second opinion: %s", error.detail)
        except FactcheckError as error:
            _LOG.warning("no second opinion: %s", error.detail)
        except Exception:
            _LOG.exception("no second opinion")
        return Opinions(SecondOpinion.FAILED, news=False)

    async def _asked(self, claim: IncomingClaim) -> Opinions:
        now = datetime.now(UTC)
        text = " ".join(claim.text.split())
        language = (claim.language or "").partition("-")[0].lower() or None
        language = None if language == "und" else language
        digest = hashlib.sha256(f"{language} {fold(text)}".encode("utf-8", "replace")).hexdigest()
        async with self._database.read() as connection:
            if await was_asked(connection, digest, now - _FOUND_KEPT, now - _NOTHING_KEPT):
                return Opinions(SecondOpinion.ASKED, news=False)
        if not self._circuit.admits():
            return Opinions(SecondOpinion.PAUSED, news=False)
        try:
            drafts = await self._persist(text, language)
        except _NothingLeft:
            self._circuit.succeeded()
            return Opinions(SecondOpinion.OVER_QUOTA, news=False)
        except Throttled as error:
            self._circuit.failed(error.retry_after or _REST)
            raise
        except BadStatus as error:
            self._circuit.failed(_LONGEST_REST if error.status in _KEY_REFUSED else None)
            raise
        except BaseException:
            self._circuit.failed()
            raise
        self._circuit.succeeded()
        new = await self._keep(drafts)
        async with self._database.write() as connection:
            await remember(connection, digest, now, len(drafts), _FOUND_KEPT)
        return Opinions(SecondOpinion.ASKED, news=new > 0)

    async def _persist(self, text: str, language: str | None) -> list[ClaimDraft]:
        import stamina

        async for attempt in stamina.retry_context(
            on=_may_pass, attempts=_ATTEMPTS, timeout=None, wait_initial=0.1, wait_max=1.0, wait_jitter=0.1
        ):
            with attempt:
                async with self._database.write() as connection:
                    if not await spend(connection, datetime.now(UTC), self._quota):
                        raise _NothingLeft
                return await self._search(text, language)
        raise AssertionError("the last attempt returns or raises")

    async def _keep(self, drafts: Sequence[ClaimDraft]) -> int:
        """Store what is not here yet; how many claims are new or have a new review."""
        kept = 0
        for draft in drafts:
            named = draft if draft.language != "und" else replace(draft, language=read(draft.text).language.tag)
            if draft_faults(named):
                continue
            async with self._database.write() as connection:
                await lock_corpus(connection)
                known = await known_reviews(connection, [each.url for each in named.reviews if each.url])
                new = tuple(each for each in named.reviews if each.url not in known)
                if not new:
                    continue
                home = await claim_worded(connection, fold(named.text))
                if home is None:
                    await insert_drafts(connection, [replace(named, reviews=new)], _EDITOR)
                else:
                    before = await claim_to_edit(connection, home, _EDITOR)
                    numbered = tuple(replace(each, id=new_id()) for each in new)
                    after = replace(before.draft, reviews=(*before.draft.reviews, *numbered))
                    if draft_faults(after):
                        continue
                    await store_draft(connection, before, after, Action.EDITED, _EDITOR.change())
                kept += 1
        return kept


_EDITOR: Final = Editor("google", "Found through Google's Fact Check Tools API")


class _NothingLeft(Exception):
    """The day's questions are used up."""


def _may_pass(error: Exception) -> bool:
    return isinstance(error, Unreachable) or (
        isinstance(error, BadStatus) and not isinstance(error, Throttled) and error.status >= 500
    )
