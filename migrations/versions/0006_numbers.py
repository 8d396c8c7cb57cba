"""The indexer numbers addresses itself, before it writes the rows that use the numbers."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Drops the dictionary's own numbering; numbers given stay."""
    op.execute("ALTER TABLE read.address ALTER COLUMN id DROP IDENTITY")
