"""For how long a body is waited for: one that dribbles in must not hold a request open for ever."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from litestar.types import Receive

from service.api.problems import TIMEOUT, Refusal

_GRACE: Final = 0.1
"""Seconds."""

LEAST_RATE: Final = 16_384
"""Bytes a second that a body must come at beyond the time that every body has: a large upload may take longer."""


class Arrival:
    """A connection's ``receive`` that does not wait for ever for a body.

    The whole of it must come within ``patience`` seconds, and a second more for every 16 KiB of it.
    """

    def __init__(self, receive: Receive, patience: float) -> None:
        self._receive = receive
        self._deadline = asyncio.get_running_loop().time() + patience
        self._whole = False

    async def __call__(self) -> Any:
        """The next message. Raises a 408 Refusal when its time is over."""
        if self._whole:
            return await self._receive()
        message = await self._message(self._deadline)
        if message is None:
            # The process may have been busy for so long; what has arrived meanwhile is there at once.
            message = await self._message(asyncio.get_running_loop().time() + _GRACE)
            if message is None or message.get("more_body", False):
                raise Refusal(TIMEOUT, "The body did not arrive in time; send the request again.")
        if message["type"] == "http.request":
            self._deadline += len(message.get("body", b"")) / LEAST_RATE
            self._whole = not message.get("more_body", False)
        else:
            self._whole = True
        return message

    async def _message(self, deadline: float) -> Any:
        """The next message, or None where there is none by then, by the loop's clock."""
        try:
            async with asyncio.timeout_at(deadline):
                return await self._receive()
        except TimeoutError:
            return None
