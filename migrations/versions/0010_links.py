"""Links that are visited: what visits found, wherever the link stands, and when the next one is due."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_STATUSES = "link_status IN ('unchecked', 'ok', 'redirected', 'gone', 'blocked', 'error')"
_VISITED = "link_status = 'unchecked' OR checked_at IS NOT NULL"


def upgrade() -> None:
    op.drop_index("sources_broken_idx", table_name="sources")
    op.drop_constraint(op.f("sources_link_status_check"), "sources", type_="check")
    _rename({"broken": "gone", "moved": "redirected"})
    op.create_check_constraint(op.f("sources_link_status_check"), "sources", _STATUSES)
    op.add_column("sources", sa.Column("final_url", sa.Text(), nullable=True))
    op.add_column("sources", sa.Column("copy_url", sa.Text(), nullable=True))
    op.add_column("reviews", sa.Column("via", sa.Text(), nullable=True))
    op.add_column("reviews", sa.Column("link_status", sa.Text(), server_default=sa.text("'unchecked'"), nullable=False))
    op.add_column("reviews", sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("reviews", sa.Column("final_url", sa.Text(), nullable=True))
    op.create_check_constraint(op.f("reviews_via_check"), "reviews", "via <> ''")
    op.create_check_constraint(op.f("reviews_checked_at_check"), "reviews", _VISITED)
    op.create_check_constraint(op.f("reviews_link_status_check"), "reviews", _STATUSES)
    for table, linked in (("sources", ""), ("reviews", " AND url IS NOT NULL")):
        broken, unvisited = "link_status IN ('gone', 'error')", f"link_status = 'unchecked'{linked}"
        op.create_index(f"{table}_broken_idx", table, ["claim_id"], postgresql_where=sa.text(broken))
        op.create_index(f"{table}_unvisited_idx", table, ["id"], postgresql_where=sa.text(unvisited))
    op.create_table(
        "links",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("link_status", sa.Text(), server_default=sa.text("'unchecked'"), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("final_url", sa.Text(), nullable=True),
        sa.Column("http_status", sa.Integer(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("copy_url", sa.Text(), nullable=True),
        sa.Column("copy_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("url ~* '^https?://'", name=op.f("links_url_check")),
        sa.CheckConstraint("failures >= 0", name=op.f("links_failures_check")),
        sa.CheckConstraint(_VISITED, name=op.f("links_checked_at_check")),
        sa.CheckConstraint(_STATUSES, name=op.f("links_link_status_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("links_pkey")),
    )
    op.create_index("links_url_key", "links", [sa.literal_column("md5(url)")], unique=True)
    op.create_index("links_due_idx", "links", ["host", "due_at"])
    op.create_index("links_copy_due_idx", "links", ["copy_due_at"], postgresql_where=sa.text("copy_due_at IS NOT NULL"))
    op.create_index("links_status_idx", "links", ["link_status", "changed_at"])
    op.create_table(
        "link_hosts",
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("free_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("host", name=op.f("link_hosts_pkey")),
    )


def downgrade() -> None:
    op.drop_table("link_hosts")
    op.drop_table("links")
    for table in ("sources", "reviews"):
        op.drop_index(f"{table}_broken_idx", table_name=table)
        op.drop_index(f"{table}_unvisited_idx", table_name=table)
    for name in ("via", "link_status", "checked_at", "final_url"):
        op.drop_column("reviews", name)
    op.drop_column("sources", "copy_url")
    op.drop_column("sources", "final_url")
    op.drop_constraint(op.f("sources_link_status_check"), "sources", type_="check")
    _rename({"gone": "broken", "redirected": "moved", "blocked": "ok", "error": "broken"})
    op.create_check_constraint(
        op.f("sources_link_status_check"), "sources", "link_status IN ('unchecked', 'ok', 'broken', 'moved')"
    )
    op.create_index("sources_broken_idx", "sources", ["claim_id"], postgresql_where=sa.text("link_status = 'broken'"))


def _rename(statuses: dict[str, str]) -> None:
    """Give statuses their other names, in the history of claims as well: it must stay readable."""
    for old, new in statuses.items():
        op.execute(f"UPDATE sources SET link_status = '{new}' WHERE link_status = '{old}'")  # noqa: S608
        # JSON text: within a string the quotes would be escaped.
        op.execute(
            f"""
            UPDATE revisions
            SET state = replace(state::text, '"link_status": "{old}"', '"link_status": "{new}"')::jsonb
            WHERE state::text LIKE '%"link_status": "{old}"%'
            """  # noqa: S608
        )
