"""The raw ledger: events as they came, the cursor, the quarantine, and how far it is whole."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"

_SCHEMA = """
CREATE SCHEMA ledger;
GRANT USAGE ON SCHEMA ledger TO stellarsettle_api;
ALTER DEFAULT PRIVILEGES IN SCHEMA ledger
    GRANT SELECT ON TABLES TO stellarsettle_api;
"""

_TABLES = """
CREATE TABLE ledger.contract (
    id smallint NOT NULL,
    kind text NOT NULL,
    address text NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (address)
);
COMMENT ON TABLE ledger.contract IS
    'What this database follows; it never changes, another deployment is another database';
COMMENT ON COLUMN ledger.contract.kind IS 'escrow or distributor';
COMMENT ON COLUMN ledger.contract.address IS 'strkey';

CREATE TABLE ledger.event (
    position bigint NOT NULL,
    index integer NOT NULL,
    contract smallint NOT NULL,
    closed_at bigint NOT NULL,
    tx_hash bytea NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (position, index)
);
COMMENT ON TABLE ledger.event IS
    'Every event of the followed contracts, raw: everything else is derived from here';
COMMENT ON COLUMN ledger.event.position IS
    'TOID: ledger << 32 | transaction << 12 | operation';
COMMENT ON COLUMN ledger.event.contract IS 'as in ledger.contract';
COMMENT ON COLUMN ledger.event.closed_at IS 'of the ledger, Unix seconds';
COMMENT ON COLUMN ledger.event.body IS 'ContractEventV0 XDR: topics, data';

CREATE TABLE ledger.quarantine (
    position bigint NOT NULL,
    index integer NOT NULL,
    reason text NOT NULL,
    PRIMARY KEY (position, index),
    CONSTRAINT quarantine_event_fkey FOREIGN KEY (position, index)
        REFERENCES ledger.event (position, index)
);
COMMENT ON TABLE ledger.quarantine IS
    'Events that could not be decoded and are not folded yet';

CREATE TABLE ledger.cursor (
    single boolean NOT NULL DEFAULT true,
    ledger integer NOT NULL,
    closed_at bigint NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (single),
    CONSTRAINT cursor_single_check CHECK (single)
);
COMMENT ON TABLE ledger.cursor IS 'How far this database is whole; one row';
COMMENT ON COLUMN ledger.cursor.ledger IS 'everything up to here is in';
COMMENT ON COLUMN ledger.cursor.closed_at IS 'of that ledger, Unix seconds';
COMMENT ON COLUMN ledger.cursor.version IS 'counts commits: compare and swap';

CREATE TABLE ledger.stretch (
    through integer NOT NULL,
    first integer NOT NULL,
    events integer NOT NULL,
    committed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (through),
    CONSTRAINT stretch_order_check CHECK (first <= through)
);
COMMENT ON TABLE ledger.stretch IS
    'Ledgers committed together, first to through; side by side, without holes';

CREATE TABLE ledger.heartbeat (
    single boolean NOT NULL DEFAULT true,
    latest integer NOT NULL,
    seen_at timestamptz NOT NULL,
    PRIMARY KEY (single),
    CONSTRAINT heartbeat_single_check CHECK (single)
);
COMMENT ON TABLE ledger.heartbeat IS
    'When the indexer last heard of the network; one row';
COMMENT ON COLUMN ledger.heartbeat.latest IS 'newest ledger the source knows of';
"""


def upgrade() -> None:
    """Makes the schema and its tables; the indexer's role owns them, the API's may read."""
    op.execute("SET LOCAL ROLE stellarsettle_indexer")
    op.execute(_SCHEMA)
    op.execute(_TABLES)
    op.execute("RESET ROLE")
