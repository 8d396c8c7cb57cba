"""Events from short lines, so that a golden vector can be read: a day, an act, its parts.

    0 create A seller=sam debtor=dee face=10000 target=9000 par=9600 due=60
    1 fund A ann 4000
    2 release A
    50 pay A 3000
    81 claim A ann

Amounts are base units, days are counted from 2027-01-01 (UTC), a deadline is the last day for
stakes; what happens on a day happens at
noon, lines of a day in one ledger each, in order. Every event goes through the real folds. What
the contracts would work out (fees, late charges, the accrual index) is worked out by
`projections.hypothetical`, which is tested against the contracts.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from typing import Any

from contracts import events
from contracts.wire import Address, Contract
from projections.hypothetical import Future, NotPossibleError
from projections.invoices import INVOICE
from projections.lifecycle import DAY
from projections.memory import Memory
from projections.model import Mark
from projections.pools import POOL
from projections.positions import POSITION
from tests.projections.support import address, identifier

BEGINNING = int(dt.datetime(2027, 1, 1, tzinfo=dt.UTC).timestamp())
NOON = DAY // 2

_DEFAULTS = {
    "seller": "sam", "debtor": "dee", "asset": "USDC", "fee": 0, "late": 0, "cap": 0,
    "grace": 5, "recovery": 90, "min": 1, "deadline": 30,
}  # fmt: skip


def asset(name: str) -> Address:
    """The address of an asset."""
    return address(f"asset:{name}")


def person(name: str) -> Address:
    """The address of somebody."""
    return address(f"@{name}")


class Narrator:
    """Tells acts to the folds; `future` holds the read models and all records."""

    def __init__(self) -> None:
        self.future = Future(Memory(), Mark(1, BEGINNING))

    def tell(self, acts: str) -> Narrator:
        """Tells every line; empty ones and those that begin with # are for people."""
        for line in filter(None, map(str.strip, acts.splitlines())):
            if not line.startswith("#"):
                self._act(line)
        return self

    def try_to_tell(self, line: str) -> None:
        """Tells a line, unless the contracts would refuse it."""
        with contextlib.suppress(NotPossibleError):
            self._act(line)

    def _act(self, line: str) -> None:
        day, act, *words = line.split()
        at = BEGINNING + int(float(day) * DAY) + NOON
        self.future.wait_until(max(at, self.future.mark.closed_at))
        named = dict(word.split("=", 1) for word in words if "=" in word)
        plain = [word for word in words if "=" not in word]
        getattr(self, f"_{act}")(*plain, **named)

    def _escrow(self, kind: Any, invoice: str, **fields: Any) -> None:
        number = identifier(invoice)
        seq = self.future.memory.get(INVOICE, number).seq + 1
        self.future.tell(Contract.ESCROW, kind(id=number, seq=seq, **fields))

    def _now(self) -> None:
        """Nothing happens: only time passes."""

    def _create(self, invoice: str, **given: str) -> None:
        terms: dict[str, Any] = {**_DEFAULTS, **given}
        self._create_only(invoice, **terms)
        self._escrow(events.InvoiceApproved, invoice, verifier=person("verifier"))
        self._escrow(events.InvoicePublished, invoice)

    def _create_only(self, invoice: str, **given: Any) -> None:
        terms: dict[str, Any] = {**_DEFAULTS, **given}
        created = events.InvoiceCreated(
            id=identifier(invoice),
            seller=person(terms["seller"]),
            debtor=person(terms["debtor"]) if terms["debtor"] != "none" else None,
            asset=asset(terms["asset"]),
            natural=identifier(f"natural {invoice}"),
            doc_hash=identifier("document"),
            face=int(terms["face"]),
            target=int(terms["target"]),
            par=int(terms["par"]),
            min_raise=int(terms["min"]),
            fee_bps=int(terms["fee"]),
            late_bps=int(terms["late"]),
            late_cap_bps=int(terms["cap"]),
            due_at=BEGINNING + int(terms["due"]) * DAY + NOON,
            deadline=BEGINNING + (int(terms["deadline"]) + 1) * DAY,
            grace=int(terms["grace"]) * DAY,
            release_delay=0,
            needs_ack=False,
            attempt=0,
            token=address(f"token:{invoice}"),
            recovery=int(terms["recovery"]) * DAY,
            dispute_limit=30 * DAY,
            ticket=1,
            seq=1,
        )
        self.future.tell(Contract.ESCROW, created)

    def _fund(self, invoice: str, investor: str, amount: str) -> None:
        self.future.fund(identifier(invoice), person(investor), int(amount))

    def _close(self, invoice: str) -> None:
        self.future.close_funding(identifier(invoice))

    def _release(self, invoice: str) -> None:
        self.future.release(identifier(invoice))

    def _pay(self, invoice: str, amount: str, payer: str = "sam") -> None:
        """`all`: what is due."""
        number = identifier(invoice)
        value = self.future.due(number) if amount == "all" else int(amount)
        self.future.pay(number, value, person(payer))

    def _claim(self, invoice: str, holder: str) -> None:
        self.future.claim(identifier(invoice), person(holder))

    def _residual(self, invoice: str) -> None:
        number, memory = identifier(invoice), self.future.memory
        pool, state = memory.get(POOL, number), memory.get(INVOICE, number)
        claimed = events.ResidualClaimed(
            id=number, payee=state.payee, amount=pool.seller - pool.seller_claimed, seq=pool.seq + 1
        )
        self.future.tell(Contract.DISTRIBUTOR, claimed)

    def _default(self, invoice: str) -> None:
        self.future.default(identifier(invoice))

    def _write_off(self, invoice: str) -> None:
        self.future.write_off(identifier(invoice))

    def _expire(self, invoice: str) -> None:
        raised = self.future.memory.get(INVOICE, identifier(invoice)).raised
        status = 7 if raised else 8
        self._escrow(events.FundingExpired, invoice, raised=raised, status=status)

    def _cancel(self, invoice: str) -> None:
        raised = self.future.memory.get(INVOICE, identifier(invoice)).raised
        status = 7 if raised else 9
        self._escrow(
            events.InvoiceCancelled, invoice, by=person("sam"), raised=raised, status=status
        )

    def _refund(self, invoice: str, holder: str) -> None:
        number = identifier(invoice)
        memory = self.future.memory
        amount = memory.get(POSITION, number, person(holder)).shares
        self._escrow(
            events.StakeRefunded,
            invoice,
            investor=person(holder),
            amount=amount,
            remaining=memory.get(INVOICE, number).supply - amount,
        )

    def _transfer(self, invoice: str, sender: str, recipient: str, amount: str) -> None:
        number = identifier(invoice)
        memory = self.future.memory
        held = memory.find(POSITION, number, person(recipient))
        moved = events.ShareTransferred(
            id=number,
            from_=person(sender),
            to=person(recipient),
            amount=int(amount),
            from_shares=memory.get(POSITION, number, person(sender)).shares - int(amount),
            to_shares=(held.shares if held else 0) + int(amount),
        )
        self.future.tell(Contract.ESCROW, moved)

    def _burn(self, invoice: str, holder: str) -> None:
        number = identifier(invoice)
        shares = self.future.memory.get(POSITION, number, person(holder)).shares
        burnt = events.ShareBurned(id=number, from_=person(holder), amount=shares, from_shares=0)
        self.future.tell(Contract.ESCROW, burnt)

    def _dispute(self, invoice: str) -> None:
        self._escrow(
            events.DisputeOpened,
            invoice,
            by=person("dee"),
            reason_hash=identifier("reason"),
            until=self.future.mark.closed_at + 30 * DAY,
        )

    def _void(self, invoice: str) -> None:
        """The arbiter rules for the debtor: an active invoice defaults."""
        self._escrow(events.DisputeResolved, invoice, outcome=1, status=5)
