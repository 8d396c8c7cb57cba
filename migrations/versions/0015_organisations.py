"""Organisations, their members and invitations."""

from __future__ import annotations

from alembic import op

revision = "0015"
down_revision = "0014"

_TABLES = """
CREATE TABLE app.organisation (
    id uuid NOT NULL,
    name text NOT NULL,
    tax_id text,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (id)
);
COMMENT ON TABLE app.organisation IS 'Companies whose people work here together.';
COMMENT ON COLUMN app.organisation.tax_id IS 'as printed on its invoices';

CREATE TABLE app.organisation_member (
    organisation uuid NOT NULL,
    owner text NOT NULL,
    role text NOT NULL,
    joined_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organisation, owner),
    FOREIGN KEY (organisation) REFERENCES app.organisation (id) ON DELETE CASCADE,
    CONSTRAINT organisation_member_role_check CHECK (role IN ('owner', 'editor', 'viewer'))
);
CREATE INDEX ix_app_organisation_member_owner ON app.organisation_member (owner);
COMMENT ON TABLE app.organisation_member IS
    'Who belongs to an organisation, and what he may do in it.';
COMMENT ON COLUMN app.organisation_member.owner IS 'the member: a token''s sub';
COMMENT ON COLUMN app.organisation_member.role IS 'owner, editor or viewer';

CREATE TABLE app.invitation (
    id uuid NOT NULL,
    organisation uuid NOT NULL,
    role text NOT NULL,
    digest bytea NOT NULL,
    invited_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    accepted_by text,
    ended_at timestamptz,
    PRIMARY KEY (id),
    UNIQUE (digest),
    FOREIGN KEY (organisation) REFERENCES app.organisation (id) ON DELETE CASCADE,
    CONSTRAINT invitation_role_check CHECK (role IN ('owner', 'editor', 'viewer'))
);
CREATE INDEX ix_app_invitation_organisation ON app.invitation (organisation);
COMMENT ON TABLE app.invitation IS
    'Links by which somebody may join, once; the token itself was shown once.';
COMMENT ON COLUMN app.invitation.digest IS 'SHA-256 of the link''s token';
COMMENT ON COLUMN app.invitation.ended_at IS 'accepted or withdrawn';
"""

_FORCED = """
ALTER TABLE app.{table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.{table} FORCE ROW LEVEL SECURITY;
"""

# A transaction names the organisation whose member its subject was found to be; before that, and
# in all others, own memberships are seen and nothing else. A link shows its own invitation.
_POLICIES = """
CREATE POLICY within ON app.organisation
    USING (id::text = current_setting('stellarsettle.organisation', true))
    WITH CHECK (id::text = current_setting('stellarsettle.organisation', true));
CREATE POLICY members ON app.organisation FOR SELECT USING (
    id IN (
        SELECT m.organisation FROM app.organisation_member AS m
        WHERE m.owner = current_setting('stellarsettle.subject', true)
    )
);
CREATE POLICY own_rows ON app.organisation_member FOR SELECT
    USING (owner = current_setting('stellarsettle.subject', true));
CREATE POLICY within ON app.organisation_member
    USING (organisation::text = current_setting('stellarsettle.organisation', true))
    WITH CHECK (organisation::text = current_setting('stellarsettle.organisation', true));
CREATE POLICY within ON app.invitation
    USING (organisation::text = current_setting('stellarsettle.organisation', true))
    WITH CHECK (organisation::text = current_setting('stellarsettle.organisation', true));
CREATE POLICY presented ON app.invitation
    USING (encode(digest, 'hex') = current_setting('stellarsettle.invitation', true));
"""


def upgrade() -> None:
    """The API's role owns them; each organisation is seen by those who belong to it."""
    op.execute("SET LOCAL ROLE stellarsettle_api")
    op.execute(_TABLES)
    for table in ("organisation", "organisation_member", "invitation"):
        op.execute(_FORCED.format(table=table))
    op.execute(_POLICIES)
    op.execute("RESET ROLE")
