"""How far the worker is."""

from __future__ import annotations

import sqlalchemy as sa

from api.metadata import metadata

cursor = sa.Table(
    "cursor",
    metadata,
    sa.Column("single", sa.Boolean, primary_key=True, server_default=sa.true()),
    sa.Column("ledger", sa.BigInteger, nullable=False),
    sa.CheckConstraint("single", name="cursor_single_check"),
    comment="Up to which ledger the worker has told people what happened; one row",
)
