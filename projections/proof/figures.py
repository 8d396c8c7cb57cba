"""How the numbers about an invoice, a position or the platform follow from their rows.

Figures of the invoice and the position depend on that invoice's events alone; of the metrics only
those are here that do too (a test holds each against the same metric worked out from everything).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from projections.custody import CUSTODY
from projections.invoices import INVOICE, TERMS, amount_due, late_charge
from projections.lifecycle import BASIS, OWING
from projections.memory import Memory
from projections.model import Mark, Row
from projections.pools import POOL
from projections.positions import POSITION, SCALE, claimable
from projections.proof.bundle import Figure, Subject
from projections.statuses import STATUS_TOTAL

if TYPE_CHECKING:
    from projections.analytics.dashboards import Answer

UNITS: Final = "base units of the asset"

METRICS: Final = {
    "invoice": ("M01.invoice", "M02.invoice", "M03.invoice", "M12.invoice", "M21.invoice"),
    "position": ("M05.position",),
    "platform": None,
}
"""Tables of metrics about a subject, None: all of the dashboards in `PLATFORM`."""
PLATFORM: Final = ("platform", "risk")
"""Dashboards whose figures are proven from the platform's events."""


def figures(subject: Subject, memory: Memory, mark: Mark) -> list[Figure]:
    """All figures about `subject` as of `mark`, from rows that hold everything about it.

    Raises LookupError where the rows know no such invoice or position.
    """
    found = list(_own(subject, memory, mark))
    if not found:
        raise LookupError(f"there is no such {subject.kind} as of ledger {mark.ledger}")
    return [*found, *_metrics(subject, memory, mark)]


def _own(subject: Subject, memory: Memory, mark: Mark) -> Iterator[Figure]:
    if subject.id is None:
        yield from _of_platform(memory)
    elif subject.holder is None:
        yield from _of_invoice(subject.id, memory, mark)
    else:
        yield from _of_position(subject.id, memory, subject.holder)


def _of_invoice(invoice: bytes, memory: Memory, mark: Mark) -> Iterator[Figure]:
    terms, state = memory.find(TERMS, invoice), memory.find(INVOICE, invoice)
    if terms is None or state is None:
        return
    yield _amount("raised", "sum of stakes", state.raised, state, "raised")
    supply = sum(row.shares for row in memory.all(POSITION) if row.invoice == invoice)
    yield _amount("supply", "sum of the positions' shares", supply, state, "supply")
    outstanding = terms.face - state.paid
    yield _amount("outstanding", "face - paid", outstanding, state, "paid", face=terms.face)
    late_num, days = late_charge(terms, state, mark.closed_at)
    owed = late_num // BASIS - state.late_paid if state.status in OWING else 0
    yield _amount(
        "late_owed",
        "floor(min(late_num + (days - late_days) * late_bps * (par_sold - investors),"
        " par_sold * late_cap_bps) / 10000) - late_paid while it is owed, else 0",
        owed,
        state,
        *("late_num", "late_days", "par_sold", "investors", "late_paid", "status"),
        days=days,
        late_bps=terms.late_bps,
        late_cap_bps=terms.late_cap_bps,
    )
    yield _amount(
        "amount_due",
        "face - paid + late_owed while it is owed, else 0",
        amount_due(terms, state, mark.closed_at),
        state,
        *("paid", "status"),
        face=terms.face,
        late_owed=owed,
    )
    released = state.raised if state.released_at is not None else 0
    yield _amount(
        "held_by_escrow",
        "raised - refunded - released",
        state.raised - state.refunded - released,
        state,
        *("raised", "refunded"),
        released=released,
    )
    if pool := memory.find(POOL, invoice):
        held = pool.investors + pool.seller - pool.claimed - pool.seller_claimed
        yield _amount(
            "held_by_distributor",
            "investors + seller - claimed - seller_claimed (fees are one pot of all invoices)",
            held,
            pool,
            *("investors", "seller", "claimed", "seller_claimed"),
        )


def _of_position(invoice: bytes, memory: Memory, holder: str) -> Iterator[Figure]:
    position, pool = memory.find(POSITION, invoice, holder), memory.find(POOL, invoice)
    if position is None:
        return
    index = pool.index if pool else position.index
    moves = ("paid_in", "refunded", "shares_in", "shares_out")
    yield _amount(
        "shares", "paid_in - refunded + shares_in - shares_out", position.shares, position, *moves
    )
    yield _amount(
        "claimable",
        f"floor((accrued + shares * (pool_index - index)) / {SCALE})",
        claimable(position, index),
        position,
        *("accrued", "shares", "index"),
        pool_index=index,
    )
    yield _amount("received", "sum of payouts", position.received, position, "received")
    yield _amount(
        "net",
        "received + refunded - paid_in",
        position.received + position.refunded - position.paid_in,
        position,
        *("received", "refunded", "paid_in"),
    )


def _of_platform(memory: Memory) -> Iterator[Figure]:
    for row in memory.all(CUSTODY):
        yield _amount(
            f"held/{row.contract}/{row.asset}",
            "paid_in - paid_out",
            row.paid_in - row.paid_out,
            row,
            *("paid_in", "paid_out"),
        )
    for total in memory.all(STATUS_TOTAL):
        name = total.status.name.lower()
        yield Figure(
            f"invoices/{name}", "invoices in this status", "number", {}, str(total.invoices)
        )


def _amount(name: str, formula: str, value: int, row: Row, *fields: str, **more: int) -> Figure:
    inputs = {field: str(int(getattr(row, field))) for field in fields}
    inputs |= {field: str(given) for field, given in more.items()}
    return Figure(name, formula, UNITS, inputs, str(value))


def _metrics(subject: Subject, memory: Memory, mark: Mark) -> Iterator[Figure]:
    # Polars takes a third of a second to import, for nothing where no figure is asked for.
    from projections.analytics import facts  # noqa: PLC0415
    from projections.analytics.dashboards import DASHBOARDS, of_table  # noqa: PLC0415
    from projections.analytics.workings import Workings  # noqa: PLC0415

    workings = Workings(facts.remembered(memory, mark))
    about = {
        column: value
        for column, value in (("invoice", subject.invoice), ("holder", subject.holder))
        if value is not None
    }
    everything = dict.fromkeys(name for one in PLATFORM for name in DASHBOARDS[one].tables)
    for name in METRICS[subject.kind] or everything:
        for answer in of_table(name, workings, about):
            # An invoice has one asset: no need to name it.
            yield _metric(answer, {*about, "asset"} if about else set())


def _metric(answer: Answer, given: set[str]) -> Figure:
    from projections.analytics.dashboards import TABLES  # noqa: PLC0415

    metric, table = TABLES[answer.table]
    formula = next(one.formula for one in table.figures if one.name == answer.figure)
    key = [value for column, value in answer.key.items() if column not in given]
    return Figure(
        name="/".join([answer.table, answer.figure, *key]),
        formula=formula,
        unit=answer.unit,
        inputs={"version": str(answer.version), "worked out from": ", ".join(metric.inputs)},
        value=answer.value,
        null_reason=answer.null_reason,
    )
