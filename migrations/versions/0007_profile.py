"""What people tell of themselves: name and address, language, formats, notifications."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"

_TABLES = """
CREATE TABLE app.profile (
    owner text NOT NULL,
    name text,
    email text,
    email_confirmed_at timestamptz,
    changed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (owner)
);
COMMENT ON TABLE app.profile IS
    'Who a person says to be; nothing of it is verified but the e-mail address.';
COMMENT ON COLUMN app.profile.owner IS 'as in a token''s sub';

CREATE TABLE app.preference (
    owner text NOT NULL,
    language text NOT NULL DEFAULT 'en',
    time_zone text NOT NULL DEFAULT 'UTC',
    number_format text NOT NULL DEFAULT '1,234.56',
    notifications jsonb NOT NULL DEFAULT '{}'::jsonb,
    changed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (owner)
);
COMMENT ON TABLE app.preference IS 'How a person wants things shown, and what to be told of.';
COMMENT ON COLUMN app.preference.owner IS 'as in a token''s sub';
COMMENT ON COLUMN app.preference.language IS 'BCP 47';
COMMENT ON COLUMN app.preference.time_zone IS 'IANA';
COMMENT ON COLUMN app.preference.number_format IS 'how 1234.56 is written';
COMMENT ON COLUMN app.preference.notifications IS
    'topic to channel to whether it is wanted; what is missing is on';
"""

_POLICIES = """
ALTER TABLE app.{table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.{table} FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON app.{table}
    USING (owner = current_setting('stellarsettle.subject', true))
    WITH CHECK (owner = current_setting('stellarsettle.subject', true));
CREATE POLICY worker_reads ON app.{table} FOR SELECT
    USING (current_setting('stellarsettle.worker', true) = 'on');
"""


def upgrade() -> None:
    """The API's role owns them; rows are their owner's, and a worker may read all."""
    op.execute("SET LOCAL ROLE stellarsettle_api")
    op.execute(_TABLES)
    for table in ("profile", "preference"):
        op.execute(_POLICIES.format(table=table))
    op.execute("RESET ROLE")
