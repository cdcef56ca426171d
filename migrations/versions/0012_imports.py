"""Imports: orders, files in pieces, faults of rows, which row led to which claim, and what each import changed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

COUNTS = ("read", "position", "created", "joined", "revised", "unchanged", "refused", "undone", "kept")
STATES = "'queued', 'running', 'done', 'failed', 'cancelled', 'undoing', 'undone'"


def upgrade() -> None:
    op.create_table(
        "imports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=True),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("columns", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("join_score", sa.Double(), nullable=True),
        sa.Column("author", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        *(sa.Column(name, sa.BigInteger(), server_default=sa.text("0"), nullable=False) for name in COUNTS),
        sa.Column("error", sa.Text(), nullable=True),
        sa.CheckConstraint(f"state IN ({STATES})", name=op.f("imports_state_check")),
        sa.CheckConstraint("format IN ('claims', 'csv', 'feed', 'page')", name=op.f("imports_format_check")),
        sa.CheckConstraint("url ~* '^https?://'", name=op.f("imports_url_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("imports_pkey")),
    )
    op.create_table(
        "import_pieces",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("number >= 0", name=op.f("import_pieces_number_check")),
        sa.ForeignKeyConstraint(
            ["import_id"], ["imports.id"], name=op.f("import_pieces_import_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("import_id", "number", name=op.f("import_pieces_pkey")),
    )
    op.create_table(
        "import_faults",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("pointer", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("refused", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["imports.id"], name=op.f("import_faults_import_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("import_id", "line", "place", name=op.f("import_faults_pkey")),
    )
    op.create_table(
        "import_keys",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("sole", sa.Boolean(), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("octet_length(key) = 16", name=op.f("import_keys_key_check")),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name=op.f("import_keys_claim_id_fkey")),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("import_keys_import_id_fkey")),
        sa.PrimaryKeyConstraint("key", name=op.f("import_keys_pkey")),
    )
    op.create_index("import_keys_claim_id_idx", "import_keys", ["claim_id"])
    op.create_table(
        "import_effects",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name=op.f("import_effects_claim_id_fkey")),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("import_effects_import_id_fkey")),
        sa.PrimaryKeyConstraint("import_id", "claim_id", "revision", name=op.f("import_effects_pkey")),
    )


def downgrade() -> None:
    for table in ("import_effects", "import_keys", "import_faults", "import_pieces", "imports"):
        op.drop_table(table)
