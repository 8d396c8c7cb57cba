"""Where every table of schema `app` is described: each noun's `tables.py` adds its own."""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData(schema="app")


def moment(name: str, *, comment: str | None = None, default: bool = False) -> sa.Column[object]:
    """A column for a moment that must be there; `default`: now, unless told."""
    return sa.Column(
        name,
        sa.TIMESTAMP(timezone=True),
        nullable=False,
        server_default=sa.func.now() if default else None,
        comment=comment,
    )
