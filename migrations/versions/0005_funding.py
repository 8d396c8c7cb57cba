"""Stakes as facts, and when an invoice was written off."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"

_TABLE = """
CREATE TABLE read.funding (
    position bigint NOT NULL,
    event_index bigint NOT NULL,
    invoice bytea NOT NULL,
    investor integer NOT NULL,
    amount bigint NOT NULL,
    shares bigint NOT NULL,
    raised bigint NOT NULL,
    closed_at bigint NOT NULL,
    PRIMARY KEY (position, event_index)
)
"""

# Rows folded before lack both. The version of the invoices' folds was raised with this, so that
# the engine asks for a rebuild wherever an invoice is stored.
_COLUMN = """
ALTER TABLE read.invoice ADD COLUMN written_off_at bigint;
ALTER TABLE read.invoice_history ADD COLUMN written_off_at bigint
"""


def upgrade() -> None:
    """Applies this revision."""
    op.execute("SET LOCAL ROLE stellarsettle_indexer")
    op.execute(_TABLE)
    op.execute(_COLUMN)
    op.execute("RESET ROLE")
