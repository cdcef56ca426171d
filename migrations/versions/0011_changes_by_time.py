"""What changed last: revisions by time, without those that only made a claim."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "revisions_changes_idx",
        "revisions",
        ["at", "claim_id", "number"],
        postgresql_where=sa.text("action <> 'created'"),
    )


def downgrade() -> None:
    op.drop_index("revisions_changes_idx", table_name="revisions")
