"""By which edition of the matching core the texts of the inbox and those under watch were read: none is known yet."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_TABLES = ("inbox_wordings", "watch_subjects")


def upgrade() -> None:
    for table in _TABLES:
        op.add_column(table, sa.Column("edition", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    for table in _TABLES:
        op.drop_column(table, "edition")
