"""The tables of the inbox: what waits to be gathered, the items, their wordings, and the terms that find those.

A row of ``inbox_waiting`` is written in the transaction of the check that found nothing and removed in the one that
counts it: a crash at any moment leaves it waiting or counted, never both.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)

from service.domain import MAX_TEXT, MIN_TEXT
from service.store.tables import metadata
from service.unanswered import ItemState

_LENGTH: Final = f"char_length(text) BETWEEN {MIN_TEXT} AND {MAX_TEXT}"

waiting = Table(
    "inbox_waiting",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("text", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("claimed_at", Date),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    CheckConstraint(_LENGTH, name="text"),
)

items = Table(
    "inbox_items",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("state", Text, nullable=False),
    Column("asked", Integer, nullable=False),
    Column("first_asked_at", DateTime(timezone=True), nullable=False),
    Column("last_asked_at", DateTime(timezone=True), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("claim_id", Uuid, ForeignKey("claims.id")),
    Column("reason", Text),
    Column("decided_by", Text),
    Column("decided_at", DateTime(timezone=True)),
    CheckConstraint(f"state IN ({', '.join(repr(state.value) for state in ItemState)})", name="state"),
    CheckConstraint("asked >= 1 AND first_asked_at <= last_asked_at", name="asked"),
    CheckConstraint("revision >= 1", name="revision"),
    CheckConstraint("(state = 'open') = (decided_at IS NULL)", name="decided"),
    CheckConstraint("(state = 'resolved') = (claim_id IS NOT NULL)", name="resolved"),
    CheckConstraint("(state = 'dismissed') = (reason IS NOT NULL)", name="dismissed"),
    Index("inbox_items_rank_idx", "state", "asked", "last_asked_at", "id"),
    Index("inbox_items_claim_id_idx", "claim_id"),
)

wordings = Table(
    "inbox_wordings",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("public_id", Uuid, nullable=False),
    Column("item_id", Uuid, ForeignKey("inbox_items.id"), nullable=False),
    Column("key", LargeBinary, nullable=False),
    Column("text", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("claimed_at", Date),
    Column("asked", Integer, nullable=False),
    Column("first_asked_at", DateTime(timezone=True), nullable=False),
    Column("last_asked_at", DateTime(timezone=True), nullable=False),
    Column("edition", LargeBinary),
    UniqueConstraint("key"),
    CheckConstraint(_LENGTH, name="text"),
    CheckConstraint("asked >= 1 AND first_asked_at <= last_asked_at", name="asked"),
    Index("inbox_wordings_item_id_idx", "item_id"),
)
"""``key``: a digest of what makes two texts one wording. ``claimed_at``: the day that the first of them was said.
``edition``: of the matching core that told the key and the terms."""

terms = Table(
    "inbox_terms",
    metadata,
    Column("term", Text, nullable=False),
    Column("wording_id", BigInteger, ForeignKey("inbox_wordings.id", ondelete="CASCADE"), nullable=False),
    PrimaryKeyConstraint("term", "wording_id"),
)
