"""Claims with what hangs on them, checks, and the index that finds claims."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

VERDICTS = (
    "verdict IN ('true', 'mostly_true', 'mixed', 'misleading', 'mostly_false', 'false', 'unproven', 'outdated', "
    "'satire', 'other')"
)


def upgrade() -> None:
    op.create_table(
        "checks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("request", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("answer", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint("jsonb_typeof(answer) = 'object'", name=op.f("checks_answer_check")),
        sa.CheckConstraint("jsonb_typeof(request) = 'object'", name=op.f("checks_request_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("checks_pkey")),
    )
    op.create_table(
        "claims",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("claimant", sa.Text(), nullable=True),
        sa.Column("claimed_at", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("topics", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("claimant <> ''", name=op.f("claims_claimant_check")),
        sa.CheckConstraint("language <> ''", name=op.f("claims_language_check")),
        sa.CheckConstraint(
            VERDICTS,
            name=op.f("claims_verdict_check"),
        ),
        sa.CheckConstraint("array_position(topics, NULL) IS NULL", name=op.f("claims_topics_check")),
        sa.CheckConstraint("char_length(text) BETWEEN 3 AND 2000", name=op.f("claims_text_check")),
        sa.CheckConstraint("revision >= 1", name=op.f("claims_revision_check")),
        sa.CheckConstraint("updated_at >= created_at", name=op.f("claims_updated_at_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("claims_pkey")),
    )
    op.create_table(
        "corpus",
        sa.Column("single", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("revision", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("claims", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("phrasings", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("single", name=op.f("corpus_single_check")),
        sa.CheckConstraint("revision >= 0 AND claims >= 0 AND phrasings >= claims", name=op.f("corpus_counts_check")),
        sa.PrimaryKeyConstraint("single", name=op.f("corpus_pkey")),
    )
    op.create_table(
        "publishers",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=True),
        sa.CheckConstraint("name <> ''", name=op.f("publishers_name_check")),
        sa.CheckConstraint("site <> '' AND site = lower(site)", name=op.f("publishers_site_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("publishers_pkey")),
    )
    op.create_index(
        "publishers_name_key", "publishers", ["name"], unique=True, postgresql_where=sa.text("site IS NULL")
    )
    op.create_index(
        "publishers_site_key", "publishers", ["site"], unique=True, postgresql_where=sa.text("site IS NOT NULL")
    )
    op.create_table(
        "terms",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("term", sa.Text(), nullable=False),
        sa.Column("df", sa.Integer(), nullable=False),
        sa.CheckConstraint("char_length(term) BETWEEN 1 AND 100", name=op.f("terms_term_check")),
        sa.CheckConstraint("df >= 0", name=op.f("terms_df_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("terms_pkey")),
        sa.UniqueConstraint("term", name=op.f("terms_term_key")),
        postgresql_with={"fillfactor": "80"},
    )
    op.create_table(
        "phrasings",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.CheckConstraint("language <> ''", name=op.f("phrasings_language_check")),
        sa.CheckConstraint("char_length(text) BETWEEN 3 AND 2000", name=op.f("phrasings_text_check")),
        sa.CheckConstraint("position >= 0", name=op.f("phrasings_position_check")),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name=op.f("phrasings_claim_id_fkey"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("phrasings_pkey")),
        sa.UniqueConstraint("claim_id", "position", name=op.f("phrasings_claim_id_key")),
    )
    op.create_index("phrasings_folded_idx", "phrasings", [sa.literal_column("md5(folded)")], unique=False)
    op.create_table(
        "reviews",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("publisher_id", sa.BigInteger(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("original_label", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("published_at", sa.Date(), nullable=True),
        sa.CheckConstraint("url ~* '^https?://'", name=op.f("reviews_url_check")),
        sa.CheckConstraint(
            VERDICTS,
            name=op.f("reviews_verdict_check"),
        ),
        sa.CheckConstraint("position >= 0", name=op.f("reviews_position_check")),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name=op.f("reviews_claim_id_fkey"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["publisher_id"], ["publishers.id"], name=op.f("reviews_publisher_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("reviews_pkey")),
        sa.UniqueConstraint("claim_id", "position", name=op.f("reviews_claim_id_key")),
    )
    op.create_index("reviews_publisher_id_idx", "reviews", ["publisher_id"], unique=False)
    op.create_index(
        "reviews_url_idx",
        "reviews",
        [sa.literal_column("md5(url)")],
        unique=False,
        postgresql_where=sa.text("url IS NOT NULL"),
    )
    op.create_table(
        "sources",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("stance", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("publisher", sa.Text(), nullable=True),
        sa.Column("published_at", sa.Date(), nullable=True),
        sa.Column("quote", sa.Text(), nullable=True),
        sa.Column("archived_url", sa.Text(), nullable=True),
        sa.Column("link_status", sa.Text(), server_default=sa.text("'unchecked'"), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("archived_url ~* '^https?://'", name=op.f("sources_archived_url_check")),
        sa.CheckConstraint(
            "link_status = 'unchecked' OR checked_at IS NOT NULL", name=op.f("sources_checked_at_check")
        ),
        sa.CheckConstraint(
            "link_status IN ('unchecked', 'ok', 'broken', 'moved')", name=op.f("sources_link_status_check")
        ),
        sa.CheckConstraint("stance IN ('supports', 'refutes', 'mixed', 'neutral')", name=op.f("sources_stance_check")),
        sa.CheckConstraint("url ~* '^https?://'", name=op.f("sources_url_check")),
        sa.CheckConstraint("position >= 0", name=op.f("sources_position_check")),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name=op.f("sources_claim_id_fkey"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("sources_pkey")),
        sa.UniqueConstraint("claim_id", "position", name=op.f("sources_claim_id_key")),
    )
    op.create_index("sources_url_idx", "sources", [sa.literal_column("md5(url)")], unique=False)
    op.create_table(
        "postings",
        sa.Column("term_id", sa.BigInteger(), nullable=False),
        sa.Column("phrasing_id", sa.BigInteger(), nullable=False),
        sa.Column("weight", sa.REAL(), nullable=False),
        sa.CheckConstraint("weight > 0", name=op.f("postings_weight_check")),
        sa.ForeignKeyConstraint(
            ["phrasing_id"], ["phrasings.id"], name=op.f("postings_phrasing_id_fkey"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["term_id"], ["terms.id"], name=op.f("postings_term_id_fkey")),
        sa.PrimaryKeyConstraint("term_id", "phrasing_id", name=op.f("postings_pkey"), postgresql_include=["weight"]),
    )
    op.create_index("postings_phrasing_idx", "postings", ["phrasing_id"], unique=False)
    op.execute("INSERT INTO corpus DEFAULT VALUES")


def downgrade() -> None:
    op.drop_index("postings_phrasing_idx", table_name="postings")
    op.drop_table("postings")
    op.drop_index("sources_url_idx", table_name="sources")
    op.drop_table("sources")
    op.drop_index("reviews_url_idx", table_name="reviews")
    op.drop_index("reviews_publisher_id_idx", table_name="reviews")
    op.drop_table("reviews")
    op.drop_index("phrasings_folded_idx", table_name="phrasings")
    op.drop_table("phrasings")
    op.drop_table("terms")
    op.drop_index("publishers_site_key", table_name="publishers")
    op.drop_index("publishers_name_key", table_name="publishers")
    op.drop_table("publishers")
    op.drop_table("corpus")
    op.drop_table("claims")
    op.drop_table("checks")
