"""Who looks after what waits on the chain."""

from __future__ import annotations

from alembic import op

revision = "0017"
down_revision = "0016"

_TABLE = """
CREATE TABLE app.assignment (
    queue text NOT NULL,
    invoice bytea NOT NULL,
    assignee text NOT NULL,
    assigned_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (queue, invoice),
    CONSTRAINT assignment_queue_check CHECK (queue IN ('reviews', 'disputes'))
);
COMMENT ON TABLE app.assignment IS
    'Who looks after an invoice that waits for a review or a ruling.';
COMMENT ON COLUMN app.assignment.queue IS 'reviews or disputes';
COMMENT ON COLUMN app.assignment.assignee IS 'as in a token''s sub';
ALTER TABLE app.assignment ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.assignment FORCE ROW LEVEL SECURITY;
CREATE POLICY keepers ON app.assignment USING (
    string_to_array(current_setting('stellarsettle.roles', true), ',')
    && ARRAY['verifier', 'arbiter', 'staff:operations', 'staff:risk']
);
"""


def upgrade() -> None:
    """The API's role owns it; the platform's own people see it."""
    op.execute("SET LOCAL ROLE stellarsettle_api")
    op.execute(_TABLE)
    op.execute("RESET ROLE")
