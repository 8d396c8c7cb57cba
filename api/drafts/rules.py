"""What must hold before a draft can be published: the contract's rules, said for each field.

The rules are those of the escrow's `terms.rs` over the parameters in force; the ledger decides.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal, localcontext

import msgspec

from api.drafts.schemas import Content, DraftTerms, Line
from api.errors import FieldFault
from api.transactions.words import money
from api.values import PrintedText

MAX_FACE = 10**16
_BASIS = 10_000
_DAY = 86_400
_CENT = Decimal("0.01")
_NEEDED = (
    "asset", "face", "target", "par", "min_raise", "fee_bps", "late_bps", "late_cap_bps",
    "due_at", "deadline", "grace", "release_delay", "needs_ack", "doc_hash",
)  # fmt: skip
_PRINTED = ("seller_tax_id", "debtor_tax_id", "number", "amount", "currency", "issue_date")
_BOUNDED = ("fee_bps", "late_bps", "late_cap_bps", "grace", "release_delay")

Range = tuple[int, int]


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """The platform as of one ledger: parameters for new invoices, assets on its list.

    `fee_bps` to `tenor` are lowest and highest; durations in seconds, `now` in Unix seconds.
    """

    now: int
    fee_bps: Range
    late_bps: Range
    late_cap_bps: Range
    grace: Range
    release_delay: Range
    tenor: Range
    allowed_assets: tuple[str, ...]
    platform: tuple[str, ...] = ()
    """Addresses of the platform's contracts: no party of an invoice."""


def faults(content: Content, bounds: Bounds, seller: str) -> tuple[FieldFault, ...]:
    """Everything that stands against publishing it as `seller`, each with its place."""
    missing = _missing(content.terms)
    return (
        *_printed(content),
        *_lines(content),
        *missing,
        *of_terms(content.terms, bounds, seller),
    )


def of_terms(terms: DraftTerms, bounds: Bounds, seller: str) -> tuple[FieldFault, ...]:
    """What the contract would refuse of the terms that are told."""
    return (
        *_amounts(terms),
        *_times(terms, bounds),
        *_within(terms, bounds),
        *_parties(terms, bounds, seller),
    )


def _printed(content: Content) -> Iterator[FieldFault]:
    printed = content.printed
    for name in _PRINTED:
        if getattr(printed, name) is None:
            yield FieldFault(f"/printed/{name}", "This is needed before it is published.")
    for name in ("seller_tax_id", "debtor_tax_id", "number"):
        if (text := getattr(printed, name)) is not None:
            try:
                PrintedText.parse(text)
            except ValueError as error:
                yield FieldFault(f"/printed/{name}", f"{str(error).capitalize()}.")
    for name in ("issue_date", "due_date"):
        if (text := getattr(printed, name)) is not None and _date(text) is None:
            yield FieldFault(f"/printed/{name}", "A date is written 2026-01-31.")
    issued, due = _date(printed.issue_date), _date(printed.due_date)
    if issued and due and due < issued:
        yield FieldFault("/printed/due_date", "It is due before it was issued.")


def _lines(content: Content) -> Iterator[FieldFault]:
    """Each line is quantity times price; all lines with their tax are the invoice's amount."""
    with localcontext() as context:
        context.prec = 60
        for place, line in enumerate(content.lines):
            product = Decimal(line.quantity) * Decimal(line.unit_price)
            if _cents(product) != _cents(Decimal(line.amount)):
                said = f"{line.quantity} times {line.unit_price} is {_cents(product)}."
                yield FieldFault(f"/lines/{place}/amount", said)
        if content.lines and content.printed.amount is not None:
            total = _total(content.lines)
            if total != Decimal(content.printed.amount):
                yield FieldFault("/printed/amount", f"The lines with their tax come to {total}.")


def _total(lines: tuple[Line, ...]) -> Decimal:
    """Net and tax; tax is rounded once for each rate, as EN 16931 has it."""
    net: defaultdict[Decimal, Decimal] = defaultdict(Decimal)
    for line in lines:
        net[Decimal(line.tax_percent)] += Decimal(line.amount)
    return sum(
        (_cents(amount) + _cents(amount * rate / 100) for rate, amount in net.items()), Decimal(0)
    )


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, ROUND_HALF_UP)


def _missing(terms: DraftTerms) -> Iterator[FieldFault]:
    for name in _NEEDED:
        if getattr(terms, name) is None:
            yield FieldFault(f"/terms/{name}", "This is needed before it is published.")


def _amounts(terms: DraftTerms) -> Iterator[FieldFault]:
    """0 < min_raise <= target <= par <= face less the fee; face at most 10^16."""
    if terms.face is not None and terms.face > MAX_FACE:
        yield FieldFault("/terms/face", f"The most is {money(MAX_FACE)}.")
    if _above(terms.min_raise, terms.target):
        yield FieldFault("/terms/min_raise", "It cannot be above what is asked for in all.")
    if _above(terms.target, terms.par):
        yield FieldFault("/terms/par", "Investors cannot be promised less than they pay.")
    if terms.face is not None and terms.fee_bps is not None and terms.fee_bps <= _BASIS:
        net = terms.face - terms.face * terms.fee_bps // _BASIS
        if _above(terms.par, net):
            yield FieldFault("/terms/par", f"The fee leaves {money(net)} of the face.")


def _times(terms: DraftTerms, bounds: Bounds) -> Iterator[FieldFault]:
    """Now before the deadline, deadline and delay before it is due, due within the tenor."""
    if terms.deadline is not None and terms.deadline <= bounds.now:
        yield FieldFault("/terms/deadline", "This time is over.")
    if None not in (terms.deadline, terms.release_delay, terms.due_at) and _above(
        (terms.deadline or 0) + (terms.release_delay or 0) + 1, terms.due_at
    ):
        yield FieldFault("/terms/deadline", "Funding and release must end before it is due.")
    if terms.due_at is not None:
        shortest, longest = bounds.tenor
        if not shortest <= terms.due_at - bounds.now <= longest:
            days = f"{shortest // _DAY} to {longest // _DAY} days"
            yield FieldFault("/terms/due_at", f"It has to be due in {days}.")


def _within(terms: DraftTerms, bounds: Bounds) -> Iterator[FieldFault]:
    for name in _BOUNDED:
        value, (low, high) = getattr(terms, name), getattr(bounds, name)
        if value is not None and not low <= value <= high:
            yield FieldFault(f"/terms/{name}", f"The platform allows {low} to {high}.")


def _parties(terms: DraftTerms, bounds: Bounds, seller: str) -> Iterator[FieldFault]:
    if terms.asset is not None and terms.asset not in bounds.allowed_assets:
        yield FieldFault("/terms/asset", "This asset is not on the platform's list.")
    if terms.debtor is not None and terms.debtor in (seller, *bounds.platform):
        yield FieldFault("/terms/debtor", "The debtor is somebody else than you and the platform.")
    if terms.debtor is None and terms.needs_ack:
        yield FieldFault("/terms/needs_ack", "Only a debtor with an account can confirm on chain.")


def _above(left: int | None, right: int | None) -> bool:
    return left is not None and right is not None and left > right


def _date(text: str | None) -> dt.date | None:
    """The date, if it is written 2026-01-31: ISO 8601 knows other forms, the contracts' not."""
    try:
        found = None if text is None else dt.date.fromisoformat(text)
    except ValueError:
        return None
    return found if found is None or found.isoformat() == text else None
