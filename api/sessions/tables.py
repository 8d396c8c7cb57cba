"""Sessions, one row for each sign-in."""

from __future__ import annotations

import sqlalchemy as sa

from api.metadata import metadata, moment

session = sa.Table(
    "session",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("owner", sa.Text, nullable=False, index=True, comment="as in a token's sub"),
    sa.Column("method", sa.Text, nullable=False, comment="sep10 or sep53"),
    sa.Column("client_domain", sa.Text, comment="the wallet's, where it proved it"),
    sa.Column("kind", sa.Text, nullable=False, comment="token, or cookie for a browser's pages"),
    sa.Column("agent", sa.Text, comment="what the client calls itself"),
    sa.Column(
        "generation",
        sa.Integer,
        nullable=False,
        server_default="0",
        comment="of the refresh token that is good; an earlier one ends the session",
    ),
    moment("renewed_at", default=True),
    moment("created_at", default=True),
    moment("expires_at"),
    sa.Column("ended_at", sa.TIMESTAMP(timezone=True)),
    sa.Column("ended_by", sa.Text, comment="sign-out, everywhere or re-use"),
    comment="Sign-ins: each is one family of refresh tokens.",
)
