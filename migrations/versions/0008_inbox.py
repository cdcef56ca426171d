"""The inbox: what found nothing and waits, the items it is gathered into, their wordings and the terms of these."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "inbox_waiting",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("claimed_at", sa.Date(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("char_length(text) BETWEEN 3 AND 2000", name=op.f("inbox_waiting_text_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("inbox_waiting_pkey")),
    )
    op.create_table(
        "inbox_items",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("first_asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('open', 'resolved', 'dismissed')", name=op.f("inbox_items_state_check")),
        sa.CheckConstraint("asked >= 1 AND first_asked_at <= last_asked_at", name=op.f("inbox_items_asked_check")),
        sa.CheckConstraint("revision >= 1", name=op.f("inbox_items_revision_check")),
        sa.CheckConstraint("(state = 'open') = (decided_at IS NULL)", name=op.f("inbox_items_decided_check")),
        sa.CheckConstraint("(state = 'resolved') = (claim_id IS NOT NULL)", name=op.f("inbox_items_resolved_check")),
        sa.CheckConstraint("(state = 'dismissed') = (reason IS NOT NULL)", name=op.f("inbox_items_dismissed_check")),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name=op.f("inbox_items_claim_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("inbox_items_pkey")),
    )
    op.create_index("inbox_items_rank_idx", "inbox_items", ["state", "asked", "last_asked_at", "id"])
    op.create_index("inbox_items_claim_id_idx", "inbox_items", ["claim_id"])
    op.create_table(
        "inbox_wordings",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("claimed_at", sa.Date(), nullable=True),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("first_asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("char_length(text) BETWEEN 3 AND 2000", name=op.f("inbox_wordings_text_check")),
        sa.CheckConstraint("asked >= 1 AND first_asked_at <= last_asked_at", name=op.f("inbox_wordings_asked_check")),
        sa.ForeignKeyConstraint(["item_id"], ["inbox_items.id"], name=op.f("inbox_wordings_item_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("inbox_wordings_pkey")),
        sa.UniqueConstraint("key", name=op.f("inbox_wordings_key_key")),
    )
    op.create_index("inbox_wordings_item_id_idx", "inbox_wordings", ["item_id"])
    op.create_table(
        "inbox_terms",
        sa.Column("term", sa.Text(), nullable=False),
        sa.Column("wording_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["wording_id"], ["inbox_wordings.id"], name=op.f("inbox_terms_wording_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("term", "wording_id", name=op.f("inbox_terms_pkey")),
    )


def downgrade() -> None:
    for table in ("inbox_terms", "inbox_wordings", "inbox_items", "inbox_waiting"):
        op.drop_table(table)
