"""What was asked of a service elsewhere: texts asked about lately, and how many questions a day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "upstream_answers",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.CheckConstraint("digest ~ '^[0-9a-f]{64}$'", name=op.f("upstream_answers_digest_check")),
        sa.CheckConstraint("found >= 0", name=op.f("upstream_answers_found_check")),
        sa.PrimaryKeyConstraint("digest", name=op.f("upstream_answers_pkey")),
    )
    op.create_index("upstream_answers_asked_at_idx", "upstream_answers", ["asked_at"])
    op.create_table(
        "upstream_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.CheckConstraint("used >= 1", name=op.f("upstream_days_used_check")),
        sa.PrimaryKeyConstraint("day", name=op.f("upstream_days_pkey")),
    )


def downgrade() -> None:
    op.drop_table("upstream_days")
    op.drop_table("upstream_answers")
