"""Drafts and what was changed in them."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from api.metadata import metadata, moment
from api.organisations.tables import organisation

draft = sa.Table(
    "draft",
    metadata,
    sa.Column("number", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("id", sa.Uuid, nullable=False, unique=True),
    sa.Column("owner", sa.Text, nullable=False, comment="who began it, as in a token's sub"),
    sa.Column(
        "organisation",
        sa.Uuid,
        sa.ForeignKey(organisation.c.id),
        index=True,
        comment="whose members work on it; null: its owner's alone",
    ),
    sa.Column("content", JSONB, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False, server_default="1", comment="the ETag"),
    sa.Column("intent", sa.Uuid, comment="the transaction that publishes it, once built"),
    sa.Column("invoice", sa.LargeBinary, comment="the invoice that it becomes"),
    moment("created_at", default=True),
    moment("changed_at", default=True),
    sa.Index("draft_by_owner", "owner", "number"),
    comment="Invoices that are being written.",
)

draft_change = sa.Table(
    "draft_change",
    metadata,
    sa.Column(
        "draft", sa.Uuid, sa.ForeignKey("app.draft.id", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column("version", sa.BigInteger, primary_key=True),
    sa.Column("by", sa.Text, nullable=False, comment="who, as in a token's sub"),
    sa.Column("action", sa.Text, nullable=False, comment="begin, change or publish"),
    sa.Column("changes", JSONB, nullable=False, comment="JSON pointer to the new value"),
    moment("at", default=True),
    comment="Who changed what of a draft, and when.",
)
