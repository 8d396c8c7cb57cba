"""Debtors without a wallet: invitations, codes, and what they said."""

from __future__ import annotations

from alembic import op

revision = "0023"
down_revision = "0022"

_TABLES = """
CREATE TABLE app.debtor_invitation (
    id uuid NOT NULL,
    owner text NOT NULL,
    invoice bytea NOT NULL,
    email text NOT NULL,
    language text NOT NULL,
    statement jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    opened_at timestamptz,
    withdrawn_at timestamptz,
    PRIMARY KEY (id)
);
CREATE INDEX debtor_invitation_by_owner ON app.debtor_invitation (owner, created_at);
CREATE INDEX debtor_invitation_by_invoice ON app.debtor_invitation (invoice);
COMMENT ON TABLE app.debtor_invitation IS
    'Debtors without a wallet who were sent a link; its token is derived, never stored.';
COMMENT ON COLUMN app.debtor_invitation.owner IS 'the seller, as in a token''s sub';
COMMENT ON COLUMN app.debtor_invitation.invoice IS 'its id on the ledger';
COMMENT ON COLUMN app.debtor_invitation.email IS 'where link and codes go';
COMMENT ON COLUMN app.debtor_invitation.statement IS 'what the debtor is asked to confirm';
COMMENT ON COLUMN app.debtor_invitation.opened_at IS 'a code was first entered';

CREATE TABLE app.debtor_code (
    invitation uuid NOT NULL,
    number integer NOT NULL,
    sent_at timestamptz NOT NULL DEFAULT now(),
    tries integer NOT NULL DEFAULT 0,
    used_at timestamptz,
    PRIMARY KEY (invitation, number),
    FOREIGN KEY (invitation) REFERENCES app.debtor_invitation (id) ON DELETE CASCADE
);
COMMENT ON TABLE app.debtor_code IS
    'Codes that were sent to an invited address; each follows from its number.';

CREATE TABLE app.debtor_answer (
    id uuid NOT NULL,
    invitation uuid NOT NULL,
    owner text NOT NULL,
    invoice bytea NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    reason text,
    email text NOT NULL,
    code integer NOT NULL,
    statement jsonb NOT NULL,
    digest bytea NOT NULL,
    ledger bigint NOT NULL,
    time bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (id),
    FOREIGN KEY (invitation) REFERENCES app.debtor_invitation (id),
    CONSTRAINT debtor_answer_kind_check CHECK (kind IN ('confirmed', 'disputed')),
    CONSTRAINT debtor_answer_reason CHECK ((kind = 'disputed') = (reason IS NOT NULL))
);
CREATE INDEX ix_app_debtor_answer_invitation ON app.debtor_answer (invitation);
CREATE INDEX ix_app_debtor_answer_invoice ON app.debtor_answer (invoice);
COMMENT ON TABLE app.debtor_answer IS
    'Evidence: what debtors said of invoices. Nobody may change or remove a row.';
COMMENT ON COLUMN app.debtor_answer.owner IS 'the seller, as in a token''s sub';
COMMENT ON COLUMN app.debtor_answer.kind IS 'confirmed or disputed';
COMMENT ON COLUMN app.debtor_answer.name IS 'who said so, in his own words';
COMMENT ON COLUMN app.debtor_answer.reason IS 'of a dispute';
COMMENT ON COLUMN app.debtor_answer.email IS 'the address that was proven';
COMMENT ON COLUMN app.debtor_answer.code IS 'number of the code that proved it';
COMMENT ON COLUMN app.debtor_answer.statement IS 'what was shown';
COMMENT ON COLUMN app.debtor_answer.digest IS 'SHA-256 of what was shown';
COMMENT ON COLUMN app.debtor_answer.ledger IS 'through which it held';
COMMENT ON COLUMN app.debtor_answer.time IS 'of that ledger, Unix seconds';
"""

_FORCED = """
ALTER TABLE app.{table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.{table} FORCE ROW LEVEL SECURITY;
"""

# A guest's transaction names the one invitation whose link and code he had. Answers have no policy
# for UPDATE or DELETE: they stay as they were given.
_POLICIES = """
CREATE POLICY own_rows ON app.debtor_invitation
    USING (owner = current_setting('stellarsettle.subject', true))
    WITH CHECK (owner = current_setting('stellarsettle.subject', true));
CREATE POLICY presented ON app.debtor_invitation FOR SELECT
    USING (id::text = current_setting('stellarsettle.debtor', true));
CREATE POLICY presented_opens ON app.debtor_invitation FOR UPDATE
    USING (id::text = current_setting('stellarsettle.debtor', true));
CREATE POLICY worker ON app.debtor_invitation FOR SELECT
    USING (current_setting('stellarsettle.worker', true) = 'on');

CREATE POLICY presented ON app.debtor_code
    USING (invitation::text = current_setting('stellarsettle.debtor', true))
    WITH CHECK (invitation::text = current_setting('stellarsettle.debtor', true));

CREATE POLICY own_rows ON app.debtor_answer FOR SELECT
    USING (owner = current_setting('stellarsettle.subject', true));
CREATE POLICY presented ON app.debtor_answer FOR SELECT
    USING (invitation::text = current_setting('stellarsettle.debtor', true));
CREATE POLICY presented_says ON app.debtor_answer FOR INSERT
    WITH CHECK (invitation::text = current_setting('stellarsettle.debtor', true));
CREATE POLICY readers ON app.debtor_answer FOR SELECT USING (
    string_to_array(current_setting('stellarsettle.roles', true), ',')
    && ARRAY['verifier', 'servicer', 'arbiter', 'staff:operations', 'staff:risk']
);
CREATE POLICY worker ON app.debtor_answer FOR SELECT
    USING (current_setting('stellarsettle.worker', true) = 'on');
"""


def upgrade() -> None:
    """The API's role owns them; what a debtor said can be added and never changed."""
    op.execute("SET LOCAL ROLE stellarsettle_api")
    op.execute(_TABLES)
    for table in ("debtor_invitation", "debtor_code", "debtor_answer"):
        op.execute(_FORCED.format(table=table))
    op.execute(_POLICIES)
    op.execute("RESET ROLE")
