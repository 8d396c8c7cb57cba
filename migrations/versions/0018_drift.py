"""Conservation of money: the newest check, and what did not add up since when."""

from __future__ import annotations

from alembic import op

revision = "0018"
down_revision = "0017"

_TABLES = """
CREATE TABLE ledger.conservation (
    single boolean NOT NULL DEFAULT true,
    ledger bigint NOT NULL,
    balances integer NOT NULL,
    checked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (single),
    CONSTRAINT conservation_single_check CHECK (single)
);
COMMENT ON TABLE ledger.conservation IS 'The newest check that money is conserved; one row';
COMMENT ON COLUMN ledger.conservation.ledger IS 'the read models were as of it';
COMMENT ON COLUMN ledger.conservation.balances IS 'how many were compared';

CREATE TABLE ledger.drift (
    id bigint GENERATED ALWAYS AS IDENTITY,
    subject text NOT NULL,
    law text NOT NULL,
    expected numeric NOT NULL,
    found numeric NOT NULL,
    first_ledger bigint NOT NULL,
    sound_ledger bigint,
    gone_ledger bigint,
    PRIMARY KEY (id)
);
CREATE UNIQUE INDEX drift_open ON ledger.drift (subject, law) WHERE gone_ledger IS NULL;
COMMENT ON TABLE ledger.drift IS
    'Money that did not add up: by whose law, since when, until when';
COMMENT ON COLUMN ledger.drift.subject IS 'an invoice''s id, or a contract and an asset';
COMMENT ON COLUMN ledger.drift.law IS 'what should be equal';
COMMENT ON COLUMN ledger.drift.expected IS 'base units: what movements add to';
COMMENT ON COLUMN ledger.drift.found IS 'base units: what the row says';
COMMENT ON COLUMN ledger.drift.first_ledger IS 'where it was first seen';
COMMENT ON COLUMN ledger.drift.sound_ledger IS 'checked before, and all was well then';
COMMENT ON COLUMN ledger.drift.gone_ledger IS 'where it was seen no more';
"""


def upgrade() -> None:
    """Adds to what the indexer's role owns."""
    op.execute("SET LOCAL ROLE stellarsettle_indexer")
    op.execute(_TABLES)
    op.execute("RESET ROLE")
