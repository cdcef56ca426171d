"""The tables of imports: what was asked for, the files, what was wrong with rows, and which row made which claim."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from service.importable import ImportFormat, ImportState
from service.store.tables import metadata

_STATES = ", ".join(f"'{state.value}'" for state in ImportState)
_FORMATS = ", ".join(f"'{form.value}'" for form in ImportFormat)


def _count(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default=text("0"))


imports = Table(
    "imports",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("name", Text, nullable=False),
    Column("url", Text),
    Column("media_type", Text, nullable=False),
    Column("format", Text),
    Column("dry_run", Boolean, nullable=False),
    Column("language", Text),
    Column("columns", JSONB, nullable=False),
    Column("join_score", Double),
    Column("author", Text),
    Column("state", Text, nullable=False),
    Column("started_at", DateTime(timezone=True)),
    Column("finished_at", DateTime(timezone=True)),
    Column("size", BigInteger),
    _count("read"),
    _count("position"),
    _count("created"),
    _count("joined"),
    _count("revised"),
    _count("unchanged"),
    _count("refused"),
    _count("undone"),
    _count("kept"),
    Column("error", Text),
    CheckConstraint(f"state IN ({_STATES})", name="state"),
    CheckConstraint(f"format IN ({_FORMATS})", name="format"),
    CheckConstraint("url ~* '^https?://'", name="url"),
)
"""``position`` moves in the transaction that stores the rows up to it. ``size`` is set once the file is all here."""

import_pieces = Table(
    "import_pieces",
    metadata,
    Column("import_id", Uuid, ForeignKey("imports.id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),
    PrimaryKeyConstraint("import_id", "number"),
    CheckConstraint("number >= 0", name="number"),
)
"""The file, while it is needed."""

import_faults = Table(
    "import_faults",
    metadata,
    Column("import_id", Uuid, ForeignKey("imports.id", ondelete="CASCADE"), nullable=False),
    Column("line", BigInteger, nullable=False),
    Column("place", Integer, nullable=False),
    Column("pointer", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("refused", Boolean, nullable=False),
    PrimaryKeyConstraint("import_id", "line", "place"),
)

import_keys = Table(
    "import_keys",
    metadata,
    Column("key", LargeBinary, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    Column("claim_id", Uuid, ForeignKey("claims.id"), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("sole", Boolean, nullable=False),
    Column("import_id", Uuid, ForeignKey("imports.id"), nullable=False),
    CheckConstraint("octet_length(key) = 16", name="key"),
    Index("import_keys_claim_id_idx", "claim_id"),
)
"""Which claim each row has led to, what the row said, and the claim's revision then. ``sole``: the row made it."""

import_effects = Table(
    "import_effects",
    metadata,
    Column("import_id", Uuid, ForeignKey("imports.id"), nullable=False),
    Column("claim_id", Uuid, ForeignKey("claims.id"), nullable=False),
    Column("revision", Integer, nullable=False),
    PrimaryKeyConstraint("import_id", "claim_id", "revision"),
)
"""The revisions that an import has made, for as long as it can be undone."""
