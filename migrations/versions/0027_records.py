"""How many of the contracts' own records the newest check compared."""

from __future__ import annotations

from alembic import op

revision = "0027"
down_revision = "0026"

_COLUMN = """
ALTER TABLE ledger.conservation ADD COLUMN records integer NOT NULL DEFAULT 0;
COMMENT ON COLUMN ledger.conservation.records IS
    'how many of the contracts'' own were compared';
"""


def upgrade() -> None:
    """Adds to what the indexer's role owns."""
    op.execute("SET LOCAL ROLE stellarsettle_indexer")
    op.execute(_COLUMN)
    op.execute("RESET ROLE")
