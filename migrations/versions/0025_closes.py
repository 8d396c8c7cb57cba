"""When ledgers closed, those without events too: "now" of every past ledger."""

from __future__ import annotations

from alembic import op

revision = "0025"
down_revision = "0024"

_TABLE = """
CREATE TABLE ledger.close (
    ledger integer NOT NULL,
    closed_at bigint NOT NULL,
    PRIMARY KEY (ledger)
);
COMMENT ON TABLE ledger.close IS
    'When ledgers closed, those without events too: each of which a source told the time';
COMMENT ON COLUMN ledger.close.closed_at IS 'Unix seconds';

INSERT INTO ledger.close (ledger, closed_at)
SELECT ledger, closed_at FROM ledger.cursor WHERE closed_at > 0;
"""


def upgrade() -> None:
    """Adds to what the indexer's role owns; of an older database only the newest is known."""
    op.execute("SET LOCAL ROLE stellarsettle_indexer")
    op.execute(_TABLE)
    op.execute("RESET ROLE")
