"""Ledgers themselves: which were read, and which of them had closed at a moment."""

from __future__ import annotations

from projections.query import Query, hexadecimal, json_object, single

_CLOSED = "(SELECT reached.closed_at FROM read.applied_as_of(middle.ledger) AS reached)"

_SEARCH = f"""
    WITH RECURSIVE search(low, high) AS (
        SELECT (SELECT min(s.first) - 1 FROM ledger.stretch AS s)::bigint, applied.ledger
        UNION ALL
        SELECT CASE WHEN {_CLOSED} <= %(time)s::bigint THEN middle.ledger ELSE low END,
               CASE WHEN {_CLOSED} <= %(time)s::bigint THEN high ELSE middle.ledger - 1 END
        FROM search CROSS JOIN LATERAL (SELECT (low + high + 1) / 2 AS ledger) AS middle
        WHERE low < high
    )
    SELECT low FROM search WHERE low = high
"""  # noqa: S608  # our own constants; values travel as parameters
"""Close times never fall, so halving finds the last ledger of which none later is known."""

_NEWEST_KNOWN = """
    SELECT known.ledger, known.closed_at
    FROM (SELECT coalesce(%(time)s::bigint >= applied.closed_at, true) AS at_end) AS asked
    CROSS JOIN LATERAL (
        SELECT applied.ledger, applied.closed_at WHERE asked.at_end
        UNION ALL
        (SELECT c.ledger, c.closed_at FROM found JOIN ledger.close AS c ON c.ledger <= found.low
         WHERE NOT asked.at_end ORDER BY c.ledger DESC LIMIT 1)
        UNION ALL
        (SELECT l.position >> 32, l.closed_at
         FROM found JOIN read.activity AS l ON l.position < ((found.low + 1) << 32)
         WHERE NOT asked.at_end ORDER BY l.position DESC LIMIT 1)
    ) AS known ORDER BY known.ledger DESC LIMIT 1
"""
"""A quiet ledger whose own time nobody told is passed over: it may have closed later."""

_LEDGER = json_object(
    ledger="shown.ledger",
    time="shown.closed_at",
    hash=hexadecimal("(SELECT s.hash FROM ledger.stretch AS s WHERE s.through = shown.ledger)"),
    first="(SELECT min(s.first) FROM ledger.stretch AS s)",
    newest="applied.ledger",
)

_AT = single(f"""
    WITH found AS ({_SEARCH}) SELECT {_LEDGER} FROM ({_NEWEST_KNOWN}) AS shown
""")  # noqa: S608


def at(time: int | None = None) -> Query:
    """The newest ledger that is known to have closed at or before `time` (Unix seconds).

    None: the newest that is folded. With its hash where it is known, the first ledger that was
    read and the newest; null where none had closed by then.
    """
    return Query(_AT, {"time": time})
