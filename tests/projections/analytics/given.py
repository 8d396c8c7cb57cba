"""Frames that are not read from the chain, from the rows of a golden vector."""

from __future__ import annotations

from typing import Any

import polars as pl

from projections.analytics.facts import PREDICTIONS, REQUESTS, TRANSACTIONS

_SCHEMAS = {"transactions": TRANSACTIONS, "requests": REQUESTS, "predictions": PREDICTIONS}


def frames(vector: dict[str, Any]) -> dict[str, pl.DataFrame]:
    """The frames that a vector gives, by name; columns it does not name are null."""
    return {
        name: _frame(vector[name], schema) for name, schema in _SCHEMAS.items() if name in vector
    }


def _frame(rows: list[dict[str, Any]], schema: dict[str, pl.DataType]) -> pl.DataFrame:
    columns = {name: [row.get(name) for row in rows] for name in schema}
    return pl.DataFrame(
        {name: pl.Series(columns[name], strict=False).cast(kind) for name, kind in schema.items()}
    )
