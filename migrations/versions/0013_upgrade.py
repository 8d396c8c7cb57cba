"""Upgrades as facts; stakes by invoice and by investor."""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"

# Rows of events folded before are missing. The version of the contracts' administration was raised
# with this, so that the engine asks for a rebuild wherever one is stored.
_TABLE = """
CREATE TABLE read.upgrade (
    position bigint NOT NULL,
    event_index bigint NOT NULL,
    contract text NOT NULL,
    code smallint NOT NULL,
    step smallint NOT NULL,
    hash bytea NOT NULL,
    at bigint,
    closed_at bigint NOT NULL,
    tx_hash bytea NOT NULL,
    PRIMARY KEY (position, event_index)
)
"""

_INDEXES = """
CREATE INDEX funding_by_invoice_position ON read.funding (invoice, position);
CREATE INDEX funding_by_investor_position ON read.funding (investor, position)
"""


def upgrade() -> None:
    """Applies this revision."""
    op.execute("SET LOCAL ROLE stellarsettle_indexer")
    op.execute(_TABLE)
    op.execute(_INDEXES)
    op.execute("RESET ROLE")
