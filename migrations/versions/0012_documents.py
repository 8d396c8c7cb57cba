"""Documents: what was uploaded and read, its wrapped secrets, who opened it, what looks alike."""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"

_TABLES = """
CREATE TABLE app.document (
    id uuid NOT NULL,
    owner text NOT NULL,
    name text,
    state text NOT NULL,
    stages jsonb NOT NULL DEFAULT '[]'::jsonb,
    reason text,
    message text,
    waiting text,
    sha256 bytea,
    size bigint NOT NULL DEFAULT 0,
    cid text,
    commitment bytea,
    "natural" bytea,
    reading jsonb,
    facts jsonb NOT NULL DEFAULT '{}'::jsonb,
    version bigint NOT NULL DEFAULT 1,
    hold text,
    certificate jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (id),
    CONSTRAINT document_state_check CHECK (state IN ('receiving', 'received', 'scanned', 'read',
        'needs_review', 'confirmed', 'refused', 'erased'))
);
CREATE INDEX document_by_owner ON app.document (owner, created_at, id);
CREATE UNIQUE INDEX document_once ON app.document (owner, sha256)
    WHERE state NOT IN ('refused', 'erased');
CREATE INDEX document_by_file ON app.document (sha256);
CREATE INDEX document_by_natural ON app.document ("natural");
CREATE INDEX document_by_commitment ON app.document (commitment);
COMMENT ON TABLE app.document IS 'Files that people uploaded, and what became of them.';
COMMENT ON COLUMN app.document.stages IS 'each state with its time, in order';
COMMENT ON COLUMN app.document.reason IS 'why it was refused, or erased';
COMMENT ON COLUMN app.document.waiting IS 'what it waits for: the scanner, a store';
COMMENT ON COLUMN app.document.sha256 IS 'of the file as it was uploaded';
COMMENT ON COLUMN app.document.cid IS 'of the sealed file';
COMMENT ON COLUMN app.document.commitment IS 'SHA-256(salt || sha256): the doc_hash on the ledger';
COMMENT ON COLUMN app.document."natural" IS 'the identity of the invoice it is, once confirmed';
COMMENT ON COLUMN app.document.facts IS 'what a person confirmed or corrected, by field';
COMMENT ON COLUMN app.document.version IS 'counts changes: the ETag';
COMMENT ON COLUMN app.document.hold IS 'why it must not be erased';

CREATE TABLE app.document_secret (
    document uuid NOT NULL REFERENCES app.document (id),
    key_version integer NOT NULL,
    wrapped bytea NOT NULL,
    PRIMARY KEY (document)
);
CREATE INDEX document_secret_by_version ON app.document_secret (key_version);
COMMENT ON TABLE app.document_secret IS
    'Key and salt of each document, wrapped by a master key; without its row a file is gone.';

CREATE TABLE app.document_access (
    number bigint GENERATED ALWAYS AS IDENTITY,
    document uuid NOT NULL,
    viewer text NOT NULL,
    action text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (number)
);
CREATE INDEX document_access_by_document ON app.document_access (document, number);
COMMENT ON TABLE app.document_access IS 'Every use of a document''s key; rows are only added.';

CREATE TABLE app.document_print (
    document uuid NOT NULL REFERENCES app.document (id),
    bands bigint[] NOT NULL,
    words bytea NOT NULL,
    figures bytea NOT NULL,
    picture bytea NOT NULL,
    PRIMARY KEY (document)
);
CREATE INDEX document_print_bands ON app.document_print USING gin (bands);
COMMENT ON TABLE app.document_print IS 'What documents that look alike have in common.';

CREATE TABLE app.document_outcome (
    number bigint GENERATED ALWAYS AS IDENTITY,
    field text NOT NULL,
    source text NOT NULL,
    confidence double precision NOT NULL,
    was_right boolean NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (number)
);
COMMENT ON TABLE app.document_outcome IS
    'How sure the reading was, and whether a person left it so; of nobody in particular.';
"""

# Whatever `read` is at the moment: a function's text holds no table, so read models can be renewed.
_VIEWERS = """
CREATE FUNCTION app.may_review_documents() RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM read.role AS r JOIN read.address AS a ON a.id = r.holder
        WHERE a.address = current_setting('stellarsettle.subject', true)
          AND r.role IN ('verifier', 'compliance') AND r.granted
    )
$$;
CREATE FUNCTION app.is_debtor_of(commitment bytea) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM read.terms AS t JOIN read.address AS a ON a.id = t.debtor
        WHERE t.doc_hash = commitment
          AND a.address = current_setting('stellarsettle.subject', true)
    )
$$;
"""

# A policy without a check of its own checks what it shows.
_POLICIES = """
CREATE POLICY own_rows ON app.document
    USING (owner = current_setting('stellarsettle.subject', true));
CREATE POLICY reviewers ON app.document FOR SELECT
    USING (state = 'confirmed' AND app.may_review_documents());
CREATE POLICY debtors ON app.document FOR SELECT
    USING (state = 'confirmed' AND app.is_debtor_of(commitment));
CREATE POLICY shown ON app.document_access FOR SELECT USING (
    viewer = current_setting('stellarsettle.subject', true)
    OR EXISTS (
        SELECT FROM app.document AS d
        WHERE d.id = document AND d.owner = current_setting('stellarsettle.subject', true)
    )
);
"""

_WORKERS = """
ALTER TABLE app.{table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.{table} FORCE ROW LEVEL SECURITY;
CREATE POLICY worker ON app.{table} {verbs}
    USING (current_setting('stellarsettle.worker', true) = 'on');
"""

# Who opened what can be added to and read, by no one changed.
_ADDED = """
CREATE POLICY added ON app.document_access FOR INSERT
    WITH CHECK (current_setting('stellarsettle.worker', true) = 'on');
"""

_TABLE_NAMES = (
    "document", "document_secret", "document_access", "document_print", "document_outcome",
)  # fmt: skip


def upgrade() -> None:
    """The API's role owns them; rows are shown to their owner, their readers and the worker."""
    op.execute("SET LOCAL ROLE stellarsettle_api")
    op.execute(_TABLES)
    op.execute(_VIEWERS)
    op.execute(_POLICIES)
    op.execute(_ADDED)
    for table in _TABLE_NAMES:
        verbs = "FOR SELECT" if table == "document_access" else ""
        op.execute(_WORKERS.format(table=table, verbs=verbs))
    op.execute("RESET ROLE")
