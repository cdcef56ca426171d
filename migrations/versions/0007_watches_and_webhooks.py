"""Watches, webhooks, and the triggers that note which claims have changed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_NOTE_REVISIONS = """
    CREATE FUNCTION fn_note_revisions() RETURNS TRIGGER AS $$
    BEGIN
        INSERT INTO claim_changes (claim_id, link_only) SELECT DISTINCT claim_id, false FROM added;
        RETURN NULL;
    END
    $$ LANGUAGE plpgsql
"""
_NOTE_LINKS = """
    CREATE FUNCTION fn_note_links() RETURNS TRIGGER AS $$
    BEGIN
        INSERT INTO claim_changes (claim_id, link_only) VALUES (NEW.claim_id, true);
        RETURN NULL;
    END
    $$ LANGUAGE plpgsql
"""


def upgrade() -> None:
    op.create_table(
        "watches",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=True),
        sa.Column("check_id", sa.Uuid(), nullable=True),
        sa.Column("claim_id", sa.Uuid(), nullable=True),
        sa.Column("options", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("ref", sa.Text(), nullable=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("events", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("jsonb_typeof(options) = 'object'", name=op.f("watches_options_check")),
        sa.CheckConstraint("events >= 0", name=op.f("watches_events_check")),
        sa.CheckConstraint("expires_at > created_at", name=op.f("watches_expires_at_check")),
        sa.CheckConstraint("num_nonnulls(check_id, claim_id) <= 1", name=op.f("watches_about_check")),
        sa.CheckConstraint("size >= 1", name=op.f("watches_size_check")),
        sa.ForeignKeyConstraint(["check_id"], ["checks.id"], name=op.f("watches_check_id_fkey")),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name=op.f("watches_claim_id_fkey")),
        sa.ForeignKeyConstraint(["key_id"], ["api_keys.id"], name=op.f("watches_key_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("watches_pkey")),
    )
    op.create_index("watches_check_id_idx", "watches", ["check_id"], unique=False)
    op.create_index("watches_claim_id_idx", "watches", ["claim_id"], unique=False)
    op.create_index("watches_expires_at_idx", "watches", ["expires_at"], unique=False)
    op.create_index("watches_key_id_idx", "watches", ["key_id", "id"], unique=False)
    op.create_table(
        "watch_subjects",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("watch_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("asked", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("claim_id", sa.Uuid(), nullable=True),
        sa.Column("snapshot", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("claim_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("num_nonnulls(asked, claim_id) = 1", name=op.f("watch_subjects_about_check")),
        sa.CheckConstraint("place >= 0", name=op.f("watch_subjects_place_check")),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name=op.f("watch_subjects_claim_id_fkey")),
        sa.ForeignKeyConstraint(
            ["watch_id"], ["watches.id"], name=op.f("watch_subjects_watch_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("watch_subjects_pkey")),
        sa.UniqueConstraint("watch_id", "place", name=op.f("watch_subjects_watch_id_key")),
    )
    op.create_index("watch_subjects_asked_at_idx", "watch_subjects", ["asked_at"], unique=False)
    op.create_index(
        "watch_subjects_claim_ids_idx", "watch_subjects", ["claim_ids"], unique=False, postgresql_using="gin"
    )
    op.create_index(
        "watch_subjects_due_at_idx",
        "watch_subjects",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_table(
        "watch_postings",
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("unit", sa.SmallInteger(), nullable=False),
        sa.Column("term", sa.Text(), nullable=False),
        sa.Column("share", sa.REAL(), nullable=False),
        sa.Column("leads", sa.Boolean(), nullable=False),
        sa.CheckConstraint("char_length(term) BETWEEN 1 AND 100", name=op.f("watch_postings_term_check")),
        sa.CheckConstraint("share > 0 AND share <= 1", name=op.f("watch_postings_share_check")),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["watch_subjects.id"], name=op.f("watch_postings_subject_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("subject_id", "unit", "term", name=op.f("watch_postings_pkey")),
    )
    op.create_index(
        "watch_postings_term_idx", "watch_postings", ["term"], unique=False, postgresql_where=sa.text("leads")
    )
    op.create_table(
        "claim_changes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("link_only", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("claim_changes_pkey")),
    )
    op.create_table(
        "watch_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("watch_id", sa.Uuid(), nullable=True),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('answer.changed', 'claim.changed', 'webhook.test')", name=op.f("watch_events_kind_check")
        ),
        sa.CheckConstraint("(watch_id IS NULL) = (number IS NULL)", name=op.f("watch_events_number_check")),
        sa.ForeignKeyConstraint(
            ["watch_id"], ["watches.id"], name=op.f("watch_events_watch_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("watch_events_pkey")),
        sa.UniqueConstraint("watch_id", "number", name=op.f("watch_events_watch_id_key")),
    )
    op.create_index("watch_events_at_idx", "watch_events", ["at"], unique=False)
    op.create_table(
        "webhooks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_reason", sa.Text(), nullable=True),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("rests_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("last_delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("url ~* '^https?://'", name=op.f("webhooks_url_check")),
        sa.CheckConstraint("(disabled_at IS NULL) = (disabled_reason IS NULL)", name=op.f("webhooks_disabled_check")),
        sa.CheckConstraint("failures >= 0", name=op.f("webhooks_failures_check")),
        sa.ForeignKeyConstraint(["key_id"], ["api_keys.id"], name=op.f("webhooks_key_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("webhooks_pkey")),
    )
    op.create_table(
        "webhook_secrets",
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("generation >= 1", name=op.f("webhook_secrets_generation_check")),
        sa.CheckConstraint("octet_length(digest) = 32", name=op.f("webhook_secrets_digest_check")),
        sa.CheckConstraint("octet_length(key) = 32", name=op.f("webhook_secrets_key_check")),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhooks.id"], name=op.f("webhook_secrets_webhook_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("webhook_id", "generation", name=op.f("webhook_secrets_pkey")),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("lane", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'pending') = (next_at IS NOT NULL)", name=op.f("deliveries_next_at_check")),
        sa.CheckConstraint(
            "(state IN ('delivered', 'dead')) = (finished_at IS NOT NULL)", name=op.f("deliveries_finished_at_check")
        ),
        sa.CheckConstraint("state IN ('pending', 'delivered', 'held', 'dead')", name=op.f("deliveries_state_check")),
        sa.CheckConstraint("attempts >= 0", name=op.f("deliveries_attempts_check")),
        sa.ForeignKeyConstraint(
            ["event_id"], ["watch_events.id"], name=op.f("deliveries_event_id_fkey"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhooks.id"], name=op.f("deliveries_webhook_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("deliveries_pkey")),
        sa.UniqueConstraint("webhook_id", "event_id", name=op.f("deliveries_webhook_id_key")),
    )
    op.create_index("deliveries_event_id_idx", "deliveries", ["event_id"], unique=False)
    op.create_index(
        "deliveries_lane_idx",
        "deliveries",
        ["webhook_id", "lane", "position"],
        unique=False,
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index("deliveries_newest_idx", "deliveries", ["webhook_id", "id"], unique=False)
    op.create_index(
        "deliveries_next_at_idx",
        "deliveries",
        ["webhook_id", "next_at"],
        unique=False,
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index("deliveries_state_idx", "deliveries", ["webhook_id", "state", "id"], unique=False)
    op.execute(_NOTE_REVISIONS)
    op.execute(
        "CREATE TRIGGER tg_note_revisions AFTER INSERT ON revisions REFERENCING NEW TABLE AS added "
        "FOR EACH STATEMENT EXECUTE FUNCTION fn_note_revisions()"
    )
    op.execute(_NOTE_LINKS)
    op.execute(
        "CREATE TRIGGER tg_note_links AFTER UPDATE OF link_status ON sources FOR EACH ROW "
        "WHEN (OLD.link_status IS DISTINCT FROM NEW.link_status) EXECUTE FUNCTION fn_note_links()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER tg_note_links ON sources")
    op.execute("DROP TRIGGER tg_note_revisions ON revisions")
    op.execute("DROP FUNCTION fn_note_links")
    op.execute("DROP FUNCTION fn_note_revisions")
    for table in (
        "deliveries",
        "webhook_secrets",
        "webhooks",
        "watch_events",
        "claim_changes",
        "watch_postings",
        "watch_subjects",
        "watches",
    ):
        op.drop_table(table)
