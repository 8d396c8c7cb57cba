"""The schema `read`: a table for each model, its history, the address dictionary, digests, mark.

Addresses are stored as integers of the dictionary `address`: rows and indexes stay small. There
are no foreign keys: one writer folds whole ledgers in one transaction, and checking each copied
row again would cost a third of the speed. Tables of changing rows keep half of each page free, so
that an update stays on its page and touches no index.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from projections.columns import Column, Kind, columns_of
from projections.model import Model
from projections.registry import MODELS

SCHEMA = "read"

APPLIED_CHANNEL = "stellarsettle_applied"
"""NOTIFY channel: the payload is the ledger that has just become readable."""

_TYPES: dict[Kind, type[sa.types.TypeEngine[Any]]] = {
    Kind.ADDRESS: sa.Integer,
    Kind.BYTES: sa.LargeBinary,
    Kind.INTEGER: sa.BigInteger,
    Kind.WIDE: sa.Numeric,
    Kind.SMALL: sa.SmallInteger,
    Kind.BOOLEAN: sa.Boolean,
    Kind.TEXT: sa.Text,
}

_INDEXES: dict[str, tuple[tuple[str, ...], ...]] = {
    "terms": (("seller",), ("debtor",)),
    "position": (("holder", "invoice"),),
    "payment": (("invoice", "position"),),
    "funding": (("invoice", "position"), ("investor", "position")),
    "money_out": (("invoice", "position"), ("entitled", "position")),
    "dispute": (("invoice", "position"),),
    "role": (("holder",),),
    "activity": (("invoice", "position"),),
}


def describe(schema: str) -> sa.MetaData:
    """All tables of the read models, in `schema`: `read`, or another for a rebuild beside it."""
    metadata = sa.MetaData(schema=schema)
    sa.Table(
        "address",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("address", sa.Text, nullable=False, unique=True),
    )
    sa.Table(
        "applied",
        metadata,
        sa.Column("single", sa.Boolean, sa.CheckConstraint("single"), primary_key=True),
        sa.Column("ledger", sa.BigInteger, nullable=False),
        sa.Column("closed_at", sa.BigInteger, nullable=False),
    )
    sa.Table(
        "digest",
        metadata,
        sa.Column("model", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("ledger", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
    )
    for model in MODELS:
        _describe_model(metadata, model)
    return metadata


def history_name(model: Model[Any]) -> str:
    """The table that keeps each version of a model's rows."""
    return f"{model.name}_history"


def _describe_model(metadata: sa.MetaData, model: Model[Any]) -> None:
    columns = columns_of(model)
    table = sa.Table(
        model.name,
        metadata,
        *(_column(column, model.key) for column in columns),
        postgresql_with=None if model.append_only else {"fillfactor": 50},
    )
    for names in _INDEXES.get(model.name, ()):
        sa.Index(f"{model.name}_by_{'_'.join(names)}", *(table.c[name] for name in names))
    if model.name == "activity":  # four bytes of each hash, where a tree would hold them whole
        sa.Index("activity_by_tx_hash", table.c.tx_hash, postgresql_using="hash")
    if "missed" in table.c:
        missing = sa.text("missed <> 0")
        sa.Index(f"{model.name}_missed", table.c.invoice, postgresql_where=missing)
    if model.name == "invoice":
        open_ones = sa.text("status = 1")
        by_age = (table.c.published_at, table.c.invoice)
        sa.Index("invoice_open", *by_age, postgresql_where=open_ones)
    if not model.append_only:
        sa.Table(
            history_name(model),
            metadata,
            *(_column(column, model.key) for column in columns),
            sa.Column("valid_from", sa.BigInteger, primary_key=True, autoincrement=False),
        )


def _column(column: Column, key: tuple[str, ...]) -> sa.Column[Any]:
    return sa.Column(
        column.name,
        _TYPES[column.kind],
        primary_key=column.name in key,
        nullable=column.nullable,
        autoincrement=False,
    )


metadata = describe(SCHEMA)
