"""Transactions of the contracts, those that failed too: queries only.

A failure emits nothing, so no fold makes it a row: the indexer keeps it beside the events, where
it reads whole ledgers (`ledger.failure`).
"""

from __future__ import annotations

from projections.query import Query, json_list, json_object, ledger, single

_WENT_WELL = """
    SELECT a.position >> 12 << 12 AS position, a.tx_hash, min(a.closed_at) AS closed_at,
           true AS succeeded, min(a.contract) AS contract, NULL::text AS source,
           NULL::text AS function, NULL::text AS result, NULL::integer AS error,
           count(*) AS events
    FROM read.activity AS a WHERE {activity} GROUP BY 1, 2
"""

_FAILED = """
    SELECT f.position, f.tx_hash, NULL, false, c.kind, f.source, f.function, f.result, f.error, 0
    FROM ledger.failure AS f JOIN ledger.contract AS c ON c.id = f.contract
    WHERE {failure}
"""

_ITEM = json_object(
    tx_hash="encode(x.tx_hash, 'hex')",
    ledger=ledger("x.position"),
    time="x.closed_at",
    succeeded="x.succeeded",
    contract="x.contract",
    source="x.source",
    function="x.function",
    result="x.result",
    error="x.error",
    events="x.events",
)


def _listed(activity: str, failure: str) -> str:
    both = _WENT_WELL.format(activity=activity) + " UNION ALL " + _FAILED.format(failure=failure)
    return json_list(f"SELECT {_ITEM} AS item FROM ({both}) AS x ORDER BY x.position")  # noqa: S608


_OF_LEDGERS = single(
    json_object(
        items=_listed(
            "a.position >= %(first)s::bigint AND a.position < %(end)s::bigint",
            "f.position >= %(first)s::bigint AND f.position < %(end)s::bigint"
            " AND f.position < ((applied.ledger + 1) << 32)",
        )
    )
)

LEDGERS_AT_ONCE = 1_000


def of_ledgers(first: int, last: int) -> Query:
    """Every transaction of ledgers `first` to `last`, in order; never null.

    `succeeded`; a failed one has who signed it (`source`), `function`, `result` (the operation's
    code by its name) and the contract's own `error` code. Failures are known where whole ledgers
    were read. Raises ValueError for more than 1,000 ledgers.
    """
    if not 0 <= last - first < LEDGERS_AT_ONCE:
        raise ValueError(f"1 to {LEDGERS_AT_ONCE} ledgers at once, not {last - first + 1}")
    return Query(_OF_LEDGERS, {"first": first << 32, "end": (last + 1) << 32})
