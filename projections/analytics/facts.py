"""Everything the metrics know: the read models as of a ledger, and frames given from elsewhere.

Facts hold no clock: "now" is the close time of their ledger. The same facts come from the
database and from folds in memory, so that a metric is a function of events and nothing else.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, Final

import msgspec
import polars as pl
import psycopg

from projections.analytics import frames
from projections.custody import CUSTODY
from projections.disputes import DISPUTE
from projections.funding import FUNDING
from projections.invoices import INVOICE, TERMS
from projections.memory import Memory
from projections.model import Mark, Model
from projections.payments import PAYMENT
from projections.payouts import MONEY_OUT
from projections.pools import POOL
from projections.positions import POSITION
from projections.tables import SCHEMA
from projections.transfers import TRANSFER

MODELS: Final[tuple[Model[Any], ...]] = (
    TERMS,
    INVOICE,
    POOL,
    POSITION,
    FUNDING,
    PAYMENT,
    MONEY_OUT,
    TRANSFER,
    DISPUTE,
    CUSTODY,
)
"""The read models that metrics are worked out from."""

ATTRIBUTES: Final = {
    "invoice": frames.NAMES,
    "industry": pl.String(),
    "country": pl.String(),
    "currency": pl.String(),
    "grade": pl.String(),
}
"""What is known of invoices off the chain, as of the ledger; absent where nothing is known."""

TRANSACTIONS: Final = {
    "hash": pl.String(),
    "contract_error": pl.String(),
    "succeeded": pl.Boolean(),
    "fee": pl.Int64(),
    "built_at_ms": pl.Int64(),
    "closed_at_ms": pl.Int64(),
    "readable_at_ms": pl.Int64(),
}
"""Transactions of the contracts in ledgers: fee in stroops, times in milliseconds."""

INDEXING: Final = {
    "at_ms": pl.Int64(),
    "lag_ledgers": pl.Int64(),
    "missing_ledgers": pl.Int64(),
    "drift": pl.Int128(),
}
"""Observations of the indexer; drift: base units by which balances differed from the chain."""

REQUESTS: Final = {
    "endpoint": pl.String(),
    "status": pl.Int16(),
    "milliseconds": pl.Float64(),
    "database_milliseconds": pl.Float64(),
    "at_ms": pl.Int64(),
}
"""Samples of requests to the service."""

PREDICTIONS: Final = {
    "invoice": frames.NAMES,
    "probability": pl.Decimal(38, 6),
    "defaulted": pl.Boolean(),
    "reference": pl.Boolean(),
}
"""Predicted probabilities of default; `defaulted` is null before the outcome is known.

`reference`: of the sample that the risk model was made from, not of those it was used on since.
"""


class Rules(msgspec.Struct, frozen=True):
    """What may be set: days, and the largest share of exposure that a name may have."""

    delinquent_days: int = 45
    default_days_past_grace: int = 90
    limits: dict[str, str] = {}
    """By dimension of concentration (M19) a decimal number such as "0.25"."""


@dataclasses.dataclass(frozen=True)
class Facts:
    """Frames as of a ledger; `mark` is it, with its close time."""

    mark: Mark
    models: dict[str, pl.DataFrame]
    rules: Rules = dataclasses.field(default_factory=Rules)
    attributes: pl.DataFrame = dataclasses.field(
        default_factory=lambda: pl.DataFrame(schema=ATTRIBUTES)
    )
    transactions: pl.DataFrame = dataclasses.field(
        default_factory=lambda: pl.DataFrame(schema=TRANSACTIONS)
    )
    indexing: pl.DataFrame = dataclasses.field(
        default_factory=lambda: pl.DataFrame(schema=INDEXING)
    )
    requests: pl.DataFrame = dataclasses.field(
        default_factory=lambda: pl.DataFrame(schema=REQUESTS)
    )
    predictions: pl.DataFrame = dataclasses.field(
        default_factory=lambda: pl.DataFrame(schema=PREDICTIONS)
    )

    def __post_init__(self) -> None:
        """Raises ValueError where an invoice has attributes twice: it would be counted twice."""
        if self.attributes["invoice"].is_duplicated().any():
            raise ValueError("an invoice has attributes twice: give what holds at the ledger")

    def of(self, model: Model[Any]) -> pl.DataFrame:
        """The frame of a read model."""
        return self.models[model.name]


def remembered(memory: Memory, mark: Mark, **given: Any) -> Facts:
    """Facts from folds in memory; `mark` is the ledger up to which they are folded."""
    return _gathered(mark, lambda model: frames.of_rows(model, memory.all(model)), given)


def stored(
    connection: psycopg.Connection, at: Mark | None = None, *, schema: str = SCHEMA, **given: Any
) -> Facts:
    """Facts from the database as of a ledger, None for the newest; all from one snapshot.

    The connection must not be in a transaction. `given`: rules and frames of elsewhere. Raises
    ValueError if the ledger is not folded yet.
    """
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        newest = frames.applied(connection, schema)
        if at is not None and at.ledger > newest.ledger:
            raise ValueError(f"ledger {at.ledger} is after {newest.ledger}, the newest applied")
        ledger = None if at is None or at.ledger == newest.ledger else at.ledger
        names = frames.addresses(connection, schema)
        return _gathered(
            at or newest,
            lambda model: frames.stored(connection, model, names, at=ledger, schema_name=schema),
            given,
        )


def _gathered(
    mark: Mark, read: Callable[[Model[Any]], pl.DataFrame], given: dict[str, Any]
) -> Facts:
    return Facts(mark, {model.name: read(model) for model in MODELS}, **given)
