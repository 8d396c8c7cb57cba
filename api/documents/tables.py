"""What is kept of documents: their state and facts, wrapped secrets, who opened them, likeness."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from api.metadata import metadata, moment

_OBJECT = sa.text("'{}'::jsonb")

document = sa.Table(
    "document",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("name", sa.Text),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column(
        "stages",
        JSONB,
        nullable=False,
        server_default=sa.text("'[]'::jsonb"),
        comment="each state with its time, in order",
    ),
    sa.Column("reason", sa.Text, comment="why it was refused, or erased"),
    sa.Column("message", sa.Text),
    sa.Column("waiting", sa.Text, comment="what it waits for: the scanner, a store"),
    sa.Column("sha256", sa.LargeBinary, comment="of the file as it was uploaded"),
    sa.Column("size", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("cid", sa.Text, comment="of the sealed file"),
    sa.Column(
        "commitment", sa.LargeBinary, comment="SHA-256(salt || sha256): the doc_hash on the ledger"
    ),
    sa.Column(
        "natural", sa.LargeBinary, comment="the identity of the invoice it is, once confirmed"
    ),
    sa.Column("reading", JSONB),
    sa.Column(
        "facts",
        JSONB,
        nullable=False,
        server_default=_OBJECT,
        comment="what a person confirmed or corrected, by field",
    ),
    sa.Column(
        "version",
        sa.BigInteger,
        nullable=False,
        server_default="1",
        comment="counts changes: the ETag",
    ),
    sa.Column("hold", sa.Text, comment="why it must not be erased"),
    sa.Column("certificate", JSONB),
    moment("created_at", default=True),
    moment("changed_at", default=True),
    sa.Column(
        "purpose",
        sa.Text,
        nullable=False,
        server_default="invoice",
        comment="an invoice, or what supports one",
    ),
    sa.Column(
        "supports",
        sa.Uuid,
        sa.ForeignKey("app.document.id", ondelete="SET NULL"),
        comment="the document of the invoice that this one supports",
    ),
    sa.Index("document_by_supported", "supports", postgresql_where=sa.text("supports IS NOT NULL")),
    sa.Index("document_by_owner", "owner", "created_at", "id"),
    sa.Index(
        "document_once",
        "owner",
        "sha256",
        unique=True,
        postgresql_where=sa.text("state NOT IN ('refused', 'erased')"),
    ),
    sa.Index("document_by_file", "sha256"),
    sa.Index("document_by_natural", "natural"),
    sa.Index("document_by_commitment", "commitment"),
    comment="Files that people uploaded, and what became of them.",
)

document_secret = sa.Table(
    "document_secret",
    metadata,
    sa.Column("document", sa.Uuid, sa.ForeignKey("app.document.id"), primary_key=True),
    sa.Column("key_version", sa.Integer, nullable=False),
    sa.Column("wrapped", sa.LargeBinary, nullable=False),
    sa.Index("document_secret_by_version", "key_version"),
    comment="Key and salt of each document, wrapped by a master key; "
    "without its row a file is gone.",
)

document_access = sa.Table(
    "document_access",
    metadata,
    sa.Column("number", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("document", sa.Uuid, nullable=False),
    sa.Column("viewer", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    moment("at", default=True),
    sa.Index("document_access_by_document", "document", "number"),
    comment="Every use of a document's key; rows are only added.",
)

document_print = sa.Table(
    "document_print",
    metadata,
    sa.Column("document", sa.Uuid, sa.ForeignKey("app.document.id"), primary_key=True),
    sa.Column("bands", ARRAY(sa.BigInteger), nullable=False),
    sa.Column("words", sa.LargeBinary, nullable=False),
    sa.Column("figures", sa.LargeBinary, nullable=False),
    sa.Column("picture", sa.LargeBinary, nullable=False),
    sa.Index("document_print_bands", "bands", postgresql_using="gin"),
    comment="What documents that look alike have in common.",
)

document_outcome = sa.Table(
    "document_outcome",
    metadata,
    sa.Column("number", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("field", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("confidence", sa.Double, nullable=False),
    sa.Column("was_right", sa.Boolean, nullable=False),
    moment("at", default=True),
    sa.Column(
        "score",
        sa.Double,
        comment="what the confidence was made of; missing where it was no guess",
    ),
    comment="How sure the reading was, and whether a person left it so; of nobody in particular.",
)

paper = sa.Table(
    "paper",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("document", sa.Uuid, sa.ForeignKey("app.document.id"), nullable=False),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("counterparty", sa.Text, comment="who else may read and accept it"),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False, comment="of the template"),
    sa.Column("sha256", sa.LargeBinary, nullable=False),
    sa.Column("recourse", sa.Boolean, nullable=False),
    sa.Column("pdf", sa.LargeBinary, comment="the file; gone once its document was erased"),
    moment("created_at", default=True),
    sa.UniqueConstraint("document", "sha256", name="paper_once"),
    comment="Papers about invoices, filled from templates; never changed.",
)

paper_signature = sa.Table(
    "paper_signature",
    metadata,
    sa.Column("paper", sa.Uuid, sa.ForeignKey("app.paper.id"), primary_key=True),
    sa.Column("owner", sa.Text, primary_key=True, comment="as in a token's sub"),
    sa.Column("signer", sa.Text, nullable=False, comment="the account whose key signed"),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("signature", sa.Text, nullable=False),
    moment("at"),
    comment="Who accepted a paper, by which signature (SEP-53).",
)

document_curve = sa.Table(
    "document_curve",
    metadata,
    sa.Column("one", sa.Boolean, primary_key=True, server_default=sa.true()),
    sa.Column("curve", JSONB, nullable=False),
    sa.Column(
        "outcomes", sa.BigInteger, nullable=False, comment="how many fields it was fitted to"
    ),
    moment("fitted_at", default=True),
    comment="What scores of readers are worth, fitted to what people confirmed; one row at most.",
)
