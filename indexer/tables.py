"""Schema `ledger`: what came from the network, kept raw, and how far it is whole."""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData(schema="ledger")

contract = sa.Table(
    "contract",
    metadata,
    sa.Column("id", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text, nullable=False, comment="escrow or distributor"),
    sa.Column("address", sa.Text, nullable=False, unique=True, comment="strkey"),
    comment="What this database follows; it never changes, another deployment is another database",
)

event = sa.Table(
    "event",
    metadata,
    sa.Column(
        "position",
        sa.BigInteger,
        primary_key=True,
        autoincrement=False,
        comment="TOID: ledger << 32 | transaction << 12 | operation",
    ),
    sa.Column("index", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("contract", sa.SmallInteger, nullable=False, comment="as in ledger.contract"),
    sa.Column("closed_at", sa.BigInteger, nullable=False, comment="of the ledger, Unix seconds"),
    sa.Column("tx_hash", sa.LargeBinary, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False, comment="ContractEventV0 XDR: topics, data"),
    comment="Every event of the followed contracts, raw: everything else is derived from here",
    postgresql_partition_by="RANGE (position)",
)

archive = sa.Table(
    "archive",
    metadata,
    sa.Column("first", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("before", sa.BigInteger, nullable=False, comment="first ledger that is not in it"),
    sa.Column("events", sa.BigInteger, nullable=False),
    sa.Column("digest", sa.LargeBinary, nullable=False, comment="of the events, as of their rows"),
    sa.Column("sha256", sa.LargeBinary, nullable=False, comment="of the file"),
    sa.Column("folder", sa.Text, nullable=False, comment="where the file is"),
    sa.Column("file", sa.Text, nullable=False),
    sa.CheckConstraint("first < before", name="archive_order_check"),
    comment="Raw events that lie in files instead of ledger.event, by ledgers",
)

quarantine = sa.Table(
    "quarantine",
    metadata,
    sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("index", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column(
        "invoice",
        sa.LargeBinary,
        comment="the invoice it is about, null where that cannot be read: then it may be about any",
    ),
    sa.ForeignKeyConstraint(
        ["position", "index"], [event.c.position, event.c.index], name="quarantine_event_fkey"
    ),
    comment="Events that could not be decoded and are not folded yet",
)

cursor = sa.Table(
    "cursor",
    metadata,
    sa.Column("single", sa.Boolean, primary_key=True, server_default=sa.true()),
    sa.Column("ledger", sa.Integer, nullable=False, comment="everything up to here is in"),
    sa.Column("closed_at", sa.BigInteger, nullable=False, comment="of that ledger, Unix seconds"),
    sa.Column("version", sa.BigInteger, nullable=False, comment="counts commits: compare and swap"),
    sa.CheckConstraint("single", name="cursor_single_check"),
    comment="How far this database is whole; one row",
)

stretch = sa.Table(
    "stretch",
    metadata,
    sa.Column("through", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("first", sa.Integer, nullable=False),
    sa.Column("events", sa.Integer, nullable=False),
    sa.Column(
        "committed_at",
        sa.DateTime(timezone=True),
        nullable=False,
        server_default=sa.func.clock_timestamp(),
    ),
    sa.Column(
        "previous",
        sa.Integer,
        sa.ForeignKey("ledger.stretch.through", name="stretch_previous_fkey"),
        comment="end of the stretch before, null only for the first: the database itself allows"
        " no hole",
    ),
    sa.Column(
        "hash",
        sa.LargeBinary,
        comment='SHA-256 of the header of ledger "through", where a source gave it',
    ),
    sa.Column(
        "linked",
        sa.Boolean,
        nullable=False,
        server_default=sa.false(),
        comment="each of its headers was read and names the one before it",
    ),
    sa.CheckConstraint("first <= through", name="stretch_order_check"),
    sa.CheckConstraint("previous = first - 1", name="stretch_previous_check"),
    sa.Index(
        "stretch_beginning",
        sa.text("(previous IS NULL)"),
        unique=True,
        postgresql_where=sa.text("previous IS NULL"),
    ),
    comment="Ledgers committed together, first to through; side by side, without holes",
)

close = sa.Table(
    "close",
    metadata,
    sa.Column("ledger", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("closed_at", sa.BigInteger, nullable=False, comment="Unix seconds"),
    comment="When ledgers closed, those without events too: each of which a source told the time",
)

network = sa.Table(
    "network",
    metadata,
    sa.Column("single", sa.Boolean, primary_key=True, server_default=sa.true()),
    sa.Column("passphrase", sa.Text, nullable=False),
    sa.CheckConstraint("single", name="network_single_check"),
    comment="The network this database follows; one row, it never changes",
)

failure = sa.Table(
    "failure",
    metadata,
    sa.Column(
        "position",
        sa.BigInteger,
        primary_key=True,
        autoincrement=False,
        comment="TOID: ledger << 32 | transaction << 12",
    ),
    sa.Column("contract", sa.SmallInteger, nullable=False),
    sa.Column("tx_hash", sa.LargeBinary, nullable=False),
    sa.Column("source", sa.Text, nullable=False, comment="account that signed for it, strkey"),
    sa.Column("function", sa.Text, nullable=False),
    sa.Column("result", sa.Text, nullable=False, comment="the operation's result code by its name"),
    sa.Column("error", sa.Integer, comment="the contract's own code, if it raised one"),
    sa.Index("failure_by_tx_hash", "tx_hash"),
    comment="Transactions that invoked a followed contract and failed, where whole ledgers were"
    " read",
)

conservation = sa.Table(
    "conservation",
    metadata,
    sa.Column("single", sa.Boolean, primary_key=True, server_default=sa.true()),
    sa.Column("ledger", sa.BigInteger, nullable=False, comment="the read models were as of it"),
    sa.Column("balances", sa.Integer, nullable=False, comment="how many were compared"),
    sa.Column(
        "records",
        sa.Integer,
        nullable=False,
        server_default="0",
        comment="how many of the contracts' own were compared",
    ),
    sa.Column(
        "checked_at",
        sa.DateTime(timezone=True),
        nullable=False,
        server_default=sa.func.clock_timestamp(),
    ),
    sa.CheckConstraint("single", name="conservation_single_check"),
    comment="The newest check that money is conserved; one row",
)

drift = sa.Table(
    "drift",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column(
        "subject", sa.Text, nullable=False, comment="an invoice's id, or a contract and an asset"
    ),
    sa.Column("law", sa.Text, nullable=False, comment="what should be equal"),
    sa.Column("expected", sa.Numeric, nullable=False, comment="base units: what movements add to"),
    sa.Column("found", sa.Numeric, nullable=False, comment="base units: what the row says"),
    sa.Column("first_ledger", sa.BigInteger, nullable=False, comment="where it was first seen"),
    sa.Column("sound_ledger", sa.BigInteger, comment="checked before, and all was well then"),
    sa.Column("gone_ledger", sa.BigInteger, comment="where it was seen no more"),
    sa.Index(
        "drift_open", "subject", "law", unique=True, postgresql_where=sa.text("gone_ledger IS NULL")
    ),
    comment="Money that did not add up: by whose law, since when, until when",
)

heartbeat = sa.Table(
    "heartbeat",
    metadata,
    sa.Column("single", sa.Boolean, primary_key=True, server_default=sa.true()),
    sa.Column("latest", sa.Integer, nullable=False, comment="newest ledger the source knows of"),
    sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("single", name="heartbeat_single_check"),
    comment="When the indexer last heard of the network; one row",
)
