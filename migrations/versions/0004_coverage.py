"""Proof of completeness: stretches that cannot leave a hole, known hashes, failures, doubt."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"

_STRETCH = """
ALTER TABLE ledger.stretch
    ADD COLUMN previous integer,
    ADD COLUMN hash bytea,
    ADD COLUMN linked boolean NOT NULL DEFAULT false;
UPDATE ledger.stretch SET previous = first - 1
WHERE first > (SELECT min(first) FROM ledger.stretch);
ALTER TABLE ledger.stretch
    ADD CONSTRAINT stretch_previous_check CHECK (previous = first - 1),
    ADD CONSTRAINT stretch_previous_fkey FOREIGN KEY (previous) REFERENCES ledger.stretch (through);
CREATE UNIQUE INDEX stretch_beginning ON ledger.stretch ((previous IS NULL))
    WHERE previous IS NULL;
COMMENT ON COLUMN ledger.stretch.previous IS
    'end of the stretch before, null only for the first: the database itself allows no hole';
COMMENT ON COLUMN ledger.stretch.hash IS
    'SHA-256 of the header of ledger "through", where a source gave it';
COMMENT ON COLUMN ledger.stretch.linked IS
    'each of its headers was read and names the one before it';
"""

_TABLES = """
CREATE TABLE ledger.network (
    single boolean NOT NULL DEFAULT true,
    passphrase text NOT NULL,
    PRIMARY KEY (single),
    CONSTRAINT network_single_check CHECK (single)
);
COMMENT ON TABLE ledger.network IS 'The network this database follows; one row, it never changes';

CREATE TABLE ledger.failure (
    position bigint NOT NULL,
    contract smallint NOT NULL,
    tx_hash bytea NOT NULL,
    source text NOT NULL,
    function text NOT NULL,
    result text NOT NULL,
    error integer,
    PRIMARY KEY (position)
);
CREATE INDEX failure_by_tx_hash ON ledger.failure (tx_hash);
COMMENT ON TABLE ledger.failure IS
    'Transactions that invoked a followed contract and failed, where whole ledgers were read';
COMMENT ON COLUMN ledger.failure.position IS 'TOID: ledger << 32 | transaction << 12';
COMMENT ON COLUMN ledger.failure.source IS 'account that signed for it, strkey';
COMMENT ON COLUMN ledger.failure.result IS 'the operation''s result code by its name';
COMMENT ON COLUMN ledger.failure.error IS 'the contract''s own code, if it raised one';

ALTER TABLE ledger.quarantine ADD COLUMN invoice bytea;
COMMENT ON COLUMN ledger.quarantine.invoice IS
    'the invoice it is about, null where that cannot be read: then it may be about any';
"""

_FUNCTIONS = """
CREATE FUNCTION ledger.coverage(
    OUT first integer, OUT through integer, OUT whole_through integer,
    OUT quarantined bigint, OUT missed bigint
) LANGUAGE sql STABLE AS $$
    WITH missing AS (
        SELECT missed, (SELECT min(valid_from) FROM read.invoice_history AS h
                        WHERE h.invoice = i.invoice AND h.missed <> 0) AS since
        FROM read.invoice AS i WHERE missed <> 0
        UNION ALL
        SELECT missed, (SELECT min(valid_from) FROM read.pool_history AS h
                        WHERE h.invoice = p.invoice AND h.missed <> 0)
        FROM read.pool AS p WHERE missed <> 0
    ), waiting AS (
        SELECT count(*) AS events, (min(position) >> 32)::integer AS since FROM ledger.quarantine
    )
    SELECT
        (SELECT min(s.first) FROM ledger.stretch AS s WHERE s.previous IS NULL),
        (SELECT max(s.through) FROM ledger.stretch AS s),
        least(
            (SELECT max(s.through) FROM ledger.stretch AS s),
            (SELECT since - 1 FROM waiting),
            (SELECT min(since)::integer - 1 FROM missing)
        ),
        (SELECT events FROM waiting),
        (SELECT coalesce(sum(missed), 0)::bigint FROM missing)
$$;
COMMENT ON FUNCTION ledger.coverage() IS
    'Ledgers first to through were read; up to whole_through nothing waits and nothing is missing';

CREATE FUNCTION ledger.in_doubt(invoice bytea) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM ledger.quarantine AS q
        WHERE q.invoice IS NULL OR q.invoice = in_doubt.invoice
    )
$$;
COMMENT ON FUNCTION ledger.in_doubt(bytea) IS
    'Whether an event in quarantine is, or may be, about this invoice: its rows may be behind';
"""

_MISSED = """
CREATE INDEX invoice_missed ON read.invoice (invoice) WHERE missed <> 0;
CREATE INDEX pool_missed ON read.pool (invoice) WHERE missed <> 0;
"""


def upgrade() -> None:
    """Adds to what the indexer's role owns."""
    op.execute("SET LOCAL ROLE stellarsettle_indexer")
    op.execute(_STRETCH)
    op.execute(_TABLES)
    op.execute(_FUNCTIONS)
    op.execute(_MISSED)
    op.execute("RESET ROLE")
