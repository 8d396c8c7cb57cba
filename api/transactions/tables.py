"""What is kept of intents."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from api.metadata import metadata

intent = sa.Table(
    "intent",
    metadata,
    sa.Column("number", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("id", sa.Uuid, nullable=False, unique=True),
    sa.Column("owner", sa.Text, nullable=False, comment="the account that built it"),
    sa.Column("idempotency_key", sa.Text, comment="the client's, if it gave one"),
    sa.Column("request_digest", sa.LargeBinary, nullable=False, comment="SHA-256 of action, body"),
    sa.Column("built", JSONB, nullable=False, comment="the intent as it was first answered"),
    sa.Column("outcome", JSONB, comment="what became of it, once something did"),
    sa.Column(
        "created_at", sa.TIMESTAMP(timezone=True), nullable=False, server_default=sa.func.now()
    ),
    sa.UniqueConstraint("owner", "idempotency_key"),
    sa.Index("ix_app_intent_owner_number", "owner", "number"),
    sa.Index("intent_hash", sa.text("(built->>'hash')")),
    sa.Index(
        "intent_open",
        "number",
        postgresql_where=sa.text(
            "outcome IS NULL OR outcome->>'status' IN ('submitted', 'in_ledger')"
        ),
    ),
    comment="Unsigned transactions that were handed out, and what became of them.",
)
