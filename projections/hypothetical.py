"""What would happen: the events that the contracts would emit, folded into a copy of the models.

The waterfall of a payment is the contract's: late charge, platform's fee (telescoping), investors
up to `par_sold`, the seller.
"""

from __future__ import annotations

import msgspec

from contracts import events
from contracts.wire import Address, Contract, Event
from projections.invoices import INVOICE, TERMS, Invoice, Terms, amount_due, late_charge
from projections.lifecycle import BASIS, OWING, Status
from projections.memory import Memory
from projections.model import Mark, Record
from projections.pools import POOL, Pool, accrue
from projections.positions import POSITION, claimable


class NotPossibleError(ValueError):
    """The contracts would refuse this."""


class Split(msgspec.Struct, frozen=True):
    """How a payment is divided, base units: the parts add up to it."""

    late: int
    fee: int
    investors: int
    seller: int


def divide(terms: Terms, invoice: Invoice, amount: int, at: int) -> Split:
    """The contract's division of a payment of `amount` base units at `at` (Unix seconds)."""
    late_num, _ = late_charge(terms, invoice, at)
    late = min(amount, late_num // BASIS - invoice.late_paid)
    face = min(amount - late, terms.face - invoice.paid)
    fee = _fee(terms, invoice.paid + face) - _fee(terms, invoice.paid)
    investors = min(face - fee, invoice.par_sold - invoice.investors)
    return Split(late, fee, investors, amount - late - fee - investors)


def _fee(terms: Terms, paid: int) -> int:
    return paid * terms.fee_bps // BASIS


class Future:
    """A copy of read models in which hypothetical things happen, each in a ledger of its own."""

    def __init__(self, memory: Memory, mark: Mark) -> None:
        self.memory = memory.copy()
        self.mark = mark
        self.records: list[Record] = []
        self._index = 0

    def wait_until(self, at: int) -> Future:
        """Goes on in a later ledger that closes at `at` (Unix seconds), not in the past."""
        if at < self.mark.closed_at:
            raise NotPossibleError(f"{at} is before {self.mark.closed_at}, the time reached")
        self.mark = Mark(self.mark.ledger + 1, at)
        self._index = 0
        return self

    def fund(self, invoice: bytes, investor: Address, amount: int) -> None:
        """A stake; the one that reaches the target closes the funding.

        Raises NotPossibleError where it is not open, the deadline is past, or the amount is not
        between the ticket and what is left.
        """
        terms, before = self._deal(invoice)
        if before.status is not Status.OPEN or self.mark.closed_at >= terms.deadline:
            raise NotPossibleError("only what is open takes stakes, until its deadline")
        left = terms.target - before.raised
        if not min(terms.ticket, left) <= amount <= left:
            raise NotPossibleError(
                f"a stake is {min(terms.ticket, left)} to {left} base units, not {amount}"
            )
        held = self.memory.find(POSITION, invoice, investor)
        self.tell(
            Contract.ESCROW,
            events.EscrowFunded(
                id=invoice,
                investor=investor,
                amount=amount,
                shares=amount + (held.shares if held else 0),
                raised=before.raised + amount,
                seq=before.seq + 1,
            ),
        )
        if amount == left:
            self.close_funding(invoice)

    def close_funding(self, invoice: bytes) -> None:
        """The seller is content with what was raised, or the target is reached."""
        terms, before = self._deal(invoice)
        if before.status is not Status.OPEN or before.raised < terms.min_raise:
            raise NotPossibleError("funding is closed once, when the minimum is raised")
        self.tell(
            Contract.ESCROW,
            events.FundingClosed(
                id=invoice,
                raised=before.raised,
                par_sold=terms.par * before.raised // terms.target,
                release_at=self.mark.closed_at + terms.release_delay,
                seq=before.seq + 1,
            ),
        )

    def release(self, invoice: bytes) -> None:
        """The seller is paid. Raises NotPossibleError before its time, and from the due date on."""
        terms, before = self._deal(invoice)
        now = self.mark.closed_at
        if before.status is not Status.FUNDED or not (before.release_at or 0) <= now < terms.due_at:
            raise NotPossibleError("money is released after its delay and before the due date")
        opened = events.PoolOpened(
            id=invoice, token=terms.token, asset=terms.asset, par_sold=before.par_sold, seq=1
        )
        self.tell(Contract.DISTRIBUTOR, opened)
        self.tell(
            Contract.ESCROW,
            events.FundsReleased(
                id=invoice, payee=before.payee, amount=before.raised, seq=before.seq + 1
            ),
        )

    def pay(self, invoice: bytes, amount: int, payer: Address | None = None) -> Split:
        """A payment of `amount` base units, by the seller if not said otherwise.

        Raises NotPossibleError where nothing is owed or the amount is not positive.
        """
        terms, before = self._deal(invoice)
        if before.status not in OWING or amount <= 0:
            raise NotPossibleError(f"no payment of {amount} while {before.status.name.lower()}")
        pool = self.memory.get(POOL, invoice)
        split = divide(terms, before, amount, self.mark.closed_at)
        paid = min(terms.face, before.paid + amount - split.late)
        self.tell(
            Contract.DISTRIBUTOR,
            events.DistributionRecorded(
                id=invoice,
                index=index_after(pool, split),
                seq=pool.seq + 1,
                **msgspec.structs.asdict(split),
            ),
        )
        self.tell(
            Contract.ESCROW,
            events.PaymentRecorded(
                id=invoice,
                payer=payer or terms.seller,
                amount=amount,
                paid=paid,
                outstanding=terms.face - paid,
                seq=before.seq + 1,
                **msgspec.structs.asdict(split),
            ),
        )
        self._settle(invoice)
        return split

    def due(self, invoice: bytes) -> int:
        """What settles the invoice now, base units."""
        return amount_due(*self._deal(invoice), self.mark.closed_at)

    def default(self, invoice: bytes) -> None:
        """Somebody marks the default. Raises NotPossibleError before the end of grace."""
        terms, before = self._deal(invoice)
        if before.status is not Status.ACTIVE or self.mark.closed_at < terms.due_at + terms.grace:
            raise NotPossibleError("only what is active can default, once its grace has ended")
        outstanding = terms.face - before.paid
        self.tell(
            Contract.ESCROW,
            events.InvoiceDefaulted(id=invoice, outstanding=outstanding, seq=before.seq + 1),
        )

    def write_off(self, invoice: bytes) -> None:
        """The arbiter gives up. Raises NotPossibleError before the recovery window has ended."""
        terms, before = self._deal(invoice)
        end = terms.due_at + terms.grace + terms.recovery
        if before.status is not Status.DEFAULTED or self.mark.closed_at < end:
            raise NotPossibleError("only a default is written off, once its recovery has ended")
        shortfall = before.par_sold - before.investors
        self.tell(
            Contract.ESCROW,
            events.InvoiceWrittenOff(id=invoice, shortfall=shortfall, seq=before.seq + 1),
        )

    def claim(self, invoice: bytes, holder: Address) -> int:
        """A holder takes what is his; gives the amount, 0 where there is nothing."""
        pool = self.memory.find(POOL, invoice)
        position = self.memory.find(POSITION, invoice, holder)
        amount = claimable(position, pool.index) if pool and position else 0
        if pool and amount:
            self.tell(
                Contract.DISTRIBUTOR,
                events.Payout(
                    id=invoice,
                    holder=holder,
                    amount=amount,
                    claimed=pool.claimed + amount,
                    seq=pool.seq + 1,
                ),
            )
        return amount

    def tell(self, contract: Contract, event: Event) -> None:
        """Folds an event of the ledger reached."""
        record = Record(
            contract=contract,
            event=event,
            mark=self.mark,
            position=self.mark.ledger << 32 | 1 << 12,
            index=self._index,
            tx_hash=bytes(32),
        )
        self._index += 1
        self.records.append(record)
        self.memory.apply((record,))

    def _deal(self, invoice: bytes) -> tuple[Terms, Invoice]:
        terms = self.memory.find(TERMS, invoice)
        state = self.memory.find(INVOICE, invoice)
        if terms is None or state is None:
            raise NotPossibleError(f"there is no invoice {invoice.hex()}")
        return terms, state

    def _settle(self, invoice: bytes) -> None:
        _, after = self._deal(invoice)
        if self.due(invoice) == 0:
            event = events.PaymentSettled(
                id=invoice, paid=after.paid, late=after.late_paid, seq=after.seq + 1
            )
            self.tell(Contract.ESCROW, event)


def index_after(pool: Pool, split: Split) -> int:
    """The pool's index once a payment so split has come in."""
    face_part = pool.investors - pool.late + split.investors
    last = split.investors > 0 and face_part == pool.par_sold
    return accrue(pool, split.late + split.investors, last=last)[0]
