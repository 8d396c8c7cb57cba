"""Who looks after what waits on the chain."""

from __future__ import annotations

import sqlalchemy as sa

from api.metadata import metadata, moment

assignment = sa.Table(
    "assignment",
    metadata,
    sa.Column("queue", sa.Text, primary_key=True, comment="reviews or disputes"),
    sa.Column("invoice", sa.LargeBinary, primary_key=True),
    sa.Column("assignee", sa.Text, nullable=False, comment="as in a token's sub"),
    moment("assigned_at", default=True),
    comment="Who looks after an invoice that waits for a review or a ruling.",
)
