"""What people say of the matches of kept checks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "feedback",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("check_id", sa.Uuid(), nullable=False),
        sa.Column("result", sa.Integer(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("judgement", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("suggested", sa.Boolean(), nullable=False),
        sa.Column("relation", sa.Text(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("author", sa.Text(), nullable=True),
        sa.CheckConstraint("result >= 0", name=op.f("feedback_result_check")),
        sa.CheckConstraint("score BETWEEN 0 AND 1", name=op.f("feedback_score_check")),
        sa.CheckConstraint("judgement IN ('right', 'wrong')", name=op.f("feedback_judgement_check")),
        sa.CheckConstraint(
            "relation IN ('equivalent', 'contradicts', 'narrower', 'broader', 'related')",
            name=op.f("feedback_relation_check"),
        ),
        sa.ForeignKeyConstraint(["check_id"], ["checks.id"], name=op.f("feedback_check_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("feedback_pkey")),
    )
    op.create_index("feedback_match_idx", "feedback", ["check_id", "result", "claim_id", "id"])


def downgrade() -> None:
    op.drop_table("feedback")
