"""What signing in keeps."""

from __future__ import annotations

import sqlalchemy as sa

from api.metadata import metadata

used_challenge = sa.Table(
    "used_challenge",
    metadata,
    sa.Column("hash", sa.LargeBinary, primary_key=True, comment="of the challenge transaction"),
    sa.Column("expires_at", sa.TIMESTAMP(timezone=True), nullable=False, index=True),
    comment="Sign-in challenges that gave a token: each is good for one.",
)
