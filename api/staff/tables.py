"""Who works for the platform, and at what."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from api.metadata import metadata, moment

staff = sa.Table(
    "staff",
    metadata,
    sa.Column("address", sa.Text, primary_key=True, comment="the account that signs in, G..."),
    sa.Column(
        "scopes", ARRAY(sa.Text), nullable=False, comment="operations, risk, compliance, finance"
    ),
    sa.Column("given_by", sa.Text, nullable=False, comment="the owner who gave them"),
    moment("given_at", default=True),
    comment="Accounts of the platform's staff. Roles on the chain are not here.",
)
