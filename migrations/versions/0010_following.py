"""The worker's own cursor, and its rights on intents."""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"

_TABLE = """
CREATE TABLE app.cursor (
    single boolean NOT NULL DEFAULT true,
    ledger bigint NOT NULL,
    PRIMARY KEY (single),
    CONSTRAINT cursor_single_check CHECK (single)
);
COMMENT ON TABLE app.cursor IS
    'Up to which ledger the worker has told people what happened; one row';
INSERT INTO app.cursor (ledger) SELECT coalesce(max(ledger), 0) FROM read.applied;
ALTER TABLE app.cursor ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.cursor FORCE ROW LEVEL SECURITY;
CREATE POLICY worker ON app.cursor
    USING (current_setting('stellarsettle.worker', true) = 'on');
"""

_INTENT = """
CREATE INDEX intent_open ON app.intent (number)
    WHERE outcome IS NULL OR outcome->>'status' IN ('submitted', 'in_ledger');
CREATE INDEX intent_hash ON app.intent ((built->>'hash'));
CREATE POLICY worker_reads ON app.intent FOR SELECT
    USING (current_setting('stellarsettle.worker', true) = 'on');
CREATE POLICY worker_concludes ON app.intent FOR UPDATE
    USING (current_setting('stellarsettle.worker', true) = 'on');
"""


def upgrade() -> None:
    """What was before this revision is not told again: the cursor begins where the models are."""
    op.execute("SET LOCAL ROLE stellarsettle_api")
    op.execute(_TABLE)
    op.execute(_INTENT)
    op.execute("RESET ROLE")
