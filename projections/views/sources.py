"""Rows as they are, or as they were after the ledger that a session chose: SQL for views.

`analytics.as_of()` is that ledger, null for the newest. It stands in subqueries of its own, which
PostgreSQL works out once a statement; the half of a source that is not asked is never begun.
"""

from __future__ import annotations

from typing import Any

from projections.model import Model
from projections.tables import SCHEMA, history_name

AS_OF = "(SELECT analytics.as_of())"

_END = f"coalesce(({AS_OF} + 1) << 32, {2**63 - 1})"

MARK = f"""(
    SELECT ledger, closed_at FROM {SCHEMA}.applied WHERE {AS_OF} IS NULL
    UNION ALL
    SELECT {AS_OF}, greatest((
        SELECT closed_at FROM {SCHEMA}.activity WHERE position < {_END}
        ORDER BY position DESC LIMIT 1
    ), (
        SELECT closed_at FROM ledger.close WHERE ledger <= {AS_OF} ORDER BY ledger DESC LIMIT 1
    ), 0) WHERE {AS_OF} IS NOT NULL
) AS applied"""  # noqa: S608
"""The ledger that answers hold for, and the close time of the newest one up to it that is known."""


def rows(model: Model[Any], alias: str) -> str:
    """A model's rows as something to select from, under `alias`."""
    names = ", ".join(f'"{name}"' for name in model.row.__struct_fields__)
    if model.append_only:
        return f"""(
    SELECT {names} FROM {SCHEMA}.{model.name} WHERE position < {_END}
) AS {alias}"""  # noqa: S608
    keys = ", ".join(f'"{name}"' for name in model.key)
    return f"""(
    SELECT {names} FROM {SCHEMA}.{model.name} WHERE {AS_OF} IS NULL
    UNION ALL
    (SELECT DISTINCT ON ({keys}) {names} FROM {SCHEMA}.{history_name(model)}
     WHERE {AS_OF} IS NOT NULL AND valid_from <= {AS_OF}
     ORDER BY {keys}, valid_from DESC)
) AS {alias}"""  # noqa: S608
