"""What the operations on watches and webhooks need of the settings, and the streams that this process has open."""

from __future__ import annotations

from typing import Any

from litestar import Request

from service.api.authorization import caller_of
from service.api.event_streams import Streams
from service.borders import Borders
from service.credentials import Scope
from service.watching import Watcher


class Subscriptions:
    """``most_watched``: texts and claims a key may have under watch. ``signing_key``: see ``service.webhooks``.
    ``borders``: which addresses may be sent to.
    """

    def __init__(self, most_watched: int, signing_key: str | None, borders: Borders, streams: Streams) -> None:
        self.most_watched = most_watched
        self.signing_key = signing_key
        self.borders = borders
        self.streams = streams

    def watcher(self, request: Request[Any, Any, Any]) -> Watcher:
        """Who watches with this request: with an administrator's key, or where none is needed, they see everything."""
        key = caller_of(request).key
        if key is None:
            return Watcher(None, everything=True, most=self.most_watched)
        return Watcher(key.id, everything=key.allows(Scope.ADMIN), most=self.most_watched)
