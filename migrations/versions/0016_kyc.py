"""KYC: one case for each account, what was told sealed field by field."""

from __future__ import annotations

from alembic import op

revision = "0016"
down_revision = "0015"

_TABLE = """
CREATE TABLE app.kyc_case (
    id uuid NOT NULL,
    owner text NOT NULL,
    kind text NOT NULL,
    status text NOT NULL,
    revision integer NOT NULL DEFAULT 1,
    fields jsonb NOT NULL,
    key_version integer NOT NULL,
    wrapped bytea NOT NULL,
    asked text[] NOT NULL,
    message text,
    submitted_at timestamptz NOT NULL DEFAULT now(),
    due_by timestamptz NOT NULL,
    assignee text,
    first_approver text,
    first_approved_at timestamptz,
    decided_by text,
    decided_at timestamptz,
    expires_at timestamptz,
    PRIMARY KEY (id),
    UNIQUE (owner),
    CONSTRAINT kyc_case_kind_check CHECK (kind IN ('person', 'business')),
    CONSTRAINT kyc_case_status_check
        CHECK (status IN ('NEEDS_INFO', 'PROCESSING', 'ACCEPTED', 'REJECTED')),
    CONSTRAINT kyc_case_four_eyes_check CHECK (
        status <> 'ACCEPTED'
        OR (first_approver <> decided_by AND first_approver <> owner AND decided_by <> owner)
    )
);
CREATE INDEX ix_app_kyc_case_status ON app.kyc_case (status);
COMMENT ON TABLE app.kyc_case IS 'Who people and businesses say to be, and what became of it.';
COMMENT ON COLUMN app.kyc_case.owner IS 'as in a token''s sub';
COMMENT ON COLUMN app.kyc_case.kind IS 'person or business';
COMMENT ON COLUMN app.kyc_case.status IS 'in SEP-12''s words';
COMMENT ON COLUMN app.kyc_case.revision IS
    'of the fields: who approves names the one that he read';
COMMENT ON COLUMN app.kyc_case.fields IS 'name to sealed value, base64';
COMMENT ON COLUMN app.kyc_case.key_version IS 'of the key that wraps';
COMMENT ON COLUMN app.kyc_case.wrapped IS 'the key of the fields';
COMMENT ON COLUMN app.kyc_case.asked IS 'fields that the staff wants anew';
COMMENT ON COLUMN app.kyc_case.message IS 'of the staff to the person';
COMMENT ON COLUMN app.kyc_case.expires_at IS 'of an acceptance';
"""

_POLICIES = """
ALTER TABLE app.kyc_case ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.kyc_case FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON app.kyc_case
    USING (owner = current_setting('stellarsettle.subject', true))
    WITH CHECK (owner = current_setting('stellarsettle.subject', true));
CREATE POLICY compliance_reads ON app.kyc_case FOR SELECT USING (
    string_to_array(current_setting('stellarsettle.roles', true), ',')
    && ARRAY['compliance', 'staff:compliance']
);
CREATE POLICY compliance_decides ON app.kyc_case FOR UPDATE USING (
    string_to_array(current_setting('stellarsettle.roles', true), ',')
    && ARRAY['compliance', 'staff:compliance']
);
CREATE POLICY worker ON app.kyc_case
    USING (current_setting('stellarsettle.worker', true) = 'on');
"""


def upgrade() -> None:
    """The API's role owns it; two different people accept a case, the table itself insists."""
    op.execute("SET LOCAL ROLE stellarsettle_api")
    op.execute(_TABLE)
    op.execute(_POLICIES)
    op.execute("RESET ROLE")
