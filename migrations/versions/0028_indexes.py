"""Two indexes fewer to keep: hashes by hash, share movements by what happened to their invoice."""

from __future__ import annotations

from alembic import op

revision = "0028"
down_revision = "0027"

_INDEXES = """
DROP INDEX read.activity_by_tx_hash;
CREATE INDEX activity_by_tx_hash ON read.activity USING hash (tx_hash);
DROP INDEX read.transfer_by_invoice_position;
"""


def upgrade() -> None:
    """The names stay; only who asks by hash or invoice would notice, by the time it takes."""
    op.execute("SET LOCAL ROLE stellarsettle_indexer")
    op.execute(_INDEXES)
    op.execute("RESET ROLE")
