"""Schema app: what the chain cannot hold. Owned by the API's role, row by row by its subject."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"

# The owner of a table is exempt from its policies unless they are forced.
_ROW_LEVEL_SECURITY = (
    "ALTER TABLE app.intent ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE app.intent FORCE ROW LEVEL SECURITY",
    """
    CREATE POLICY own_rows ON app.intent
        USING (owner = current_setting('stellarsettle.subject', true))
        WITH CHECK (owner = current_setting('stellarsettle.subject', true))
    """,
)


def upgrade() -> None:
    """Applies this revision."""
    op.execute("CREATE SCHEMA app AUTHORIZATION stellarsettle_api")
    op.execute("SET LOCAL ROLE stellarsettle_api")
    _create_used_challenge()
    _create_intent()
    for statement in _ROW_LEVEL_SECURITY:
        op.execute(statement)
    op.execute("RESET ROLE")


def _create_used_challenge() -> None:
    op.create_table(
        "used_challenge",
        sa.Column("hash", sa.LargeBinary, primary_key=True, comment="of the challenge transaction"),
        sa.Column("expires_at", sa.TIMESTAMP(timezone=True), nullable=False, index=True),
        schema="app",
        comment="Sign-in challenges that gave a token: each is good for one.",
    )


def _create_intent() -> None:
    op.create_table(
        "intent",
        sa.Column("number", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("id", sa.Uuid, nullable=False, unique=True),
        sa.Column("owner", sa.Text, nullable=False, comment="the account that built it"),
        sa.Column("idempotency_key", sa.Text, comment="the client's, if it gave one"),
        sa.Column(
            "request_digest", sa.LargeBinary, nullable=False, comment="SHA-256 of action, body"
        ),
        sa.Column("built", JSONB, nullable=False, comment="the intent as it was first answered"),
        sa.Column("outcome", JSONB, comment="what became of it, once something did"),
        sa.Column(
            "created_at", sa.TIMESTAMP(timezone=True), nullable=False, server_default=sa.func.now()
        ),
        sa.UniqueConstraint("owner", "idempotency_key"),
        schema="app",
        comment="Unsigned transactions that were handed out, and what became of them.",
    )
    op.create_index("ix_app_intent_owner_number", "intent", ["owner", "number"], schema="app")
