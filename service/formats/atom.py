"""Changes of verdicts as an Atom feed (RFC 4287): what somebody who has published an answer wants to hear of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import uuid5
from xml.etree import ElementTree

from service import __version__
from service.domain import Action
from service.formats.claimreview import NAMES
from service.verdict_changes import VerdictChange

MEDIA_TYPE: Final = "application/atom+xml"

_ATOM: Final = "http://www.w3.org/2005/Atom"
_LANGUAGE: Final = "{http://www.w3.org/XML/1998/namespace}lang"
_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, not even escaped."""

_WORDS: Final = {
    Action.WITHDRAWN: "Withdrawn",
    Action.RESTORED: "Brought back",
    Action.MERGED: "Merged into another claim",
}
"""What happened, where the verdict is not the whole of it."""


def feed(changes: Sequence[VerdictChange], base: str, name: str, here: str, following: str | None) -> bytes:
    """The feed of some changes, newest first, in XML.

    ``base``: the server's address, with a slash at its end; ``name``: the feed's, which all its pages share; ``here``:
    this page's address; ``following``: that of the changes before these.
    """
    root = ElementTree.Element("feed", {"xmlns": _ATOM})
    _add(root, "id", name)
    _add(root, "title", "Changed verdicts")
    _add(root, "updated", _moment(changes[0].at if changes else _NEVER))
    _add(_add(root, "author"), "name", "Factcheck")
    _add(root, "generator", "Factcheck", version=__version__)
    _add(root, "link", rel="self", type=MEDIA_TYPE, href=here)
    if following is not None:
        _add(root, "link", rel="next", type=MEDIA_TYPE, href=following)
    for change in changes:
        _add_entry(root, change, base)
    encoded: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return encoded + b"\n"


def _add_entry(root: ElementTree.Element, change: VerdictChange, base: str) -> None:
    entry = _add(root, "entry")
    told = f"{NAMES[change.before]} → {NAMES[change.after]}" if change.before is not change.after else ""
    happened = ", ".join(part for part in (_WORDS.get(change.action, ""), told) if part)
    _add(entry, "id", f"urn:uuid:{uuid5(change.claim_id, str(change.revision))}")
    _add(entry, "title", f"{happened}: {change.text}")
    _add(entry, "updated", _moment(change.at))
    if change.author:
        _add(_add(entry, "author"), "name", change.author)
    _add(
        entry, "link", rel="alternate", type="application/json",
        href=f"{base}v1/claims/{change.claim_id}?revision={change.revision}",
    )  # fmt: skip
    _add(entry, "category", term=change.after.value, scheme="urn:factcheck:verdict")
    _add(entry, "category", term=change.before.value, scheme="urn:factcheck:former-verdict")
    _add(entry, "category", term=change.action.value, scheme="urn:factcheck:action")
    _add(entry, "summary", f"{happened}." + (f" Reason: {change.reason}" if change.reason else ""))
    _add(entry, "content", change.text, **({_LANGUAGE: change.language} if change.language != "und" else {}))


def _add(parent: ElementTree.Element, name: str, text: str | None = None, **attributes: str) -> ElementTree.Element:
    element = ElementTree.SubElement(parent, name, attributes)
    element.text = None if text is None else _NO_XML.sub("\ufffd", text)
    return element


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
