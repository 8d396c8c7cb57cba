"""The outbox: everybody's transaction may put work in, the worker takes it out."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"

_TABLE = """
CREATE TABLE app.job (
    number bigint GENERATED ALWAYS AS IDENTITY,
    kind text NOT NULL,
    key text NOT NULL,
    payload jsonb NOT NULL,
    state text NOT NULL DEFAULT 'waiting',
    tries integer NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL DEFAULT now(),
    error text,
    created_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    PRIMARY KEY (number),
    UNIQUE (kind, key),
    CONSTRAINT job_state_check CHECK (state IN ('waiting', 'done', 'dead'))
);
CREATE INDEX job_due ON app.job (due_at, number) WHERE state = 'waiting';
CREATE INDEX job_ended ON app.job (ended_at) WHERE state = 'done';
COMMENT ON TABLE app.job IS 'Work that was promised in a transaction and is done after it.';
COMMENT ON COLUMN app.job.kind IS 'names the code that does it';
COMMENT ON COLUMN app.job.key IS 'of one kind and key there is one job';
COMMENT ON COLUMN app.job.state IS 'waiting, done or dead';
COMMENT ON COLUMN app.job.tries IS 'begun so far';
COMMENT ON COLUMN app.job.due_at IS 'not before';
COMMENT ON COLUMN app.job.error IS 'what the last try that failed said';
"""

# Whoever puts work in cannot read what is in there, not even whether a key is taken.
_POLICIES = """
ALTER TABLE app.job ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.job FORCE ROW LEVEL SECURITY;
CREATE POLICY anybody_adds ON app.job FOR INSERT WITH CHECK (state = 'waiting' AND tries = 0);
CREATE POLICY worker ON app.job
    USING (current_setting('stellarsettle.worker', true) = 'on')
    WITH CHECK (current_setting('stellarsettle.worker', true) = 'on');
"""


def upgrade() -> None:
    """The API's role owns it."""
    op.execute("SET LOCAL ROLE stellarsettle_api")
    op.execute(_TABLE)
    op.execute(_POLICIES)
    op.execute("RESET ROLE")
