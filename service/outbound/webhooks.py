"""Events to the endpoints of newsrooms, through the guarded door: no redirect is followed, no answer's body read."""

from __future__ import annotations

from service.errors import OutboundError
from service.outbound.door import Door, Limits
from service.outbound.patience import asked_wait
from service.webhooks import Reply


class DoorCourier:
    """Brings events through a door."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def post(self, url: str, body: bytes, headers: dict[str, str], seconds: float) -> Reply:
        """POST, and tell what came of it; all of it may take ``seconds``. Never raises for what a server does."""
        limits = Limits(size=1 << 16, seconds=seconds, silence=seconds, redirects=0)
        try:
            async with self._door.stream(url, method="POST", headers=headers, body=body, limits=limits) as answer:
                status, wait = answer.status, asked_wait(answer.headers)
        except OutboundError as error:
            return Reply(None, error.detail)
        if 200 <= status < 300:
            return Reply(status)
        if 300 <= status < 400:
            return Reply(status, f"answered {status}: redirects are not followed, register the address itself")
        return Reply(status, f"answered {status}", None if wait is None else int(wait))
