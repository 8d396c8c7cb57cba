"""Who is told of what happened, and where their programs are told."""

from __future__ import annotations

from alembic import op

revision = "0020"
down_revision = "0019"

_TABLES = """
CREATE TABLE app.notification (
    number bigint GENERATED ALWAYS AS IDENTITY,
    owner text NOT NULL,
    key text NOT NULL,
    kind text NOT NULL,
    topic text NOT NULL,
    invoice text,
    actor text,
    amount numeric,
    ledger bigint NOT NULL,
    time bigint NOT NULL,
    intent uuid,
    shown boolean NOT NULL,
    read_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (number),
    UNIQUE (owner, key)
);
CREATE INDEX notification_by_owner ON app.notification (owner, number) WHERE shown;
CREATE INDEX notification_unread ON app.notification (owner) WHERE shown AND read_at IS NULL;
COMMENT ON TABLE app.notification IS 'What happened, for those whom it concerns.';
COMMENT ON COLUMN app.notification.owner IS 'who is told, as in a token''s sub';
COMMENT ON COLUMN app.notification.key IS 'names what happened: told to each once';
COMMENT ON COLUMN app.notification.topic IS 'as in the owner''s preferences';
COMMENT ON COLUMN app.notification.invoice IS 'id in hex';
COMMENT ON COLUMN app.notification.actor IS 'address that the event names';
COMMENT ON COLUMN app.notification.amount IS 'base units';
COMMENT ON COLUMN app.notification.time IS 'the ledger''s, Unix seconds';
COMMENT ON COLUMN app.notification.intent IS 'own transaction that it is about';
COMMENT ON COLUMN app.notification.shown IS 'in app, if its owner wants that';

CREATE TABLE app.webhook (
    id uuid NOT NULL,
    owner text NOT NULL,
    url text NOT NULL,
    topics text[] NOT NULL,
    secret integer NOT NULL DEFAULT 1,
    former_until timestamptz,
    ended text,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (id)
);
CREATE INDEX webhook_by_owner ON app.webhook (owner);
COMMENT ON TABLE app.webhook IS
    'Where a person''s programs are told; secrets are derived, never stored.';
COMMENT ON COLUMN app.webhook.owner IS 'as in a token''s sub';
COMMENT ON COLUMN app.webhook.topics IS 'empty: all';
COMMENT ON COLUMN app.webhook.secret IS 'number of the secret';
COMMENT ON COLUMN app.webhook.former_until IS 'the secret before signs too';
COMMENT ON COLUMN app.webhook.ended IS 'why nothing is sent any more';

CREATE TABLE app.delivery (
    id uuid NOT NULL,
    webhook uuid NOT NULL,
    owner text NOT NULL,
    notification bigint NOT NULL,
    state text NOT NULL DEFAULT 'waiting',
    tries integer NOT NULL DEFAULT 0,
    replays integer NOT NULL DEFAULT 0,
    status integer,
    error text,
    created_at timestamptz NOT NULL DEFAULT now(),
    delivered_at timestamptz,
    PRIMARY KEY (id),
    UNIQUE (webhook, notification),
    CONSTRAINT delivery_state_check CHECK (state IN ('waiting', 'delivered', 'failed')),
    CONSTRAINT delivery_webhook_fkey FOREIGN KEY (webhook)
        REFERENCES app.webhook (id) ON DELETE CASCADE,
    CONSTRAINT delivery_notification_fkey FOREIGN KEY (notification)
        REFERENCES app.notification (number) ON DELETE CASCADE
);
CREATE INDEX delivery_by_notification ON app.delivery (notification);
COMMENT ON TABLE app.delivery IS 'One notification for one webhook, and what came of it.';
COMMENT ON COLUMN app.delivery.id IS 'webhook-id of every try';
COMMENT ON COLUMN app.delivery.status IS 'HTTP status of the last answer';
"""

_POLICIES = """
ALTER TABLE app.{table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.{table} FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON app.{table}
    USING (owner = current_setting('stellarsettle.subject', true))
    WITH CHECK (owner = current_setting('stellarsettle.subject', true));
CREATE POLICY worker ON app.{table}
    USING (current_setting('stellarsettle.worker', true) = 'on')
    WITH CHECK (current_setting('stellarsettle.worker', true) = 'on');
"""


def upgrade() -> None:
    """The API's role owns them; rows are their owner's, and the worker writes for everybody."""
    op.execute("SET LOCAL ROLE stellarsettle_api")
    op.execute(_TABLES)
    for table in ("notification", "webhook", "delivery"):
        op.execute(_POLICIES.format(table=table))
    op.execute("RESET ROLE")
