"""The log. It lies in a schema of its own: whoever owns a schema may drop what is in it."""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData(schema="audit")

entry = sa.Table(
    "entry",
    metadata,
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", sa.BigInteger, nullable=False, comment="Unix microseconds"),
    sa.Column("actor", sa.Text, nullable=False, index=True, comment="as in a token's sub"),
    sa.Column("action", sa.Text, nullable=False, comment="noun.verb"),
    sa.Column("about", sa.Text, nullable=False, index=True, comment="whom or what it concerned"),
    sa.Column("detail", sa.Text, nullable=False, comment="JSON, the very bytes that are hashed"),
    sa.Column("hash", sa.LargeBinary, nullable=False, comment="SHA-256, the entry before included"),
    comment="Privileged actions, in order. Nobody may change, remove or add but by audit.append.",
)
