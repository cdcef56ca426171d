"""When periodic jobs are due."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "periods",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind <> ''", name=op.f("periods_kind_check")),
        sa.PrimaryKeyConstraint("kind", name=op.f("periods_pkey")),
    )


def downgrade() -> None:
    op.drop_table("periods")
