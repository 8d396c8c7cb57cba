"""Notifications, webhooks, and what was delivered to them."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from api.metadata import metadata, moment

notification = sa.Table(
    "notification",
    metadata,
    sa.Column("number", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("owner", sa.Text, nullable=False, comment="who is told, as in a token's sub"),
    sa.Column("key", sa.Text, nullable=False, comment="names what happened: told to each once"),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("topic", sa.Text, nullable=False, comment="as in the owner's preferences"),
    sa.Column("invoice", sa.Text, comment="id in hex"),
    sa.Column("actor", sa.Text, comment="address that the event names"),
    sa.Column("amount", sa.Numeric, comment="base units"),
    sa.Column("ledger", sa.BigInteger, nullable=False),
    sa.Column("time", sa.BigInteger, nullable=False, comment="the ledger's, Unix seconds"),
    sa.Column("intent", sa.Uuid, comment="own transaction that it is about"),
    sa.Column("shown", sa.Boolean, nullable=False, comment="in app, if its owner wants that"),
    sa.Column("read_at", sa.TIMESTAMP(timezone=True)),
    moment("created_at", default=True),
    sa.UniqueConstraint("owner", "key"),
    sa.Index("notification_by_owner", "owner", "number", postgresql_where=sa.text("shown")),
    sa.Index(
        "notification_unread",
        "owner",
        postgresql_where=sa.text("shown AND read_at IS NULL"),
    ),
    comment="What happened, for those whom it concerns.",
)

webhook = sa.Table(
    "webhook",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("owner", sa.Text, nullable=False, comment="as in a token's sub"),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("topics", ARRAY(sa.Text), nullable=False, comment="empty: all"),
    sa.Column(
        "secret", sa.Integer, nullable=False, server_default="1", comment="number of the secret"
    ),
    sa.Column("former_until", sa.TIMESTAMP(timezone=True), comment="the secret before signs too"),
    sa.Column("ended", sa.Text, comment="why nothing is sent any more"),
    moment("created_at", default=True),
    sa.Index("webhook_by_owner", "owner"),
    comment="Where a person's programs are told; secrets are derived, never stored.",
)

delivery = sa.Table(
    "delivery",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True, comment="webhook-id of every try"),
    sa.Column(
        "webhook",
        sa.Uuid,
        sa.ForeignKey("app.webhook.id", ondelete="CASCADE", name="delivery_webhook_fkey"),
        nullable=False,
    ),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column(
        "notification",
        sa.BigInteger,
        sa.ForeignKey(
            "app.notification.number", ondelete="CASCADE", name="delivery_notification_fkey"
        ),
        nullable=False,
    ),
    sa.Column("state", sa.Text, nullable=False, server_default="waiting"),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
    sa.Column("replays", sa.Integer, nullable=False, server_default="0"),
    sa.Column("status", sa.Integer, comment="HTTP status of the last answer"),
    sa.Column("error", sa.Text),
    moment("created_at", default=True),
    sa.Column("delivered_at", sa.TIMESTAMP(timezone=True)),
    sa.UniqueConstraint("webhook", "notification"),
    sa.CheckConstraint("state IN ('waiting', 'delivered', 'failed')", name="delivery_state_check"),
    sa.Index("delivery_by_notification", "notification"),
    comment="One notification for one webhook, and what came of it.",
)

mail_allowance = sa.Table(
    "mail_allowance",
    metadata,
    sa.Column(
        "bucket", sa.Text, primary_key=True, comment="keyed hash of the account or the address"
    ),
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("sent", sa.Integer, nullable=False),
    comment="How many mails a day were asked for by an account, or went to an address.",
)
