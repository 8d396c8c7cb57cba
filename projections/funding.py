"""Stakes: what each investor paid into an invoice, one fact for each payment."""

from __future__ import annotations

from collections.abc import Iterable

from contracts.events import EscrowFunded
from contracts.wire import Address
from projections import pages
from projections.model import Model, Record, Row, View
from projections.query import (
    Query,
    address,
    address_number,
    digits,
    hexadecimal,
    json_object,
    ledger,
)


class Funding(Row, frozen=True, array_like=True):
    """A stake in base units; `shares` (the investor's) and `raised` (in all) are those after it."""

    position: int
    event_index: int
    invoice: bytes
    investor: Address
    amount: int
    shares: int
    raised: int
    closed_at: int


FUNDING = Model("funding", Funding, key=("position", "event_index"), version=1, append_only=True)


@FUNDING.on(EscrowFunded)
def _funded(_: View, record: Record, event: EscrowFunded) -> Iterable[Funding]:
    yield Funding(
        position=record.position,
        event_index=record.index,
        invoice=event.id,
        investor=event.investor,
        amount=event.amount,
        shares=event.shares,
        raised=event.raised,
        closed_at=record.mark.closed_at,
    )


_ITEM = json_object(
    ledger=ledger("s.position"),
    time="s.closed_at",
    invoice=hexadecimal("s.invoice"),
    investor=address("s.investor"),
    amount=digits("s.amount"),
    shares=digits("s.shares"),
    raised=digits("s.raised"),
)

_STAKES = f"read.{FUNDING.name} AS s"
_OF_INVOICE = pages.statement(_ITEM, _STAKES, "s", "s.invoice = %(invoice)s")
_OF_INVESTOR = pages.statement(_ITEM, _STAKES, "s", f"s.investor = {address_number('investor')}")


def of_invoice(invoice: bytes, limit: int = 25, after: str | None = None) -> Query:
    """A page of the stakes in an invoice; see `pages.page`."""
    return pages.page(_OF_INVOICE, {"invoice": invoice}, limit, after)


def of_investor(investor: str, limit: int = 25, after: str | None = None) -> Query:
    """A page of an address's stakes in any invoice."""
    return pages.page(_OF_INVESTOR, {"investor": investor}, limit, after)
