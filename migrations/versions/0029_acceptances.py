"""What was accepted of KYC cases, and on what, is kept whatever the person tells afterwards."""

from __future__ import annotations

from alembic import op

revision = "0029"
down_revision = "0028"

_TABLE = """
CREATE TABLE app.kyc_acceptance (
    id uuid NOT NULL,
    case_id uuid NOT NULL,
    owner text NOT NULL,
    kind text NOT NULL,
    revision integer NOT NULL,
    fields jsonb NOT NULL,
    key_version integer NOT NULL,
    wrapped bytea NOT NULL,
    first_approver text NOT NULL,
    first_approved_at timestamptz NOT NULL,
    decided_by text NOT NULL,
    decided_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    kept_until timestamptz NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (case_id, revision),
    CONSTRAINT kyc_acceptance_four_eyes_check CHECK (
        first_approver <> decided_by AND first_approver <> owner AND decided_by <> owner
    )
);
CREATE INDEX ix_app_kyc_acceptance_owner ON app.kyc_acceptance (owner);
COMMENT ON TABLE app.kyc_acceptance IS
    'Cases as they were when two people accepted them. Kept until the law lets them go.';
COMMENT ON COLUMN app.kyc_acceptance.case_id IS 'to which the sealed values are bound';
COMMENT ON COLUMN app.kyc_acceptance.owner IS 'as in a token''s sub';
COMMENT ON COLUMN app.kyc_acceptance.fields IS 'name to sealed value, base64';
COMMENT ON COLUMN app.kyc_acceptance.key_version IS 'of the key that wraps';
COMMENT ON COLUMN app.kyc_acceptance.wrapped IS 'the key of the fields';
COMMENT ON COLUMN app.kyc_acceptance.expires_at IS 'of the acceptance';
"""

# No policy lets the person or the staff change or remove one: the worker wraps keys anew and
# forgets what is over.
_POLICIES = """
ALTER TABLE app.kyc_acceptance ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.kyc_acceptance FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON app.kyc_acceptance FOR SELECT
    USING (owner = current_setting('stellarsettle.subject', true));
CREATE POLICY compliance_reads ON app.kyc_acceptance FOR SELECT USING (
    string_to_array(current_setting('stellarsettle.roles', true), ',')
    && ARRAY['compliance', 'staff:compliance']
);
CREATE POLICY compliance_adds ON app.kyc_acceptance FOR INSERT WITH CHECK (
    string_to_array(current_setting('stellarsettle.roles', true), ',')
    && ARRAY['compliance', 'staff:compliance']
);
CREATE POLICY worker ON app.kyc_acceptance
    USING (current_setting('stellarsettle.worker', true) = 'on');
"""

_ALREADY = """
SET LOCAL stellarsettle.worker = 'on';
INSERT INTO app.kyc_acceptance
SELECT gen_random_uuid(), id, owner, kind, revision, fields, key_version, wrapped, first_approver,
       first_approved_at, decided_by, decided_at, expires_at, expires_at + interval '5 years'
FROM app.kyc_case WHERE status = 'ACCEPTED';
SET LOCAL stellarsettle.worker = '';
"""


def upgrade() -> None:
    """The API's role owns it; what is accepted now is kept from now on."""
    op.execute("SET LOCAL ROLE stellarsettle_api")
    op.execute(_TABLE)
    op.execute(_POLICIES)
    op.execute(_ALREADY)
    op.execute("RESET ROLE")
