"""Every revision of a claim, pinned verdicts, withdrawing and merging, and what publishers' labels mean."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

VERDICTS = (
    "IN ('true', 'mostly_true', 'mixed', 'misleading', 'mostly_false', 'false', 'unproven', 'outdated', "
    "'satire', 'other')"
)

UUID7 = """
    encode(set_bit(set_bit(overlay(
        uuid_send(gen_random_uuid())
        PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
        FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid
"""
"""The time in milliseconds over the first 48 bits of a random UUID, and its version made 7."""

FIRST_REVISIONS = """
    INSERT INTO revisions (claim_id, number, at, action, state)
    SELECT c.id, c.revision, c.updated_at, 'created', jsonb_build_object(
        'id', c.id, 'verdict', c.verdict, 'revision', c.revision, 'created_at', c.created_at,
        'updated_at', c.updated_at,
        'draft', jsonb_build_object(
            'text', c.text, 'language', c.language, 'claimant', c.claimant, 'claimed_at', c.claimed_at,
            'valid_until', c.valid_until, 'topics', to_jsonb(c.topics),
            'phrasings', coalesce((
                SELECT jsonb_agg(
                    jsonb_build_object('id', p.public_id, 'text', p.text, 'language', p.language) ORDER BY p.position)
                FROM phrasings p WHERE p.claim_id = c.id AND p.position > 0), '[]'),
            'reviews', coalesce((
                SELECT jsonb_agg(jsonb_build_object(
                    'id', r.public_id, 'publisher', jsonb_build_object('name', o.name, 'site', o.site),
                    'verdict', r.verdict, 'url', r.url, 'title', r.title, 'original_label', r.original_label,
                    'language', r.language, 'published_at', r.published_at) ORDER BY r.position)
                FROM reviews r JOIN publishers o ON o.id = r.publisher_id WHERE r.claim_id = c.id), '[]'),
            'sources', coalesce((
                SELECT jsonb_agg(jsonb_build_object(
                    'id', s.public_id, 'url', s.url, 'stance', s.stance, 'title', s.title, 'publisher', s.publisher,
                    'published_at', s.published_at, 'quote', s.quote, 'archived_url', s.archived_url,
                    'link_status', s.link_status, 'checked_at', s.checked_at) ORDER BY s.position)
                FROM sources s WHERE s.claim_id = c.id), '[]')))
    FROM claims c
"""


def upgrade() -> None:
    for table in ("publishers", "phrasings", "reviews", "sources"):
        op.add_column(table, sa.Column("public_id", sa.Uuid(), nullable=True))
        # The claim's own text goes by the claim's id.
        own = "CASE WHEN position = 0 THEN claim_id ELSE {} END" if table == "phrasings" else "{}"
        op.execute(f"UPDATE {table} SET public_id = {own.format(UUID7)}")  # noqa: S608
        op.alter_column(table, "public_id", nullable=False)
        if table != "publishers":
            op.alter_column(table, "position", type_=sa.Integer(), existing_type=sa.SmallInteger())
    op.create_unique_constraint("publishers_public_id_key", "publishers", ["public_id"])
    op.add_column("publishers", sa.Column("labels", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False))
    op.add_column("publishers", sa.Column("revision", sa.Integer(), server_default=sa.text("1"), nullable=False))
    for name in ("created_at", "updated_at"):
        op.add_column(
            "publishers", sa.Column(name, sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False)
        )
    op.create_check_constraint(op.f("publishers_labels_check"), "publishers", "jsonb_typeof(labels) = 'object'")
    op.create_check_constraint(op.f("publishers_revision_check"), "publishers", "revision >= 1")

    op.add_column("reviews", sa.Column("from_label", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.create_check_constraint(
        op.f("reviews_from_label_check"), "reviews", "original_label IS NOT NULL OR NOT from_label"
    )
    op.create_index("sources_broken_idx", "sources", ["claim_id"], postgresql_where=sa.text("link_status = 'broken'"))

    op.add_column("claims", sa.Column("claimant_folded", sa.Text(), nullable=True))
    # As near to the code's folding as SQL comes; the claim's next change makes it exact.
    op.execute("UPDATE claims SET claimant_folded = lower(normalize(claimant, NFKC)) WHERE claimant IS NOT NULL")
    op.add_column("claims", sa.Column("pinned_verdict", sa.Text(), nullable=True))
    op.add_column("claims", sa.Column("pinned_reason", sa.Text(), nullable=True))
    op.add_column("claims", sa.Column("superseded_by", sa.Uuid(), nullable=True))
    op.add_column("claims", sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("claims", sa.Column("merged_into", sa.Uuid(), nullable=True))
    op.add_column("claims", sa.Column("former_terms", postgresql.ARRAY(sa.Text()), nullable=True))
    for name in ("superseded_by", "merged_into"):
        op.create_foreign_key(op.f(f"claims_{name}_fkey"), "claims", "claims", [name], ["id"])
        op.create_check_constraint(op.f(f"claims_{name}_check"), "claims", f"{name} <> id")
    op.create_check_constraint(op.f("claims_pinned_verdict_check"), "claims", f"pinned_verdict {VERDICTS}")
    op.create_check_constraint(
        op.f("claims_pinned_reason_check"), "claims", "(pinned_verdict IS NULL) = (pinned_reason IS NULL)"
    )
    op.create_check_constraint(
        op.f("claims_pinned_check"), "claims", "pinned_verdict IS NULL OR verdict = pinned_verdict"
    )
    op.create_index("claims_updated_at_idx", "claims", ["updated_at", "id"])
    op.create_index("claims_claimed_at_idx", "claims", ["claimed_at"])
    op.create_index("claims_topics_idx", "claims", ["topics"], postgresql_using="gin")
    op.create_index(
        "claims_merged_into_idx", "claims", ["merged_into"], postgresql_where=sa.text("merged_into IS NOT NULL")
    )

    op.create_table(
        "revisions",
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("author", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("state", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint("number >= 1", name=op.f("revisions_number_check")),
        sa.CheckConstraint("jsonb_typeof(state) = 'object'", name=op.f("revisions_state_check")),
        sa.CheckConstraint(
            "action IN ('created', 'edited', 'withdrawn', 'restored', 'merged', 'absorbed', 'relabelled')",
            name=op.f("revisions_action_check"),
        ),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name=op.f("revisions_claim_id_fkey")),
        sa.PrimaryKeyConstraint("claim_id", "number", name=op.f("revisions_pkey")),
    )
    op.execute(FIRST_REVISIONS)


def downgrade() -> None:
    op.drop_table("revisions")
    # Without these columns nothing says that a claim is withdrawn or merged: it leaves.
    op.drop_index("claims_merged_into_idx", table_name="claims")
    op.execute("UPDATE claims SET superseded_by = NULL, merged_into = NULL")
    op.execute("DELETE FROM claims c WHERE NOT EXISTS (SELECT FROM phrasings WHERE claim_id = c.id)")
    for name in ("claims_topics_idx", "claims_claimed_at_idx", "claims_updated_at_idx"):
        op.drop_index(name, table_name="claims")
    for name in ("former_terms", "merged_into", "withdrawn_at", "superseded_by", "pinned_reason", "pinned_verdict"):
        op.drop_column("claims", name)
    op.drop_column("claims", "claimant_folded")
    op.drop_index("sources_broken_idx", table_name="sources")
    op.drop_column("reviews", "from_label")
    for name in ("updated_at", "created_at", "revision", "labels"):
        op.drop_column("publishers", name)
    for table in ("sources", "reviews", "phrasings", "publishers"):
        op.drop_column(table, "public_id")
        if table != "publishers":
            op.alter_column(table, "position", type_=sa.SmallInteger(), existing_type=sa.Integer())
