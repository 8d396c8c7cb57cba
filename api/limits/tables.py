"""Buckets of requests, where processes count together."""

from __future__ import annotations

import sqlalchemy as sa

from api.metadata import metadata

rate = sa.Table(
    "rate",
    metadata,
    sa.Column("bucket", sa.LargeBinary, primary_key=True, comment="hash of policy and asker"),
    sa.Column("full_at", sa.Double, nullable=False, comment="Unix seconds: regained by then"),
    comment="How many requests are left to whom; unlogged, nothing is lost with it.",
)
