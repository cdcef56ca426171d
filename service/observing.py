"""What a request tells of itself while it is served: how long the stages of a check take, what they find and answer.

Whoever serves the request may listen; nothing that tells knows of metrics or traces, and where nobody listens telling
costs a look at a variable.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from enum import StrEnum
from typing import Any, Final, Protocol


class Stage(StrEnum):
    """The parts of a check, in their order: reading the texts, finding stored wordings, comparing, fetching what
    belongs to the matches, and storing the answer.
    """

    READ = "read"
    RETRIEVE = "retrieve"
    JUDGE = "judge"
    EVIDENCE = "evidence"
    RECORD = "record"


class Listener(Protocol):
    """Hears what one request tells."""

    def stage(self, stage: Stage) -> AbstractContextManager[Any]:
        """Around a stage of a check."""

    def retrieved(self, claims: int) -> None:
        """How many stored claims were compared with one incoming text."""

    def answered(self, status: str, reason: str | None) -> None:
        """What one incoming text was answered."""


LISTENER: Final[ContextVar[Listener | None]] = ContextVar("factcheck_listener", default=None)
"""Set while a request is served."""

_NOTHING: Final = nullcontext()


def stage(stage: Stage) -> AbstractContextManager[Any]:
    """To be held while a stage of a check is under way."""
    listener = LISTENER.get()
    return _NOTHING if listener is None else listener.stage(stage)


def tell_retrieved(claims: int) -> None:
    """So many stored claims are compared with an incoming text."""
    if (listener := LISTENER.get()) is not None:
        listener.retrieved(claims)


def tell_answered(status: str, reason: str | None) -> None:
    """An incoming text is answered so. Both are members of closed vocabularies."""
    if (listener := LISTENER.get()) is not None:
        listener.answered(status, reason)
