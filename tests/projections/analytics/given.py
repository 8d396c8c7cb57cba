"""Frames that are not read from the chain, from the rows of a golden vector."""

from __future__ import annotations

from typing import Any

import polars as pl

from projections.analytics.facts import INDEXING, PREDICTIONS, REQUESTS, TRANSACTIONS

_SCHEMAS: dict[str, dict[str, Any]] = {
    "transactions": TRANSACTIONS,
    "indexing": INDEXING,
    "requests": REQUESTS,
    "predictions": PREDICTIONS,
}


def frames(vector: dict[str, Any]) -> dict[str, pl.DataFrame]:
    """The frames that a vector gives, by name; columns it does not name are null.

    A row with a `count` stands for so many rows.
    """
    return {
        name: _frame(vector[name], schema) for name, schema in _SCHEMAS.items() if name in vector
    }


def _frame(rows: list[dict[str, Any]], schema: dict[str, Any]) -> pl.DataFrame:
    repeated = [row for row in rows for _ in range(row.get("count", 1))]
    columns = {name: [row.get(name) for row in repeated] for name in schema}
    return pl.DataFrame(
        {name: pl.Series(columns[name], strict=False).cast(kind) for name, kind in schema.items()}
    )
