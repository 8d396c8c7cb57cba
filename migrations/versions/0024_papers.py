"""Papers accepted by signature, documents that support an invoice, scores of what was read."""

from __future__ import annotations

from alembic import op

revision = "0024"
down_revision = "0023"

_TABLES = """
ALTER TABLE app.document
    ADD COLUMN purpose text NOT NULL DEFAULT 'invoice',
    ADD COLUMN supports uuid REFERENCES app.document (id) ON DELETE SET NULL,
    ADD CONSTRAINT document_purpose_check
        CHECK (purpose IN ('invoice', 'delivery_note', 'contract', 'other'));
CREATE INDEX document_by_supported ON app.document (supports) WHERE supports IS NOT NULL;
COMMENT ON COLUMN app.document.purpose IS 'an invoice, or what supports one';
COMMENT ON COLUMN app.document.supports IS 'the document of the invoice that this one supports';

CREATE TABLE app.paper (
    id uuid NOT NULL,
    document uuid NOT NULL REFERENCES app.document (id),
    owner text NOT NULL,
    counterparty text,
    kind text NOT NULL,
    version integer NOT NULL,
    sha256 bytea NOT NULL,
    recourse boolean NOT NULL,
    pdf bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (id),
    CONSTRAINT paper_kind_check CHECK (kind IN ('assignment', 'notice')),
    CONSTRAINT paper_once UNIQUE (document, sha256)
);
COMMENT ON TABLE app.paper IS 'Papers about invoices, filled from templates; never changed.';
COMMENT ON COLUMN app.paper.counterparty IS 'who else may read and accept it';
COMMENT ON COLUMN app.paper.version IS 'of the template';
COMMENT ON COLUMN app.paper.pdf IS 'the file; gone once its document was erased';

CREATE TABLE app.paper_signature (
    paper uuid NOT NULL REFERENCES app.paper (id),
    owner text NOT NULL,
    signer text NOT NULL,
    message text NOT NULL,
    signature text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (paper, owner)
);
COMMENT ON TABLE app.paper_signature IS 'Who accepted a paper, by which signature (SEP-53).';
COMMENT ON COLUMN app.paper_signature.owner IS 'as in a token''s sub';
COMMENT ON COLUMN app.paper_signature.signer IS 'the account whose key signed';

ALTER TABLE app.document_outcome ADD COLUMN score double precision;
COMMENT ON COLUMN app.document_outcome.score IS
    'what the confidence was made of; missing where it was no guess';

CREATE TABLE app.document_curve (
    one boolean NOT NULL DEFAULT true,
    curve jsonb NOT NULL,
    outcomes bigint NOT NULL,
    fitted_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (one),
    CONSTRAINT document_curve_one CHECK (one)
);
COMMENT ON TABLE app.document_curve IS
    'What scores of readers are worth, fitted to what people confirmed; one row at most.';
COMMENT ON COLUMN app.document_curve.outcomes IS 'how many fields it was fitted to';
"""

_POLICIES = """
CREATE POLICY supporting ON app.document FOR SELECT USING (
    supports IS NOT NULL AND state = 'needs_review' AND app.may_review_documents());
ALTER TABLE app.paper ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.paper FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON app.paper
    USING (owner = current_setting('stellarsettle.subject', true));
CREATE POLICY counterparties ON app.paper FOR SELECT
    USING (counterparty = current_setting('stellarsettle.subject', true));
CREATE POLICY reviewers ON app.paper FOR SELECT USING (app.may_review_documents());
CREATE POLICY worker ON app.paper USING (current_setting('stellarsettle.worker', true) = 'on');
ALTER TABLE app.paper_signature ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.paper_signature FORCE ROW LEVEL SECURITY;
CREATE POLICY shown ON app.paper_signature FOR SELECT
    USING (EXISTS (SELECT FROM app.paper AS p WHERE p.id = paper));
ALTER TABLE app.document_curve ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.document_curve FORCE ROW LEVEL SECURITY;
CREATE POLICY worker ON app.document_curve
    USING (current_setting('stellarsettle.worker', true) = 'on');
CREATE POLICY added ON app.paper_signature FOR INSERT
    WITH CHECK (current_setting('stellarsettle.worker', true) = 'on');
"""


def upgrade() -> None:
    """The API's role owns them; papers are shown to their parties and to reviewers."""
    op.execute("SET LOCAL ROLE stellarsettle_api")
    op.execute(_TABLES)
    op.execute(_POLICIES)
    op.execute("RESET ROLE")
