"""What a stake would bring: the contracts' folds over hypothetical events.

A ladder has a rung for each way in which the debtor may pay; nothing of it is stored or shown as
having happened.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Final

import msgspec

from contracts.wire import Address
from projections.analytics.exact import power, six
from projections.analytics.metric import Reason
from projections.analytics.returns import YEAR
from projections.hypothetical import Future, NotPossibleError
from projections.invoices import INVOICE, TERMS, Terms
from projections.lifecycle import DAY, OWING, Status
from projections.memory import Memory
from projections.model import Mark
from projections.positions import POSITION

__all__ = ["SCENARIOS", "NotPossibleError", "Rung", "Scenario", "ladder", "outlook", "yields"]

_YOU, _OTHERS = Address("you"), Address("others")
"""Who signs, and who is taken to raise the rest."""


class Scenario(msgspec.Struct, frozen=True):
    """The debtor pays `part` of what is due `days` after the due date, and nothing else."""

    name: str
    title: str
    days: int
    part: Fraction


SCENARIOS: Final = (
    Scenario("on_time", "Paid on the due date", 0, Fraction(1)),
    Scenario("late_30", "Paid 30 days late", 30, Fraction(1)),
    Scenario("late_60", "Paid 60 days late", 60, Fraction(1)),
    Scenario("late_90", "Paid 90 days late", 90, Fraction(1)),
    Scenario("half", "Half paid 30 days late, then nothing", 30, Fraction(1, 2)),
    Scenario("nothing", "Nothing is ever paid", 0, Fraction(0)),
)


class Rung(msgspec.Struct, frozen=True):
    """What one scenario brings to one holder, base units of the asset.

    `at`: when the money could be claimed, and if the debt is given up, when it is written off
    (Unix seconds). `late_charge`: of the whole invoice. `gain` = `receives` - `stake`. Yields are
    M02 and M03 of the stake from the release to `at`, with the reason where there is none.
    """

    scenario: str
    invoice: bytes
    status: Status
    at: int
    stake: int
    late_charge: int
    receives: int
    gain: int
    simple_yield: Decimal | None
    effective_yield: Decimal | None
    yield_null: Reason | None


def ladder(memory: Memory, mark: Mark, invoice: bytes, stake: int) -> tuple[Rung, ...]:
    """What a stake of `stake` base units would bring if it were signed now.

    The rest of the target is taken to be raised at once, and the money released as soon as it may
    be. `memory` must hold the invoice's rows. Raises NotPossibleError where the contracts would
    refuse the stake, or the release after it.
    """
    future = Future(memory, mark)
    future.fund(invoice, _YOU, stake)
    terms, state = future.memory.get(TERMS, invoice), future.memory.get(INVOICE, invoice)
    if left := terms.target - state.raised:
        future.fund(invoice, _OTHERS, left)
    future.wait_until(mark.closed_at + terms.release_delay).release(invoice)
    return _rungs(future, invoice, _YOU, stake)


def outlook(memory: Memory, mark: Mark, holder: Address) -> tuple[Rung, ...]:
    """For each position that still waits for its debtor, what every scenario would bring.

    `stake` is the principal behind the shares. `receives` counts from the beginning: what was paid
    out, what can be claimed, and what the scenario adds; a date that is past already means now.
    """
    return tuple(
        rung
        for position in memory.all(POSITION)
        if position.holder == holder
        and position.shares
        and memory.get(INVOICE, position.invoice).status in OWING
        for rung in _rungs(Future(memory, mark), position.invoice, holder, position.shares)
    )


def _rungs(start: Future, invoice: bytes, holder: Address, stake: int) -> tuple[Rung, ...]:
    return tuple(_rung(start, scenario, invoice, holder, stake) for scenario in SCENARIOS)


def _rung(start: Future, scenario: Scenario, invoice: bytes, holder: Address, stake: int) -> Rung:
    future = Future(start.memory, start.mark)
    terms = future.memory.get(TERMS, invoice)
    _pass(future, terms, terms.due_at + scenario.days * DAY)
    if amount := int(future.due(invoice) * scenario.part):
        future.pay(invoice, amount)
    if scenario.part < 1:
        _give_up(future, terms)
    future.claim(invoice, holder)
    state = future.memory.get(INVOICE, invoice)
    receives = future.memory.get(POSITION, invoice, holder).received
    at = future.mark.closed_at
    simple, effective, reason = yields(
        stake, receives, at // DAY - (state.released_at or at) // DAY
    )
    return Rung(
        scenario=scenario.name,
        invoice=invoice,
        status=state.status,
        at=at,
        stake=stake,
        late_charge=state.late_paid,
        receives=receives,
        gain=receives - stake,
        simple_yield=simple,
        effective_yield=effective,
        yield_null=reason,
    )


def _pass(future: Future, terms: Terms, until: int) -> None:
    """Time passes until `until`, if that is to come; somebody marks the default when it is time."""
    end = terms.due_at + terms.grace
    if end <= until and future.memory.get(INVOICE, terms.invoice).status is Status.ACTIVE:
        future.wait_until(max(end, future.mark.closed_at)).default(terms.invoice)
    future.wait_until(max(until, future.mark.closed_at))


def _give_up(future: Future, terms: Terms) -> None:
    """The arbiter writes off as soon as it may be, unless that was done."""
    _pass(future, terms, terms.due_at + terms.grace + terms.recovery)
    if future.memory.get(INVOICE, terms.invoice).status is Status.DEFAULTED:
        future.write_off(terms.invoice)


def yields(
    stake: int, receives: int, days: int
) -> tuple[Decimal | None, Decimal | None, Reason | None]:
    """M02 and M03 of a stake, and the reason if one of them is null."""
    if days <= 0:
        return None, None, Reason.NO_TENOR
    simple = six(Fraction((receives - stake) * YEAR, stake * days))
    effective = six(power(Fraction(receives, stake), Fraction(YEAR, days)) - 1)
    return simple, effective, Reason.OUT_OF_RANGE if effective is None else None
