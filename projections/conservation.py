"""Money in less money out is what is held: for each asset, each invoice, each pool.

Every sum is kept twice: as facts, one row for each movement, and in the rows that add them up while
folding. Here both are compared in SQL, and positions with what their invoice and pool say. A
difference means that a row was changed by other hands than the folds', or that an event is missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, LiteralString

import msgspec
import psycopg
from psycopg import sql

from projections.payouts import Reason
from projections.positions import SCALE
from projections.tables import SCHEMA


class Drift(msgspec.Struct, frozen=True):
    """`subject` (an invoice's id, or contract and asset) breaks `law`, base units.

    `expected` is what the movements add up to, `found` what the row says.
    """

    subject: str
    law: str
    expected: int
    found: int

    def __str__(self) -> str:
        return f"{self.subject}: {self.law}: {self.expected}, the row says {self.found}"


def drifts(connection: psycopg.Connection, *, schema: str = SCHEMA) -> list[Drift]:
    """Everything that does not add up in the read models as they are; [] when all does.

    Reads facts and positions once each. The statements are one snapshot only inside a transaction
    that is repeatable-read.
    """
    return [drift for statement in _ALL for drift in _broken(connection, statement, schema)]


def _broken(
    connection: psycopg.Connection, statement: LiteralString, schema: str
) -> Iterator[Drift]:
    composed = sql.SQL(statement).format(read=sql.Identifier(schema))
    for subject, law, expected, found in connection.execute(composed):
        yield Drift(subject, law, int(expected), int(found))


_OUT: Final = ", ".join(
    f"coalesce(sum(amount) FILTER (WHERE reason = {reason:d}), 0) AS {reason.name.lower()}"
    for reason in Reason
)

_SUMS: Final = f"""
WITH stake AS (
    SELECT invoice, sum(amount) AS amount FROM {{read}}.funding GROUP BY invoice
), paid AS (
    SELECT invoice, max(paid) AS face, sum(late) AS late, sum(fee) AS fee,
           sum(investors) AS investors, sum(seller) AS seller
    FROM {{read}}.payment GROUP BY invoice
), out AS (
    SELECT invoice, {_OUT} FROM {{read}}.money_out WHERE invoice IS NOT NULL GROUP BY invoice
), held AS (
    SELECT h.invoice, sum(h.shares) AS shares, sum(h.paid_in) AS paid_in,
           sum(h.refunded) AS refunded, sum(h.received) AS received,
           sum(div(h.accrued + h.shares::numeric * (coalesce(p.index, h.index) - h.index),
                   {SCALE}::numeric)) AS credit
    FROM {{read}}.position AS h LEFT JOIN {{read}}.pool AS p USING (invoice) GROUP BY h.invoice
)
"""  # noqa: S608  # our own constants

_BROKEN: Final = """
SELECT encode(invoice, 'hex'), law.name, coalesce(law.expected, 0), coalesce(law.found, 0)
{source}
CROSS JOIN LATERAL (VALUES {laws}) AS law(name, expected, found)
WHERE coalesce(law.expected, 0) <> coalesce(law.found, 0) ORDER BY 1, 2
"""


def _laws(**laws: tuple[str, str]) -> str:
    return ", ".join(
        f"('{name.replace('_', ' ')}', ({expected})::numeric, ({found})::numeric)"
        for name, (expected, found) in laws.items()
    )


_INVOICES: Final = _SUMS + _BROKEN.format(
    source="""
    FROM {read}.invoice AS i LEFT JOIN stake USING (invoice) LEFT JOIN paid USING (invoice)
    LEFT JOIN out USING (invoice) LEFT JOIN held USING (invoice)""",
    laws=_laws(
        stakes_are_raised=("stake.amount", "i.raised"),
        stakes_are_positions_paid_in=("stake.amount", "held.paid_in"),
        shares_are_the_supply=("held.shares", "i.supply"),
        refunds_are_refunded=("out.refund", "i.refunded"),
        refunds_are_positions_refunded=("out.refund", "held.refunded"),
        release_is_what_was_raised=(
            "out.release", "CASE WHEN i.released_at IS NOT NULL THEN i.raised END"
        ),
        face_paid_is_paid=("paid.face", "i.paid"),
        late_charges_are_late_paid=("paid.late", "i.late_paid"),
        investors_part_is_investors=("paid.investors", "i.investors"),
    ),
)  # fmt: skip

_POOLS: Final = _SUMS + _BROKEN.format(
    source="""
    FROM {read}.pool AS p LEFT JOIN paid USING (invoice) LEFT JOIN out USING (invoice)
    LEFT JOIN held USING (invoice)""",
    laws=_laws(
        late_charges_are_in_the_pool=("paid.late", "p.late"),
        fees_are_in_the_pool=("paid.fee", "p.fee"),
        investors_part_is_in_the_pool=("paid.investors + paid.late", "p.investors"),
        sellers_part_is_in_the_pool=("paid.seller", "p.seller"),
        payouts_are_claimed=("out.payout", "p.claimed"),
        payouts_are_positions_received=("out.payout", "held.received"),
        residuals_are_claimed=("out.residual", "p.seller_claimed"),
        credit_is_covered=(
            "least(held.credit, p.investors - p.claimed)", "held.credit"
        ),
    ),
)  # fmt: skip

_CUSTODY: Final = f"""
WITH moved AS (
    SELECT 'escrow' AS contract, t.asset, f.amount::numeric AS paid_in, 0::numeric AS paid_out,
           0::numeric AS fees, 0::numeric AS fees_collected
    FROM {{read}}.funding AS f JOIN {{read}}.terms AS t USING (invoice)
    UNION ALL
    SELECT 'distributor', t.asset, y.amount, 0, y.fee, 0
    FROM {{read}}.payment AS y JOIN {{read}}.terms AS t USING (invoice)
    UNION ALL
    SELECT CASE WHEN o.reason IN ({Reason.RELEASE:d}, {Reason.REFUND:d}) THEN 'escrow'
                ELSE 'distributor' END, o.asset, 0, o.amount, 0,
           CASE WHEN o.reason = {Reason.FEES:d} THEN o.amount ELSE 0 END
    FROM {{read}}.money_out AS o WHERE o.reason <> {Reason.SKIM:d}
), summed AS (
    SELECT contract, asset, sum(paid_in) AS paid_in, sum(paid_out) AS paid_out, sum(fees) AS fees,
           sum(fees_collected) AS fees_collected
    FROM moved GROUP BY contract, asset
)
SELECT coalesce(c.contract, s.contract) || ' ' || a.address, law.name,
       coalesce(law.expected, 0), coalesce(law.found, 0)
FROM {{read}}.custody AS c FULL JOIN summed AS s USING (contract, asset)
JOIN {{read}}.address AS a ON a.id = asset
CROSS JOIN LATERAL (VALUES {
    _laws(
        money_in_is_paid_in=("s.paid_in", "c.paid_in"),
        money_out_is_paid_out=("s.paid_out", "c.paid_out"),
        fees_are_fees=("s.fees", "c.fees"),
        fees_taken_are_collected=("s.fees_collected", "c.fees_collected"),
        no_more_is_paid_out_than_came_in=(
            "greatest(c.paid_in - c.paid_out, 0)",
            "c.paid_in - c.paid_out",
        ),
    )
}) AS law(name, expected, found)
WHERE coalesce(law.expected, 0) <> coalesce(law.found, 0) ORDER BY 1, 2
"""  # noqa: S608  # our own constants

_ALL: Final[tuple[LiteralString, ...]] = (_INVOICES, _POOLS, _CUSTODY)
