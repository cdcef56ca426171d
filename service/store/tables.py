"""The tables. What must always hold is a constraint here, and every constraint has a name.

Retrieval lives in ``terms``, ``postings`` and ``corpus``: an inverted index in plain tables, changed in the transaction
that changes the claims, on index types that every PostgreSQL has. Vectors live in tables that are made when a model is
first used, one for each row of ``embedding_models``; the queue's tables are its library's, made by a migration.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from sqlalchemy import (
    REAL,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from service.domain import MAX_TEXT, MIN_TEXT, Action, LinkStatus, Relation, Stance, Verdict
from service.judgements import Judgement

MAX_TERM = 100
"""Longest term stored, in code points; longer ones are cut, on both sides of the match."""

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "fk": "%(table_name)s_%(column_0_name)s_fkey",
        "uq": "%(table_name)s_%(column_0_name)s_key",
        "ck": "%(table_name)s_%(constraint_name)s_check",
    }
)


def _one_of(column: str, vocabulary: Iterable[StrEnum], name: str) -> CheckConstraint:
    values = ", ".join(f"'{member.value}'" for member in vocabulary)
    return CheckConstraint(f"{column} IN ({values})", name=name)


def _claim_id() -> Column[object]:
    return Column("claim_id", Uuid, ForeignKey("claims.id", ondelete="CASCADE"), nullable=False)


def _visit() -> list[Column[object]]:
    """What the last visit to a link found: of one link wherever it stands, kept in ``links`` as well."""
    return [
        Column("link_status", Text, nullable=False, server_default=text("'unchecked'")),
        Column("checked_at", DateTime(timezone=True)),
        Column("final_url", Text),
    ]


publishers = Table(
    "publishers",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("public_id", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    Column("site", Text),
    Column("labels", JSONB, nullable=False, server_default=text("'{}'")),
    Column("revision", Integer, nullable=False, server_default=text("1")),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    UniqueConstraint("public_id"),
    CheckConstraint("jsonb_typeof(labels) = 'object'", name="labels"),
    CheckConstraint("revision >= 1", name="revision"),
    CheckConstraint("name <> ''", name="name"),
    CheckConstraint("site <> '' AND site = lower(site)", name="site"),
    Index("publishers_site_key", "site", unique=True, postgresql_where=text("site IS NOT NULL")),
    Index("publishers_name_key", "name", unique=True, postgresql_where=text("site IS NULL")),
)

claims = Table(
    "claims",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("text", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("claimant", Text),
    Column("claimant_folded", Text),
    Column("claimed_at", Date),
    Column("valid_until", Date),
    Column("topics", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("verdict", Text, nullable=False),
    Column("pinned_verdict", Text),
    Column("pinned_reason", Text),
    Column("superseded_by", Uuid, ForeignKey("claims.id")),
    Column("withdrawn_at", DateTime(timezone=True)),
    Column("merged_into", Uuid, ForeignKey("claims.id")),
    Column("former_terms", ARRAY(Text)),
    Column("revision", Integer, nullable=False, server_default=text("1")),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    CheckConstraint(f"char_length(text) BETWEEN {MIN_TEXT} AND {MAX_TEXT}", name="text"),
    CheckConstraint("language <> ''", name="language"),
    CheckConstraint("claimant <> ''", name="claimant"),
    CheckConstraint("array_position(topics, NULL) IS NULL", name="topics"),
    CheckConstraint("revision >= 1", name="revision"),
    CheckConstraint("updated_at >= created_at", name="updated_at"),
    _one_of("verdict", Verdict, "verdict"),
    _one_of("pinned_verdict", Verdict, "pinned_verdict"),
    CheckConstraint("(pinned_verdict IS NULL) = (pinned_reason IS NULL)", name="pinned_reason"),
    CheckConstraint("pinned_verdict IS NULL OR verdict = pinned_verdict", name="pinned"),
    CheckConstraint("superseded_by <> id", name="superseded_by"),
    CheckConstraint("merged_into <> id", name="merged_into"),
    Index("claims_updated_at_idx", "updated_at", "id"),
    Index("claims_claimed_at_idx", "claimed_at"),
    Index("claims_topics_idx", "topics", postgresql_using="gin"),
    Index("claims_merged_into_idx", "merged_into", postgresql_where=text("merged_into IS NOT NULL")),
)
"""A claim has phrasings here, and so is found, while it is neither withdrawn nor merged. ``former_terms`` are the terms
of the phrasings it had before."""

revisions = Table(
    "revisions",
    metadata,
    Column("claim_id", Uuid, ForeignKey("claims.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("author", Text),
    Column("reason", Text),
    Column("action", Text, nullable=False),
    Column("state", JSONB, nullable=False),
    PrimaryKeyConstraint("claim_id", "number"),
    CheckConstraint("number >= 1", name="number"),
    CheckConstraint("jsonb_typeof(state) = 'object'", name="state"),
    _one_of("action", Action, "action"),
    Index("revisions_changes_idx", "at", "claim_id", "number", postgresql_where=text("action <> 'created'")),
)
"""Each claim whole, as it was after each change. Rows are added, never changed."""

phrasings = Table(
    "phrasings",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("public_id", Uuid, nullable=False),
    _claim_id(),
    Column("position", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("folded", Text, nullable=False),
    # What the matching core keeps of its reading; NULL, or of another edition, and the text is read again.
    Column("profile", LargeBinary),
    UniqueConstraint("claim_id", "position"),
    CheckConstraint("position >= 0", name="position"),
    CheckConstraint(f"char_length(text) BETWEEN {MIN_TEXT} AND {MAX_TEXT}", name="text"),
    CheckConstraint("language <> ''", name="language"),
    # A text may be longer than a B-tree entry can be; its digest never is.
    Index("phrasings_folded_idx", func.md5(text("folded"))),
)

reviews = Table(
    "reviews",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("public_id", Uuid, nullable=False),
    _claim_id(),
    Column("position", Integer, nullable=False),
    Column("publisher_id", BigInteger, ForeignKey("publishers.id"), nullable=False),
    Column("verdict", Text, nullable=False),
    Column("url", Text),
    Column("title", Text),
    Column("original_label", Text),
    Column("language", Text),
    Column("published_at", Date),
    Column("from_label", Boolean, nullable=False, server_default=text("false")),
    Column("via", Text),
    *_visit(),
    UniqueConstraint("claim_id", "position"),
    CheckConstraint("position >= 0", name="position"),
    _one_of("verdict", Verdict, "verdict"),
    CheckConstraint("url ~* '^https?://'", name="url"),
    CheckConstraint("original_label IS NOT NULL OR NOT from_label", name="from_label"),
    CheckConstraint("via <> ''", name="via"),
    CheckConstraint("link_status = 'unchecked' OR checked_at IS NOT NULL", name="checked_at"),
    _one_of("link_status", LinkStatus, "link_status"),
    Index("reviews_publisher_id_idx", "publisher_id"),
    Index("reviews_url_idx", func.md5(text("url")), postgresql_where=text("url IS NOT NULL")),
    Index("reviews_broken_idx", "claim_id", postgresql_where=text("link_status IN ('gone', 'error')")),
    Index("reviews_unvisited_idx", "id", postgresql_where=text("link_status = 'unchecked' AND url IS NOT NULL")),
)

sources = Table(
    "sources",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("public_id", Uuid, nullable=False),
    _claim_id(),
    Column("position", Integer, nullable=False),
    Column("url", Text, nullable=False),
    Column("stance", Text, nullable=False),
    Column("title", Text),
    Column("publisher", Text),
    Column("published_at", Date),
    Column("quote", Text),
    Column("archived_url", Text),
    *_visit(),
    Column("copy_url", Text),
    UniqueConstraint("claim_id", "position"),
    CheckConstraint("position >= 0", name="position"),
    CheckConstraint("url ~* '^https?://'", name="url"),
    CheckConstraint("archived_url ~* '^https?://'", name="archived_url"),
    CheckConstraint("link_status = 'unchecked' OR checked_at IS NOT NULL", name="checked_at"),
    _one_of("stance", Stance, "stance"),
    _one_of("link_status", LinkStatus, "link_status"),
    Index("sources_url_idx", func.md5(text("url"))),
    Index("sources_broken_idx", "claim_id", postgresql_where=text("link_status IN ('gone', 'error')")),
    Index("sources_unvisited_idx", "id", postgresql_where=text("link_status = 'unchecked'")),
)

links = Table(
    "links",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("url", Text, nullable=False),
    Column("host", Text, nullable=False),
    *_visit(),
    Column("http_status", Integer),
    Column("changed_at", DateTime(timezone=True)),
    Column("failures", Integer, nullable=False, server_default=text("0")),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("copy_url", Text),
    Column("copy_due_at", DateTime(timezone=True)),
    CheckConstraint("url ~* '^https?://'", name="url"),
    CheckConstraint("failures >= 0", name="failures"),
    CheckConstraint("link_status = 'unchecked' OR checked_at IS NOT NULL", name="checked_at"),
    _one_of("link_status", LinkStatus, "link_status"),
    Index("links_url_key", func.md5(text("url")), unique=True),
    Index("links_due_idx", "host", "due_at"),
    Index("links_copy_due_idx", "copy_due_at", postgresql_where=text("copy_due_at IS NOT NULL")),
    Index("links_status_idx", "link_status", "changed_at"),
)
"""Each address that sources and reviews link to, once, with what its visits found and when the next one is due."""

link_hosts = Table(
    "link_hosts",
    metadata,
    Column("host", Text, primary_key=True),
    Column("free_at", DateTime(timezone=True), nullable=False),
)
"""Until when a host is left alone: one visit at a time, by whichever process, and a pause after each."""

upstream_answers = Table(
    "upstream_answers",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("found", Integer, nullable=False),
    CheckConstraint("digest ~ '^[0-9a-f]{64}$'", name="digest"),
    CheckConstraint("found >= 0", name="found"),
    Index("upstream_answers_asked_at_idx", "asked_at"),
)
"""Texts that a service elsewhere was asked about lately, by their SHA-256, and how many claims it found."""

upstream_days = Table(
    "upstream_days",
    metadata,
    Column("day", Date, primary_key=True),
    Column("used", Integer, nullable=False),
    CheckConstraint("used >= 1", name="used"),
)
"""How many questions it was asked on each day of UTC, by all processes together."""

checks = Table(
    "checks",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("request", JSONB, nullable=False),
    Column("answer", JSONB, nullable=False),
    CheckConstraint("jsonb_typeof(request) = 'object'", name="request"),
    CheckConstraint("jsonb_typeof(answer) = 'object'", name="answer"),
)

feedback = Table(
    "feedback",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("check_id", Uuid, ForeignKey("checks.id"), nullable=False),
    Column("result", Integer, nullable=False),
    Column("claim_id", Uuid, nullable=False),
    Column("judgement", Text, nullable=False),
    Column("note", Text),
    Column("suggested", Boolean, nullable=False),
    Column("relation", Text, nullable=False),
    Column("score", Double, nullable=False),
    Column("language", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("author", Text),
    CheckConstraint("result >= 0", name="result"),
    CheckConstraint("score BETWEEN 0 AND 1", name="score"),
    _one_of("judgement", Judgement, "judgement"),
    _one_of("relation", Relation, "relation"),
    Index("feedback_match_idx", "check_id", "result", "claim_id", "id"),
)
"""What people said of matches, beside what they were shown. Rows are added, never changed."""

terms = Table(
    "terms",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("term", Text, nullable=False),
    Column("df", Integer, nullable=False),
    UniqueConstraint("term"),
    CheckConstraint(f"char_length(term) BETWEEN 1 AND {MAX_TERM}", name="term"),
    CheckConstraint("df >= 0", name="df"),
    # Room on each page, so that counting a term up stays on its page and touches no index.
    postgresql_with={"fillfactor": "80"},
)

postings = Table(
    "postings",
    metadata,
    Column("term_id", BigInteger, ForeignKey("terms.id"), nullable=False),
    Column("phrasing_id", BigInteger, ForeignKey("phrasings.id", ondelete="CASCADE"), nullable=False),
    Column("weight", REAL, nullable=False),
    CheckConstraint("weight > 0", name="weight"),
    # The key's index carries the weight, so that scoring reads the index alone.
    PrimaryKeyConstraint("term_id", "phrasing_id", postgresql_include=["weight"]),
    Index("postings_phrasing_idx", "phrasing_id"),
)

corpus = Table(
    "corpus",
    metadata,
    Column("single", Boolean, primary_key=True, server_default=text("true")),
    Column("revision", BigInteger, nullable=False, server_default=text("0")),
    Column("claims", Integer, nullable=False, server_default=text("0")),
    Column("phrasings", Integer, nullable=False, server_default=text("0")),
    CheckConstraint("single", name="single"),
    CheckConstraint("revision >= 0 AND claims >= 0 AND phrasings >= claims", name="counts"),
)
"""One row. Writers lock it first, so the counts are exact and two writers never wait for each other in a circle."""

embedding_models = Table(
    "embedding_models",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    Column("name", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("dimension", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("used_at", DateTime(timezone=True)),
    # What cosines of this model mean, as the code that measures it writes it down; nothing of it is asked for in SQL.
    Column("yardstick", JSONB(none_as_null=True)),
    UniqueConstraint("digest"),
    CheckConstraint("name <> ''", name="name"),
    CheckConstraint("digest ~ '^[0-9a-f]{64}$'", name="digest"),
    CheckConstraint("dimension >= 1", name="dimension"),
    CheckConstraint("state IN ('building', 'active')", name="state"),
)

periods = Table(
    "periods",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("due", DateTime(timezone=True), nullable=False),
    CheckConstraint("kind <> ''", name="kind"),
)
"""When the next periodic job of each kind is due."""

QUEUE_TABLES = ("pgqueuer", "pgqueuer_log", "pgqueuer_schedules", "pgqueuer_statistics")
"""Tables that are the queue library's to describe."""
