"""Watched invoices and saved searches."""

from __future__ import annotations

import sqlalchemy as sa

from api.metadata import metadata, moment

watched = sa.Table(
    "watched",
    metadata,
    sa.Column("owner", sa.Text, primary_key=True, comment="as in a token's sub"),
    sa.Column("invoice", sa.LargeBinary, primary_key=True, index=True, comment="its id"),
    moment("since", default=True),
    comment="Invoices that somebody wants to hear of.",
)

saved_search = sa.Table(
    "saved_search",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("owner", sa.Text, nullable=False, index=True, comment="as in a token's sub"),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("notify", sa.Boolean, nullable=False, comment="tell of each new offer that fits"),
    sa.Column("asset", sa.Text),
    sa.Column("seller", sa.Text),
    sa.Column("debtor", sa.Text),
    sa.Column("max_days", sa.Integer),
    sa.Column("min_yield", sa.Numeric),
    sa.Column("min_remaining", sa.Numeric, comment="base units"),
    sa.Column("acknowledged", sa.Boolean),
    moment("created_at", default=True),
    comment="What somebody looks for in the marketplace; null: anything.",
)
