"""Organisations, who belongs to them and who was invited."""

from __future__ import annotations

import sqlalchemy as sa

from api.metadata import metadata, moment

organisation = sa.Table(
    "organisation",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("tax_id", sa.Text, comment="as printed on its invoices"),
    moment("created_at", default=True),
    comment="Companies whose people work here together.",
)

organisation_member = sa.Table(
    "organisation_member",
    metadata,
    sa.Column(
        "organisation",
        sa.Uuid,
        sa.ForeignKey(organisation.c.id, ondelete="CASCADE"),
        primary_key=True,
    ),
    sa.Column("owner", sa.Text, primary_key=True, index=True, comment="the member: a token's sub"),
    sa.Column("role", sa.Text, nullable=False, comment="owner, editor or viewer"),
    moment("joined_at", default=True),
    comment="Who belongs to an organisation, and what he may do in it.",
)

invitation = sa.Table(
    "invitation",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column(
        "organisation",
        sa.Uuid,
        sa.ForeignKey(organisation.c.id, ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column(
        "digest", sa.LargeBinary, nullable=False, unique=True, comment="SHA-256 of the link's token"
    ),
    sa.Column("invited_by", sa.Text, nullable=False),
    moment("created_at", default=True),
    moment("expires_at"),
    sa.Column("accepted_by", sa.Text),
    sa.Column("ended_at", sa.TIMESTAMP(timezone=True), comment="accepted or withdrawn"),
    comment="Links by which somebody may join, once; the token itself was shown once.",
)
