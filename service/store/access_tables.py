"""The tables behind the door: keys, what callers have spent, answers to be repeated, and who changed what."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from service.credentials import MAX_KEY_NAME, MAX_RATE, PREFIX_PATTERN, Scope
from service.store.tables import metadata

_SCOPES = ", ".join(f"'{scope.value}'" for scope in Scope)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("prefix", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("rate_limit", Integer),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True)),
    Column("revoked_at", DateTime(timezone=True)),
    UniqueConstraint("prefix"),
    CheckConstraint(f"char_length(name) BETWEEN 1 AND {MAX_KEY_NAME}", name="name"),
    CheckConstraint(f"prefix ~ '{PREFIX_PATTERN}'", name="prefix"),
    CheckConstraint("octet_length(digest) = 32", name="digest"),
    CheckConstraint(f"cardinality(scopes) > 0 AND scopes <@ ARRAY[{_SCOPES}]", name="scopes"),
    CheckConstraint(f"rate_limit BETWEEN 1 AND {MAX_RATE}", name="rate_limit"),
)
"""Rows stay for ever: what a revoked key wrote still has its author, and a service that was closed stays so."""

rate_limits = Table(
    "rate_limits",
    metadata,
    Column("bucket", Text, primary_key=True),
    Column("full_at", DateTime(timezone=True), nullable=False),
    # Changed with every request, worth nothing after a minute: not in the write-ahead log, room on each page, and no
    # index on what changes.
    prefixes=["UNLOGGED"],
    postgresql_with={"fillfactor": "50"},
)
"""When each caller's quota will be whole again (see ``store.keys``). A row in the past means the same as none."""

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("owner", Uuid, nullable=False),
    Column("key", Text, nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("attempt", Uuid, nullable=False),
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("status", SmallInteger),
    Column("headers", JSONB(none_as_null=True)),
    Column("body", LargeBinary),
    PrimaryKeyConstraint("owner", "key"),
    CheckConstraint("octet_length(fingerprint) = 32", name="fingerprint"),
    CheckConstraint("num_nulls(status, headers, body) IN (0, 3)", name="answer"),
    Index("idempotency_keys_started_at_idx", "started_at"),
)
"""The answer is null while the first request is under way."""

audit = Table(
    "audit",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("key_id", Uuid, ForeignKey("api_keys.id")),
    Column("operation", Text, nullable=False),
    Column("resource", Text, nullable=False),
    Column("request_id", Text),
    Column("address", Text),
    CheckConstraint("operation <> ''", name="operation"),
    CheckConstraint("resource <> ''", name="resource"),
    Index("audit_key_id_idx", "key_id", "id"),
    Index("audit_resource_idx", "resource", "id"),
)
"""One row for each accepted change. Without a key: made in open mode, or, where the address is null, at a terminal."""
