"""What is shared with a statement under watch counts by language: more is needed within one than across."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("watch_postings_term_idx", table_name="watch_postings")
    # What is there already is found as if it were of another language: rather too often than not.
    op.add_column("watch_postings", sa.Column("language", sa.Text(), nullable=False, server_default="und"))
    op.add_column("watch_postings", sa.Column("reach", sa.REAL(), nullable=False, server_default="1"))
    op.alter_column("watch_postings", "language", server_default=None)
    op.alter_column("watch_postings", "reach", server_default=None)
    op.drop_column("watch_postings", "leads")
    op.create_index("watch_postings_term_idx", "watch_postings", ["term"], postgresql_where=sa.text("reach >= 0.1"))


def downgrade() -> None:
    op.drop_index("watch_postings_term_idx", table_name="watch_postings")
    op.add_column("watch_postings", sa.Column("leads", sa.Boolean(), nullable=False, server_default="true"))
    op.alter_column("watch_postings", "leads", server_default=None)
    op.drop_column("watch_postings", "reach")
    op.drop_column("watch_postings", "language")
    op.create_index("watch_postings_term_idx", "watch_postings", ["term"], postgresql_where=sa.text("leads"))
