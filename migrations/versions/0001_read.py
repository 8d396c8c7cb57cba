"""Roles of the processes, and the schema of the read models.

The group roles are shared by all databases of a cluster, so they are made only where absent, and
another database of the same cluster may be migrated at this very moment.
"""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None

_ROLE = """
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
        CREATE ROLE {role} NOLOGIN;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; -- made by somebody else just now
END $$
"""

_MEMBERSHIP = """
DO $$ BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_auth_members
        WHERE roleid = '{role}'::regrole AND member = current_user::regrole
    ) THEN
        GRANT {role} TO current_user;
    END IF;
-- "tuple concurrently updated" is an internal error: another database made the same grant
EXCEPTION WHEN unique_violation OR internal_error THEN NULL;
END $$
"""

_RIGHTS = """
DO $$ BEGIN
    EXECUTE format('GRANT CREATE ON DATABASE %I TO stellarsettle_indexer', current_database());
END $$;
CREATE SCHEMA read AUTHORIZATION stellarsettle_indexer;
GRANT USAGE ON SCHEMA read TO stellarsettle_api;
ALTER DEFAULT PRIVILEGES FOR ROLE stellarsettle_indexer IN SCHEMA read
    GRANT SELECT ON TABLES TO stellarsettle_api;
"""

_TABLES = """
CREATE TABLE read.address (
    id integer GENERATED ALWAYS AS IDENTITY,
    address text NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (address)
);
CREATE TABLE read.applied (
    single boolean NOT NULL CHECK (single),
    ledger bigint NOT NULL,
    closed_at bigint NOT NULL,
    PRIMARY KEY (single)
);
CREATE TABLE read.digest (
    model text NOT NULL,
    version integer NOT NULL,
    ledger bigint NOT NULL,
    digest bytea NOT NULL,
    PRIMARY KEY (model, version, ledger)
);
CREATE TABLE read.terms (
    invoice bytea NOT NULL,
    position bigint NOT NULL,
    created_at bigint NOT NULL,
    seller integer NOT NULL,
    debtor integer,
    asset integer NOT NULL,
    token integer NOT NULL,
    "natural" bytea NOT NULL,
    doc_hash bytea NOT NULL,
    attempt bigint NOT NULL,
    face bigint NOT NULL,
    target bigint NOT NULL,
    par bigint NOT NULL,
    min_raise bigint NOT NULL,
    fee_bps bigint NOT NULL,
    late_bps bigint NOT NULL,
    late_cap_bps bigint NOT NULL,
    due_at bigint NOT NULL,
    deadline bigint NOT NULL,
    grace bigint NOT NULL,
    release_delay bigint NOT NULL,
    needs_ack boolean NOT NULL,
    recovery bigint NOT NULL,
    dispute_limit bigint NOT NULL,
    ticket numeric NOT NULL,
    PRIMARY KEY (invoice)
);
CREATE INDEX terms_by_debtor ON read.terms (debtor);
CREATE INDEX terms_by_seller ON read.terms (seller);
CREATE TABLE read.invoice (
    invoice bytea NOT NULL,
    status smallint NOT NULL,
    asset integer NOT NULL,
    payee integer NOT NULL,
    listed boolean NOT NULL,
    seq bigint NOT NULL,
    missed bigint NOT NULL,
    raised bigint NOT NULL,
    refunded bigint NOT NULL,
    supply bigint NOT NULL,
    par_sold bigint NOT NULL,
    paid bigint NOT NULL,
    investors bigint NOT NULL,
    late_paid bigint NOT NULL,
    late_num numeric NOT NULL,
    late_days bigint NOT NULL,
    shortfall bigint NOT NULL,
    disputed_until bigint NOT NULL,
    seller_disputed boolean NOT NULL,
    debtor_disputed boolean NOT NULL,
    verifier integer,
    approved_at bigint,
    acknowledged_at bigint,
    published_at bigint,
    funded_at bigint,
    release_at bigint,
    released_at bigint,
    defaulted_at bigint,
    ended_at bigint,
    PRIMARY KEY (invoice)
) WITH (fillfactor = 50);
CREATE INDEX invoice_open ON read.invoice (published_at, invoice) WHERE status = 1;
CREATE TABLE read.invoice_history (
    invoice bytea NOT NULL,
    status smallint NOT NULL,
    asset integer NOT NULL,
    payee integer NOT NULL,
    listed boolean NOT NULL,
    seq bigint NOT NULL,
    missed bigint NOT NULL,
    raised bigint NOT NULL,
    refunded bigint NOT NULL,
    supply bigint NOT NULL,
    par_sold bigint NOT NULL,
    paid bigint NOT NULL,
    investors bigint NOT NULL,
    late_paid bigint NOT NULL,
    late_num numeric NOT NULL,
    late_days bigint NOT NULL,
    shortfall bigint NOT NULL,
    disputed_until bigint NOT NULL,
    seller_disputed boolean NOT NULL,
    debtor_disputed boolean NOT NULL,
    verifier integer,
    approved_at bigint,
    acknowledged_at bigint,
    published_at bigint,
    funded_at bigint,
    release_at bigint,
    released_at bigint,
    defaulted_at bigint,
    ended_at bigint,
    valid_from bigint NOT NULL,
    PRIMARY KEY (invoice, valid_from)
);
CREATE TABLE read.pool (
    invoice bytea NOT NULL,
    token integer NOT NULL,
    asset integer NOT NULL,
    par_sold bigint NOT NULL,
    supply bigint NOT NULL,
    index numeric NOT NULL,
    carry numeric NOT NULL,
    late bigint NOT NULL,
    fee bigint NOT NULL,
    investors bigint NOT NULL,
    seller numeric NOT NULL,
    claimed bigint NOT NULL,
    seller_claimed numeric NOT NULL,
    seq bigint NOT NULL,
    missed bigint NOT NULL,
    PRIMARY KEY (invoice)
) WITH (fillfactor = 50);
CREATE TABLE read.pool_history (
    invoice bytea NOT NULL,
    token integer NOT NULL,
    asset integer NOT NULL,
    par_sold bigint NOT NULL,
    supply bigint NOT NULL,
    index numeric NOT NULL,
    carry numeric NOT NULL,
    late bigint NOT NULL,
    fee bigint NOT NULL,
    investors bigint NOT NULL,
    seller numeric NOT NULL,
    claimed bigint NOT NULL,
    seller_claimed numeric NOT NULL,
    seq bigint NOT NULL,
    missed bigint NOT NULL,
    valid_from bigint NOT NULL,
    PRIMARY KEY (invoice, valid_from)
);
CREATE TABLE read.position (
    invoice bytea NOT NULL,
    holder integer NOT NULL,
    shares bigint NOT NULL,
    index numeric NOT NULL,
    accrued numeric NOT NULL,
    paid_in bigint NOT NULL,
    received bigint NOT NULL,
    refunded bigint NOT NULL,
    shares_in bigint NOT NULL,
    shares_out bigint NOT NULL,
    PRIMARY KEY (invoice, holder)
) WITH (fillfactor = 50);
CREATE INDEX position_by_holder_invoice ON read.position (holder, invoice);
CREATE TABLE read.position_history (
    invoice bytea NOT NULL,
    holder integer NOT NULL,
    shares bigint NOT NULL,
    index numeric NOT NULL,
    accrued numeric NOT NULL,
    paid_in bigint NOT NULL,
    received bigint NOT NULL,
    refunded bigint NOT NULL,
    shares_in bigint NOT NULL,
    shares_out bigint NOT NULL,
    valid_from bigint NOT NULL,
    PRIMARY KEY (invoice, holder, valid_from)
);
CREATE TABLE read.payment (
    position bigint NOT NULL,
    event_index bigint NOT NULL,
    invoice bytea NOT NULL,
    payer integer NOT NULL,
    amount numeric NOT NULL,
    late bigint NOT NULL,
    fee bigint NOT NULL,
    investors bigint NOT NULL,
    seller numeric NOT NULL,
    paid bigint NOT NULL,
    outstanding bigint NOT NULL,
    reference bytea,
    closed_at bigint NOT NULL,
    PRIMARY KEY (position, event_index)
);
CREATE INDEX payment_by_invoice_position ON read.payment (invoice, position);
CREATE TABLE read.money_out (
    position bigint NOT NULL,
    event_index bigint NOT NULL,
    reason smallint NOT NULL,
    invoice bytea,
    asset integer NOT NULL,
    entitled integer NOT NULL,
    recipient integer NOT NULL,
    amount numeric NOT NULL,
    closed_at bigint NOT NULL,
    PRIMARY KEY (position, event_index)
);
CREATE INDEX money_out_by_entitled_position ON read.money_out (entitled, position);
CREATE INDEX money_out_by_invoice_position ON read.money_out (invoice, position);
CREATE TABLE read.transfer (
    position bigint NOT NULL,
    event_index bigint NOT NULL,
    kind smallint NOT NULL,
    invoice bytea NOT NULL,
    sender integer NOT NULL,
    recipient integer,
    amount bigint NOT NULL,
    sender_shares bigint NOT NULL,
    recipient_shares bigint,
    closed_at bigint NOT NULL,
    PRIMARY KEY (position, event_index)
);
CREATE INDEX transfer_by_invoice_position ON read.transfer (invoice, position);
CREATE TABLE read.dispute (
    position bigint NOT NULL,
    event_index bigint NOT NULL,
    step smallint NOT NULL,
    invoice bytea NOT NULL,
    by integer,
    reason_hash bytea,
    until bigint,
    outcome bigint,
    status bigint,
    closed_at bigint NOT NULL,
    PRIMARY KEY (position, event_index)
);
CREATE INDEX dispute_by_invoice_position ON read.dispute (invoice, position);
CREATE TABLE read.member (
    address integer NOT NULL,
    until numeric NOT NULL,
    frozen boolean NOT NULL,
    frozen_at bigint,
    PRIMARY KEY (address)
) WITH (fillfactor = 50);
CREATE TABLE read.member_history (
    address integer NOT NULL,
    until numeric NOT NULL,
    frozen boolean NOT NULL,
    frozen_at bigint,
    valid_from bigint NOT NULL,
    PRIMARY KEY (address, valid_from)
);
CREATE TABLE read.role (
    role text NOT NULL,
    holder integer NOT NULL,
    granted boolean NOT NULL,
    since bigint NOT NULL,
    PRIMARY KEY (role, holder)
) WITH (fillfactor = 50);
CREATE INDEX role_by_holder ON read.role (holder);
CREATE TABLE read.role_history (
    role text NOT NULL,
    holder integer NOT NULL,
    granted boolean NOT NULL,
    since bigint NOT NULL,
    valid_from bigint NOT NULL,
    PRIMARY KEY (role, holder, valid_from)
);
CREATE TABLE read.asset (
    asset integer NOT NULL,
    allowed boolean NOT NULL,
    PRIMARY KEY (asset)
) WITH (fillfactor = 50);
CREATE TABLE read.asset_history (
    asset integer NOT NULL,
    allowed boolean NOT NULL,
    valid_from bigint NOT NULL,
    PRIMARY KEY (asset, valid_from)
);
CREATE TABLE read.custody (
    contract text NOT NULL,
    asset integer NOT NULL,
    paid_in numeric NOT NULL,
    paid_out numeric NOT NULL,
    skimmed numeric NOT NULL,
    fees numeric NOT NULL,
    fees_collected numeric NOT NULL,
    PRIMARY KEY (contract, asset)
) WITH (fillfactor = 50);
CREATE TABLE read.custody_history (
    contract text NOT NULL,
    asset integer NOT NULL,
    paid_in numeric NOT NULL,
    paid_out numeric NOT NULL,
    skimmed numeric NOT NULL,
    fees numeric NOT NULL,
    fees_collected numeric NOT NULL,
    valid_from bigint NOT NULL,
    PRIMARY KEY (contract, asset, valid_from)
);
CREATE TABLE read.governance (
    contract text NOT NULL,
    owner integer,
    proposed_owner integer,
    paused boolean NOT NULL,
    treasury integer,
    upgrade bytea,
    upgrade_at bigint,
    upgraded_to bytea,
    token_wasm bytea,
    next_token_wasm bytea,
    next_token_wasm_at bigint,
    PRIMARY KEY (contract)
) WITH (fillfactor = 50);
CREATE TABLE read.governance_history (
    contract text NOT NULL,
    owner integer,
    proposed_owner integer,
    paused boolean NOT NULL,
    treasury integer,
    upgrade bytea,
    upgrade_at bigint,
    upgraded_to bytea,
    token_wasm bytea,
    next_token_wasm bytea,
    next_token_wasm_at bigint,
    valid_from bigint NOT NULL,
    PRIMARY KEY (contract, valid_from)
);
CREATE TABLE read.parameters (
    contract text NOT NULL,
    fee_bps_low bigint NOT NULL,
    fee_bps_high bigint NOT NULL,
    late_bps_low bigint NOT NULL,
    late_bps_high bigint NOT NULL,
    late_cap_bps_low bigint NOT NULL,
    late_cap_bps_high bigint NOT NULL,
    grace_low bigint NOT NULL,
    grace_high bigint NOT NULL,
    release_delay_low bigint NOT NULL,
    release_delay_high bigint NOT NULL,
    tenor_low bigint NOT NULL,
    tenor_high bigint NOT NULL,
    recovery bigint NOT NULL,
    dispute_limit bigint NOT NULL,
    ticket numeric NOT NULL,
    PRIMARY KEY (contract)
) WITH (fillfactor = 50);
CREATE TABLE read.parameters_history (
    contract text NOT NULL,
    fee_bps_low bigint NOT NULL,
    fee_bps_high bigint NOT NULL,
    late_bps_low bigint NOT NULL,
    late_bps_high bigint NOT NULL,
    late_cap_bps_low bigint NOT NULL,
    late_cap_bps_high bigint NOT NULL,
    grace_low bigint NOT NULL,
    grace_high bigint NOT NULL,
    release_delay_low bigint NOT NULL,
    release_delay_high bigint NOT NULL,
    tenor_low bigint NOT NULL,
    tenor_high bigint NOT NULL,
    recovery bigint NOT NULL,
    dispute_limit bigint NOT NULL,
    ticket numeric NOT NULL,
    valid_from bigint NOT NULL,
    PRIMARY KEY (contract, valid_from)
);
CREATE TABLE read.status_total (
    status smallint NOT NULL,
    invoices bigint NOT NULL,
    PRIMARY KEY (status)
) WITH (fillfactor = 50);
CREATE TABLE read.status_total_history (
    status smallint NOT NULL,
    invoices bigint NOT NULL,
    valid_from bigint NOT NULL,
    PRIMARY KEY (status, valid_from)
);
CREATE TABLE read.activity (
    position bigint NOT NULL,
    event_index bigint NOT NULL,
    contract text NOT NULL,
    name text NOT NULL,
    invoice bytea,
    actor integer,
    amount numeric,
    closed_at bigint NOT NULL,
    tx_hash bytea NOT NULL,
    PRIMARY KEY (position, event_index)
);
CREATE INDEX activity_by_invoice_position ON read.activity (invoice, position);
CREATE INDEX activity_by_tx_hash ON read.activity (tx_hash);
INSERT INTO read.applied (single, ledger, closed_at) VALUES (true, 0, 0);
"""


def upgrade() -> None:
    """Makes the roles, the schema and its tables; the indexer's role owns them."""
    for role in ("stellarsettle_indexer", "stellarsettle_api"):
        op.execute(_ROLE.format(role=role))
        op.execute(_MEMBERSHIP.format(role=role))
    op.execute(_RIGHTS)
    op.execute("SET LOCAL ROLE stellarsettle_indexer")
    op.execute(_TABLES)
    op.execute("RESET ROLE")
