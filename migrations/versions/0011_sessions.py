"""Sessions, API keys, the platform's staff, and shared limits."""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"

_TABLES = """
CREATE TABLE app.session (
    id uuid NOT NULL,
    owner text NOT NULL,
    method text NOT NULL,
    client_domain text,
    kind text NOT NULL,
    agent text,
    generation integer NOT NULL DEFAULT 0,
    renewed_at timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    ended_by text,
    PRIMARY KEY (id)
);
CREATE INDEX ix_app_session_owner ON app.session (owner);
COMMENT ON TABLE app.session IS 'Sign-ins: each is one family of refresh tokens.';
COMMENT ON COLUMN app.session.owner IS 'as in a token''s sub';
COMMENT ON COLUMN app.session.method IS 'sep10 or sep53';
COMMENT ON COLUMN app.session.client_domain IS 'the wallet''s, where it proved it';
COMMENT ON COLUMN app.session.kind IS 'token, or cookie for a browser''s pages';
COMMENT ON COLUMN app.session.agent IS 'what the client calls itself';
COMMENT ON COLUMN app.session.generation IS
    'of the refresh token that is good; an earlier one ends the session';
COMMENT ON COLUMN app.session.ended_by IS 'sign-out, everywhere or re-use';

CREATE TABLE app.api_key (
    id uuid NOT NULL,
    owner text NOT NULL,
    name text NOT NULL,
    scopes text[] NOT NULL,
    digest bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    revoked_at timestamptz,
    PRIMARY KEY (id),
    UNIQUE (digest)
);
CREATE INDEX ix_app_api_key_owner ON app.api_key (owner);
COMMENT ON TABLE app.api_key IS 'Keys for servers; the key itself was shown once and is not here.';
COMMENT ON COLUMN app.api_key.owner IS 'for whom it acts';
COMMENT ON COLUMN app.api_key.scopes IS 'read, write, transactions';
COMMENT ON COLUMN app.api_key.digest IS 'SHA-256 of the key';
COMMENT ON COLUMN app.api_key.used_at IS 'to the minute';

CREATE TABLE app.staff (
    address text NOT NULL,
    scopes text[] NOT NULL,
    given_by text NOT NULL,
    given_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (address)
);
COMMENT ON TABLE app.staff IS 'Accounts of the platform''s staff. Roles on the chain are not here.';
COMMENT ON COLUMN app.staff.address IS 'the account that signs in, G...';
COMMENT ON COLUMN app.staff.scopes IS 'operations, risk, compliance, finance';
COMMENT ON COLUMN app.staff.given_by IS 'the owner who gave them';

CREATE UNLOGGED TABLE app.rate (
    bucket bytea NOT NULL,
    full_at double precision NOT NULL,
    PRIMARY KEY (bucket)
);
COMMENT ON TABLE app.rate IS
    'How many requests are left to whom; unlogged, nothing is lost with it.';
COMMENT ON COLUMN app.rate.bucket IS 'hash of policy and asker';
COMMENT ON COLUMN app.rate.full_at IS 'Unix seconds: regained by then';
"""

_FORCED = """
ALTER TABLE app.{table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.{table} FORCE ROW LEVEL SECURITY;
"""

# Who presents the id of a session (whose seal was checked) or the hash of a key sees that row.
_POLICIES = """
CREATE POLICY own_rows ON app.session
    USING (owner = current_setting('stellarsettle.subject', true))
    WITH CHECK (owner = current_setting('stellarsettle.subject', true));
CREATE POLICY presented ON app.session
    USING (id::text = current_setting('stellarsettle.session', true));
CREATE POLICY worker_reads ON app.session FOR SELECT
    USING (current_setting('stellarsettle.worker', true) = 'on');
CREATE POLICY worker_sweeps ON app.session FOR DELETE
    USING (current_setting('stellarsettle.worker', true) = 'on' AND expires_at < now());

CREATE POLICY own_rows ON app.api_key
    USING (owner = current_setting('stellarsettle.subject', true))
    WITH CHECK (owner = current_setting('stellarsettle.subject', true));
CREATE POLICY presented ON app.api_key
    USING (encode(digest, 'hex') = current_setting('stellarsettle.key', true));

CREATE POLICY own_row ON app.staff FOR SELECT
    USING (address = current_setting('stellarsettle.subject', true));
CREATE POLICY admins_rows ON app.staff
    USING ('admin' = ANY (string_to_array(current_setting('stellarsettle.roles', true), ',')))
    WITH CHECK (
        'admin' = ANY (string_to_array(current_setting('stellarsettle.roles', true), ','))
    );
"""


def upgrade() -> None:
    """The API's role owns them; what belongs to somebody is shown to nobody else."""
    op.execute("SET LOCAL ROLE stellarsettle_api")
    op.execute(_TABLES)
    for table in ("session", "api_key", "staff"):
        op.execute(_FORCED.format(table=table))
    op.execute(_POLICIES)
    op.execute("RESET ROLE")
