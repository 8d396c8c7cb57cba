"""Cases, one for each account, and acceptances; what people told is sealed field by field."""

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

kyc_acceptance = sa.Table(
    "kyc_acceptance",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("case_id", sa.Uuid, nullable=False, comment="to which the sealed values are bound"),
    sa.Column("owner", sa.Text, nullable=False, index=True, comment="as in a token's sub"),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("fields", JSONB, nullable=False, comment="name to sealed value, base64"),
    sa.Column("key_version", sa.Integer, nullable=False, comment="of the key that wraps"),
    sa.Column("wrapped", sa.LargeBinary, nullable=False, comment="the key of the fields"),
    sa.Column("first_approver", sa.Text, nullable=False),
    moment("first_approved_at"),
    sa.Column("decided_by", sa.Text, nullable=False),
    moment("decided_at"),
    moment("expires_at", comment="of the acceptance"),
    moment("kept_until"),
    sa.UniqueConstraint("case_id", "revision"),
    comment="Cases as they were when two people accepted them. Kept until the law lets them go.",
)
