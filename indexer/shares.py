"""Shares add up: a transfer's results follow from the positions before, supply from positions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, LiteralString

import psycopg

from indexer.findings import Check, Finding

_INCONSISTENT: Final = """
SELECT encode(invoice, 'hex'), min(valid_from), count(*) FROM read.position_history
WHERE shares <> paid_in - refunded + shares_in - shares_out
GROUP BY invoice ORDER BY 2, 1
"""
"""A share is one unit of principal. The events carry resulting shares, the rows count movements:
if both agree in every version, no event between two versions is missing."""

_SUPPLY: Final = """
SELECT encode(i.invoice, 'hex'), i.supply, coalesce(sum(p.shares), 0)
FROM read.invoice AS i LEFT JOIN read.position AS p USING (invoice)
GROUP BY i.invoice, i.supply HAVING i.supply <> coalesce(sum(p.shares), 0)
ORDER BY 1
"""
_SHOWN: Final = 5


def consistent(connection: psycopg.Connection) -> Iterator[Finding]:
    """What of the shares cannot be."""
    for invoice, ledger, versions in _rows(connection, _INCONSISTENT):
        yield Finding(
            Check.SHARES,
            f"{versions} versions of positions in invoice {invoice} do not follow from the"
            f" movements before, the first in ledger {ledger}: an event is missing",
        )
    for invoice, supply, held in _rows(connection, _SUPPLY):
        yield Finding(
            Check.SHARES, f"invoice {invoice} has a supply of {supply}, its positions hold {held}"
        )


def _rows(connection: psycopg.Connection, statement: LiteralString) -> list[tuple[object, ...]]:
    return connection.execute(statement).fetchmany(_SHOWN)
