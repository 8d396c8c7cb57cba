"""Cases: one for each account; what people told is sealed field by field."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from api.metadata import metadata, moment

kyc_case = sa.Table(
    "kyc_case",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("owner", sa.Text, nullable=False, unique=True, comment="as in a token's sub"),
    sa.Column("kind", sa.Text, nullable=False, comment="person or business"),
    sa.Column("status", sa.Text, nullable=False, index=True, comment="in SEP-12's words"),
    sa.Column(
        "revision",
        sa.Integer,
        nullable=False,
        server_default="1",
        comment="of the fields: who approves names the one that he read",
    ),
    sa.Column("fields", JSONB, nullable=False, comment="name to sealed value, base64"),
    sa.Column("key_version", sa.Integer, nullable=False, comment="of the key that wraps"),
    sa.Column("wrapped", sa.LargeBinary, nullable=False, comment="the key of the fields"),
    sa.Column("asked", ARRAY(sa.Text), nullable=False, comment="fields that the staff wants anew"),
    sa.Column("message", sa.Text, comment="of the staff to the person"),
    moment("submitted_at", default=True),
    moment("due_by"),
    sa.Column("assignee", sa.Text),
    sa.Column("first_approver", sa.Text),
    sa.Column("first_approved_at", sa.TIMESTAMP(timezone=True)),
    sa.Column("decided_by", sa.Text),
    sa.Column("decided_at", sa.TIMESTAMP(timezone=True)),
    sa.Column("expires_at", sa.TIMESTAMP(timezone=True), comment="of an acceptance"),
    comment="Who people and businesses say to be, and what became of it.",
)
