"""For how long a body is waited for: one that dribbles in must not hold a request open for ever."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from litestar.types import Receive

from service.api.problems import TIMEOUT, Refusal

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
        try:
            async with asyncio.timeout_at(self._deadline):
                message: Any = await self._receive()
        except TimeoutError:
            raise Refusal(TIMEOUT, "The body did not arrive in time; send the request again.") from None
        if message["type"] == "http.request":
            self._deadline += len(message.get("body", b"")) / LEAST_RATE
            self._whole = not message.get("more_body", False)
        else:
            self._whole = True
        return message
