"""The outbox."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from api.metadata import metadata, moment

job = sa.Table(
    "job",
    metadata,
    sa.Column("number", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("kind", sa.Text, nullable=False, comment="names the code that does it"),
    sa.Column("key", sa.Text, nullable=False, comment="of one kind and key there is one job"),
    sa.Column("payload", JSONB, nullable=False),
    sa.Column(
        "state", sa.Text, nullable=False, server_default="waiting", comment="waiting, done or dead"
    ),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0", comment="begun so far"),
    moment("due_at", default=True, comment="not before"),
    sa.Column("error", sa.Text, comment="what the last try that failed said"),
    moment("created_at", default=True),
    sa.Column("ended_at", sa.TIMESTAMP(timezone=True)),
    sa.UniqueConstraint("kind", "key"),
    sa.CheckConstraint("state IN ('waiting', 'done', 'dead')", name="job_state_check"),
    sa.Index("job_due", "due_at", "number", postgresql_where=sa.text("state = 'waiting'")),
    sa.Index("job_ended", "ended_at", postgresql_where=sa.text("state = 'done'")),
    comment="Work that was promised in a transaction and is done after it.",
)
