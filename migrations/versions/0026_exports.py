"""The service exports what analysts read: it may use their views."""

from __future__ import annotations

from alembic import op

revision = "0026"
down_revision = "0025"

_RIGHTS = """
GRANT USAGE ON SCHEMA analytics TO stellarsettle_api;
GRANT EXECUTE ON FUNCTION analytics.as_of() TO stellarsettle_api;
"""


def upgrade() -> None:
    """Rights on schema and function; those on the views come with them, after every migration."""
    op.execute("SET LOCAL ROLE stellarsettle_indexer")
    op.execute(_RIGHTS)
    op.execute("RESET ROLE")
