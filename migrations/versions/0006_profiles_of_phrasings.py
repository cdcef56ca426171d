"""What the matching core keeps of its reading of a phrasing; it reads those again that have none yet."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("phrasings", sa.Column("profile", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("phrasings", "profile")
