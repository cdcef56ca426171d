"""The tables of watches and webhooks: what is watched, what is to be looked at again, what was told, and to whom.

``claim_changes`` is filled by triggers on ``revisions`` and ``sources``, so no writer of claims can forget it, in the
transaction of the change itself. Each row is taken out in the transaction that marks the watches it may concern, and
each mark in the transaction that stores what came of looking again: a crash at any point leaves the rest to be done.
"""

from __future__ import annotations

from sqlalchemy import (
    REAL,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from service.store.tables import MAX_TERM, metadata
from service.watches import EventKind
from service.webhooks import DeliveryState

_KINDS = ", ".join(f"'{kind.value}'" for kind in EventKind)
_STATES = ", ".join(f"'{state.value}'" for state in DeliveryState)


def _moment(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


def _of(table: str) -> ForeignKey:
    return ForeignKey(f"{table}.id", ondelete="CASCADE")


watches = Table(
    "watches",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("key_id", Uuid, ForeignKey("api_keys.id")),
    Column("check_id", Uuid, ForeignKey("checks.id")),
    Column("claim_id", Uuid, ForeignKey("claims.id")),
    Column("options", JSONB, nullable=False),
    Column("ref", Text),
    Column("size", Integer, nullable=False),
    Column("events", BigInteger, nullable=False, server_default=text("0")),
    _moment("created_at"),
    _moment("expires_at"),
    CheckConstraint("jsonb_typeof(options) = 'object'", name="options"),
    CheckConstraint("num_nonnulls(check_id, claim_id) <= 1", name="about"),
    CheckConstraint("size >= 1", name="size"),
    CheckConstraint("events >= 0", name="events"),
    CheckConstraint("expires_at > created_at", name="expires_at"),
    Index("watches_key_id_idx", "key_id", "id"),
    Index("watches_check_id_idx", "check_id"),
    Index("watches_claim_id_idx", "claim_id"),
    Index("watches_expires_at_idx", "expires_at"),
)

watch_subjects = Table(
    "watch_subjects",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("watch_id", Uuid, _of("watches"), nullable=False),
    Column("place", Integer, nullable=False),
    Column("asked", JSONB(none_as_null=True)),
    Column("claim_id", Uuid, ForeignKey("claims.id")),
    Column("snapshot", JSONB, nullable=False),
    Column("claim_ids", ARRAY(Uuid), nullable=False),
    _moment("due_at", nullable=True),
    _moment("asked_at"),
    Column("edition", LargeBinary),
    UniqueConstraint("watch_id", "place"),
    CheckConstraint("place >= 0", name="place"),
    CheckConstraint("num_nonnulls(asked, claim_id) = 1", name="about"),
    Index("watch_subjects_claim_ids_idx", "claim_ids", postgresql_using="gin"),
    Index("watch_subjects_due_at_idx", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    Index("watch_subjects_asked_at_idx", "asked_at"),
)
"""``snapshot`` is what was told last; ``due_at`` from when on to ask for it again, ``asked_at`` when that was last;
``edition``: of the matching core that told its terms."""

watch_postings = Table(
    "watch_postings",
    metadata,
    Column("subject_id", Uuid, _of("watch_subjects"), nullable=False),
    Column("unit", SmallInteger, nullable=False),
    Column("language", Text, nullable=False),
    Column("term", Text, nullable=False),
    Column("share", REAL, nullable=False),
    Column("reach", REAL, nullable=False),
    PrimaryKeyConstraint("subject_id", "unit", "term"),
    CheckConstraint(f"char_length(term) BETWEEN 1 AND {MAX_TERM}", name="term"),
    CheckConstraint("share > 0 AND share <= 1", name="share"),
    Index("watch_postings_term_idx", "term", postgresql_where=text("reach >= 0.1")),
)
"""The terms of each statement that is watched. ``share``: of what the statement's terms weigh in all; ``reach``: the
share of this term and of all that weigh less."""

claim_changes = Table(
    "claim_changes",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("claim_id", Uuid, nullable=False),
    Column("link_only", Boolean, nullable=False),
)

watch_events = Table(
    "watch_events",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("watch_id", Uuid, _of("watches")),
    Column("number", BigInteger),
    Column("kind", Text, nullable=False),
    _moment("at"),
    Column("body", Text, nullable=False),
    UniqueConstraint("watch_id", "number"),
    CheckConstraint("(watch_id IS NULL) = (number IS NULL)", name="number"),
    CheckConstraint(f"kind IN ({_KINDS})", name="kind"),
    Index("watch_events_at_idx", "at"),
)
"""``body`` is what is signed and sent, byte for byte. Those of one watch are numbered from 1, in the order in which
they became visible."""

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("url", Text, nullable=False),
    Column("key_id", Uuid, ForeignKey("api_keys.id")),
    Column("description", Text),
    _moment("created_at"),
    _moment("disabled_at", nullable=True),
    Column("disabled_reason", Text),
    _moment("failing_since", nullable=True),
    Column("failures", Integer, nullable=False, server_default=text("0")),
    _moment("rests_until", nullable=True),
    Column("last_error", Text),
    _moment("last_delivered_at", nullable=True),
    CheckConstraint("url ~* '^https?://'", name="url"),
    CheckConstraint("(disabled_at IS NULL) = (disabled_reason IS NULL)", name="disabled"),
    CheckConstraint("failures >= 0", name="failures"),
)

webhook_secrets = Table(
    "webhook_secrets",
    metadata,
    Column("webhook_id", Uuid, _of("webhooks"), nullable=False),
    Column("generation", Integer, nullable=False),
    Column("key", LargeBinary),
    Column("digest", LargeBinary, nullable=False),
    _moment("expires_at", nullable=True),
    PrimaryKeyConstraint("webhook_id", "generation"),
    CheckConstraint("generation >= 1", name="generation"),
    CheckConstraint("octet_length(key) = 32", name="key"),
    CheckConstraint("octet_length(digest) = 32", name="digest"),
)
"""``key`` is null where the secret is derived from the operator's signing key; see ``service.webhooks``."""

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("position", BigInteger, Identity(always=True), nullable=False),
    Column("webhook_id", Uuid, _of("webhooks"), nullable=False),
    Column("event_id", Uuid, _of("watch_events"), nullable=False),
    Column("lane", Uuid, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", SmallInteger, nullable=False, server_default=text("0")),
    Column("status", SmallInteger),
    Column("error", Text),
    _moment("created_at"),
    _moment("first_at", nullable=True),
    _moment("attempted_at", nullable=True),
    _moment("next_at", nullable=True),
    _moment("leased_until", nullable=True),
    _moment("finished_at", nullable=True),
    UniqueConstraint("webhook_id", "event_id"),
    CheckConstraint(f"state IN ({_STATES})", name="state"),
    CheckConstraint("(state = 'pending') = (next_at IS NOT NULL)", name="next_at"),
    CheckConstraint("(state IN ('delivered', 'dead')) = (finished_at IS NOT NULL)", name="finished_at"),
    CheckConstraint("attempts >= 0", name="attempts"),
    Index("deliveries_next_at_idx", "webhook_id", "next_at", postgresql_where=text("state = 'pending'")),
    Index("deliveries_lane_idx", "webhook_id", "lane", "position", postgresql_where=text("state = 'pending'")),
    Index("deliveries_event_id_idx", "event_id"),
    Index("deliveries_newest_idx", "webhook_id", "id"),
    Index("deliveries_state_idx", "webhook_id", "state", "id"),
)
"""Of the pending ones to one endpoint in one ``lane``, only the first is attempted: what is told of one text or claim
that is watched arrives in order."""
