"""API keys, by the hash of their secret."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from api.metadata import metadata, moment

api_key = sa.Table(
    "api_key",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("owner", sa.Text, nullable=False, index=True, comment="for whom it acts"),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("scopes", ARRAY(sa.Text), nullable=False, comment="read, write, transactions"),
    sa.Column("digest", sa.LargeBinary, nullable=False, unique=True, comment="SHA-256 of the key"),
    moment("created_at", default=True),
    moment("expires_at"),
    sa.Column("used_at", sa.TIMESTAMP(timezone=True), comment="to the minute"),
    sa.Column("revoked_at", sa.TIMESTAMP(timezone=True)),
    comment="Keys for servers; the key itself was shown once and is not here.",
)
