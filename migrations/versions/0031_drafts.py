"""Drafts of invoices, one person's or an organisation's."""

from __future__ import annotations

from alembic import op

revision = "0031"
down_revision = "0030"

_TABLES = """
CREATE TABLE app.draft (
    number bigint GENERATED ALWAYS AS IDENTITY,
    id uuid NOT NULL,
    owner text NOT NULL,
    organisation uuid,
    content jsonb NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    intent uuid,
    invoice bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (number),
    UNIQUE (id),
    FOREIGN KEY (organisation) REFERENCES app.organisation (id)
);
CREATE INDEX draft_by_owner ON app.draft (owner, number);
CREATE INDEX ix_app_draft_organisation ON app.draft (organisation);
COMMENT ON TABLE app.draft IS 'Invoices that are being written.';
COMMENT ON COLUMN app.draft.owner IS 'who began it, as in a token''s sub';
COMMENT ON COLUMN app.draft.organisation IS
    'whose members work on it; null: its owner''s alone';
COMMENT ON COLUMN app.draft.version IS 'the ETag';
COMMENT ON COLUMN app.draft.intent IS 'the transaction that publishes it, once built';
COMMENT ON COLUMN app.draft.invoice IS 'the invoice that it becomes';

CREATE TABLE app.draft_change (
    draft uuid NOT NULL,
    version bigint NOT NULL,
    by text NOT NULL,
    action text NOT NULL,
    changes jsonb NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (draft, version),
    FOREIGN KEY (draft) REFERENCES app.draft (id) ON DELETE CASCADE
);
COMMENT ON TABLE app.draft_change IS 'Who changed what of a draft, and when.';
COMMENT ON COLUMN app.draft_change.by IS 'who, as in a token''s sub';
COMMENT ON COLUMN app.draft_change.action IS 'begin, change or publish';
COMMENT ON COLUMN app.draft_change.changes IS 'JSON pointer to the new value';
"""

_FORCED = """
ALTER TABLE app.{table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.{table} FORCE ROW LEVEL SECURITY;
"""

# A draft of an organisation is its members', whoever began it: all see it, all but viewers write.
_OWN = "organisation IS NULL AND owner = current_setting('stellarsettle.subject', true)"
_MEMBER = """
organisation IN (
    SELECT m.organisation FROM app.organisation_member AS m
    WHERE m.owner = current_setting('stellarsettle.subject', true) AND {role}
)
"""
_SEES = f"({_OWN}) OR {_MEMBER.format(role='true')}"
_WRITES = f"({_OWN}) OR " + _MEMBER.format(role="m.role IN ('owner', 'editor')")
_POLICIES = f"""
CREATE POLICY seen ON app.draft FOR SELECT USING ({_SEES});
CREATE POLICY counted ON app.draft FOR SELECT
    USING (substr(owner, 2, 51) = current_setting('stellarsettle.account', true));
CREATE POLICY begun ON app.draft FOR INSERT WITH CHECK (
    owner = current_setting('stellarsettle.subject', true) AND ({_WRITES})
);
CREATE POLICY changed ON app.draft FOR UPDATE USING ({_WRITES}) WITH CHECK ({_WRITES});
CREATE POLICY removed ON app.draft FOR DELETE USING ({_WRITES});
CREATE POLICY of_draft ON app.draft_change FOR SELECT
    USING (draft IN (SELECT d.id FROM app.draft AS d));
CREATE POLICY added ON app.draft_change FOR INSERT WITH CHECK (
    by = current_setting('stellarsettle.subject', true)
    AND draft IN (SELECT d.id FROM app.draft AS d)
);
"""  # noqa: S608 -- our own constants


def upgrade() -> None:
    """The API's role owns them; changes can be added and never changed."""
    op.execute("SET LOCAL ROLE stellarsettle_api")
    op.execute(_TABLES)
    for table in ("draft", "draft_change"):
        op.execute(_FORCED.format(table=table))
    op.execute(_POLICIES)
    op.execute("RESET ROLE")
