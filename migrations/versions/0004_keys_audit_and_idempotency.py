"""API keys, what callers have spent of their limits, answers kept for repeated requests, and the audit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("rate_limit", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 100", name=op.f("api_keys_name_check")),
        sa.CheckConstraint("prefix ~ '^[a-z2-7]{10}$'", name=op.f("api_keys_prefix_check")),
        sa.CheckConstraint("octet_length(digest) = 32", name=op.f("api_keys_digest_check")),
        sa.CheckConstraint(
            "cardinality(scopes) > 0 AND scopes <@ ARRAY['check', 'read', 'write', 'admin']",
            name=op.f("api_keys_scopes_check"),
        ),
        sa.CheckConstraint("rate_limit BETWEEN 1 AND 1000000", name=op.f("api_keys_rate_limit_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("api_keys_pkey")),
        sa.UniqueConstraint("prefix", name=op.f("api_keys_prefix_key")),
    )
    op.create_table(
        "rate_limits",
        sa.Column("bucket", sa.Text(), nullable=False),
        sa.Column("full_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("bucket", name=op.f("rate_limits_pkey")),
        prefixes=["UNLOGGED"],
        postgresql_with={"fillfactor": "50"},
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("owner", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("attempt", sa.Uuid(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=True),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("octet_length(fingerprint) = 32", name=op.f("idempotency_keys_fingerprint_check")),
        sa.CheckConstraint("num_nulls(status, headers, body) IN (0, 3)", name=op.f("idempotency_keys_answer_check")),
        sa.PrimaryKeyConstraint("owner", "key", name=op.f("idempotency_keys_pkey")),
    )
    op.create_index("idempotency_keys_started_at_idx", "idempotency_keys", ["started_at"])
    op.create_table(
        "audit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=True),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.CheckConstraint("operation <> ''", name=op.f("audit_operation_check")),
        sa.CheckConstraint("resource <> ''", name=op.f("audit_resource_check")),
        sa.ForeignKeyConstraint(["key_id"], ["api_keys.id"], name=op.f("audit_key_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("audit_pkey")),
    )
    op.create_index("audit_key_id_idx", "audit", ["key_id", "id"])
    op.create_index("audit_resource_idx", "audit", ["resource", "id"])


def downgrade() -> None:
    for table in ("audit", "idempotency_keys", "rate_limits", "api_keys"):
        op.drop_table(table)
