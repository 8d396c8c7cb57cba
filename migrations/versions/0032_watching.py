"""Watched invoices and saved searches."""

from __future__ import annotations

from alembic import op

revision = "0032"
down_revision = "0031"

_TABLES = """
CREATE TABLE app.watched (
    owner text NOT NULL,
    invoice bytea NOT NULL,
    since timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (owner, invoice)
);
CREATE INDEX ix_app_watched_invoice ON app.watched (invoice);
COMMENT ON TABLE app.watched IS 'Invoices that somebody wants to hear of.';
COMMENT ON COLUMN app.watched.owner IS 'as in a token''s sub';
COMMENT ON COLUMN app.watched.invoice IS 'its id';

CREATE TABLE app.saved_search (
    id uuid NOT NULL,
    owner text NOT NULL,
    name text NOT NULL,
    notify boolean NOT NULL,
    asset text,
    seller text,
    debtor text,
    max_days integer,
    min_yield numeric,
    min_remaining numeric,
    acknowledged boolean,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (id)
);
CREATE INDEX ix_app_saved_search_owner ON app.saved_search (owner);
COMMENT ON TABLE app.saved_search IS
    'What somebody looks for in the marketplace; null: anything.';
COMMENT ON COLUMN app.saved_search.owner IS 'as in a token''s sub';
COMMENT ON COLUMN app.saved_search.notify IS 'tell of each new offer that fits';
COMMENT ON COLUMN app.saved_search.min_remaining IS 'base units';
"""

_POLICIES = """
ALTER TABLE app.{table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.{table} FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON app.{table}
    USING (owner = current_setting('stellarsettle.subject', true))
    WITH CHECK (owner = current_setting('stellarsettle.subject', true));
CREATE POLICY counted ON app.{table} FOR SELECT
    USING (substr(owner, 2, 51) = current_setting('stellarsettle.account', true));
CREATE POLICY worker_reads ON app.{table} FOR SELECT
    USING (current_setting('stellarsettle.worker', true) = 'on');
"""


def upgrade() -> None:
    """The API's role owns them; rows are their owner's, the worker looks whom to tell."""
    op.execute("SET LOCAL ROLE stellarsettle_api")
    op.execute(_TABLES)
    for table in ("watched", "saved_search"):
        op.execute(_POLICIES.format(table=table))
    op.execute("RESET ROLE")
