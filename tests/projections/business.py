"""A small business that emits the contracts' events in a plausible order, driven by numbers.

It keeps only what it needs to tell consistent events: no reference of the contracts (the scripted
histories are that), but enough of one to make any amount of material for the engine.
"""

from __future__ import annotations

import dataclasses

from contracts import events
from contracts.wire import Address
from tests.projections.support import DAY, USDC, Chain, address, identifier

ASSET = address("asset:USDC")
SCALE = 10**18


@dataclasses.dataclass
class Deal:
    """An invoice as this business sees it."""

    id: bytes
    seller: Address
    stage: str = "open"
    seq: int = 3
    pool_seq: int = 0
    raised: int = 0
    paid: int = 0
    investors: int = 0
    index: int = 0
    carry: int = 0
    claimed: int = 0
    shares: dict[Address, int] = dataclasses.field(default_factory=dict)
    seen: dict[Address, int] = dataclasses.field(default_factory=dict)
    credit: dict[Address, int] = dataclasses.field(default_factory=dict)

    def count(self) -> int:
        """The next number of the escrow's events."""
        self.seq += 1
        return self.seq

    def count_pool(self) -> int:
        """The next number of the pool's events."""
        self.pool_seq += 1
        return self.pool_seq

    def settle(self, holder: Address) -> None:
        """Brings a holder's credit up to the index."""
        growth = self.shares.get(holder, 0) * (self.index - self.seen.get(holder, self.index))
        self.credit[holder] = self.credit.get(holder, 0) + growth
        self.seen[holder] = self.index


class Business:
    """Acts on invoices; each act is a transaction in the current ledger of `chain`."""

    FACE = 1_000 * USDC
    TARGET = 900 * USDC
    PAR = 950 * USDC

    def __init__(self, chain: Chain, people: int = 8) -> None:
        self.chain = chain
        self.people = [address(f"@person{number}") for number in range(people)]
        self.deals: list[Deal] = []

    def list_invoice(
        self,
        *,
        target: int = TARGET,
        par: int = PAR,
        days: int = 60,
        asset: Address = ASSET,
        acknowledged: bool = False,
    ) -> Deal:
        """Creates, approves and publishes an invoice, due in `days`."""
        number = len(self.deals)
        deal = Deal(identifier(f"invoice {number}"), address(f"@seller{number % 1000}"))
        self.deals.append(deal)
        self.chain.tell(
            events.InvoiceCreated(
                id=deal.id,
                seller=deal.seller,
                debtor=address(f"@debtor{number % 1000}") if number % 2 else None,
                asset=asset,
                natural=identifier(f"natural {number}"),
                doc_hash=identifier("document"),
                face=self.FACE,
                target=target,
                par=par,
                min_raise=USDC,
                fee_bps=100,
                late_bps=5,
                late_cap_bps=500,
                due_at=self.chain.mark.closed_at + days * DAY,
                deadline=self.chain.mark.closed_at + 30 * DAY,
                grace=5 * DAY,
                release_delay=0,
                needs_ack=False,
                attempt=0,
                token=address(f"token:{number}"),
                recovery=90 * DAY,
                dispute_limit=30 * DAY,
                ticket=1,
                seq=1,
            ),
            events.InvoiceApproved(id=deal.id, verifier=address("@verifier"), seq=2),
            events.InvoicePublished(id=deal.id, seq=3),
        )
        if acknowledged:
            debtor = address(f"@debtor{number % 1000}")
            self.chain.tell(events.InvoiceAcknowledged(id=deal.id, debtor=debtor, seq=deal.count()))
        return deal

    def fund(self, deal: Deal, investor: Address, amount: int) -> None:
        """A stake; the one that reaches the target closes the funding and releases."""
        amount = min(amount, self.TARGET - deal.raised)
        deal.raised += amount
        deal.shares[investor] = deal.shares.get(investor, 0) + amount
        deal.seen[investor] = 0
        self.chain.tell(
            events.EscrowFunded(
                id=deal.id,
                investor=investor,
                amount=amount,
                shares=deal.shares[investor],
                raised=deal.raised,
                seq=deal.count(),
            )
        )
        if deal.raised == self.TARGET:
            self._release(deal)

    def _release(self, deal: Deal) -> None:
        deal.stage = "active"
        self.chain.tell(
            events.FundingClosed(
                id=deal.id,
                raised=deal.raised,
                par_sold=self.PAR,
                release_at=self.chain.mark.closed_at,
                seq=deal.count(),
            ),
            events.PoolOpened(
                id=deal.id,
                token=address("token:0"),
                asset=ASSET,
                par_sold=self.PAR,
                seq=deal.count_pool(),
            ),
            events.FundsReleased(
                id=deal.id, payee=deal.seller, amount=deal.raised, seq=deal.count()
            ),
        )

    def pay(self, deal: Deal, amount: int) -> None:
        """A payment of face, all to investors until they have par, the rest to the seller."""
        amount = min(amount, self.FACE - deal.paid)
        investors = min(amount, self.PAR - deal.investors)
        deal.paid += amount
        deal.investors += investors
        scaled = investors * SCALE + deal.carry
        last = investors > 0 and deal.investors == self.PAR
        deal.index += -(-scaled // deal.raised) if last else scaled // deal.raised
        deal.carry = 0 if last else scaled % deal.raised
        self.chain.tell(
            events.DistributionRecorded(
                id=deal.id,
                late=0,
                fee=0,
                investors=investors,
                seller=amount - investors,
                index=deal.index,
                seq=deal.count_pool(),
            ),
            events.PaymentRecorded(
                id=deal.id,
                payer=deal.seller,
                amount=amount,
                late=0,
                fee=0,
                investors=investors,
                seller=amount - investors,
                paid=deal.paid,
                outstanding=self.FACE - deal.paid,
                seq=deal.count(),
            ),
        )
        if deal.paid == self.FACE:
            deal.stage = "settled"
            self.chain.tell(
                events.PaymentSettled(id=deal.id, paid=deal.paid, late=0, seq=deal.count())
            )

    def claim(self, deal: Deal, holder: Address) -> None:
        """Pays a holder his whole units of credit, if there are any."""
        deal.settle(holder)
        units, deal.credit[holder] = divmod(deal.credit[holder], SCALE)
        if units:
            deal.claimed += units
            self.chain.tell(
                events.Payout(
                    id=deal.id,
                    holder=holder,
                    amount=units,
                    claimed=deal.claimed,
                    seq=deal.count_pool(),
                )
            )

    def transfer(self, deal: Deal, sender: Address, recipient: Address, amount: int) -> None:
        """Shares from one holder to another or to himself, up to what he has."""
        amount = min(amount, deal.shares.get(sender, 0))
        deal.settle(sender)
        deal.settle(recipient)
        deal.shares[sender] = deal.shares.get(sender, 0) - amount
        deal.shares[recipient] = deal.shares.get(recipient, 0) + amount
        self.chain.tell(
            events.ShareTransferred(
                id=deal.id,
                from_=sender,
                to=recipient,
                amount=amount,
                from_shares=deal.shares[sender],
                to_shares=deal.shares[recipient],
            )
        )

    def act(self, what: int, who: int, whom: int, amount: int) -> None:
        """One act chosen by numbers, the nearest that the invoice's stage allows."""
        if not self.deals or what % 7 == 0:
            self.list_invoice()
            return
        deal = self.deals[amount % len(self.deals)]
        person = self.people[who % len(self.people)]
        other = self.people[whom % len(self.people)]
        if deal.stage == "open":
            self.fund(deal, person, amount)
        elif what % 7 in {1, 2} and deal.stage == "active":
            self.pay(deal, amount)
        elif what % 7 in {3, 4} and deal.stage == "active":
            self.transfer(deal, person, other, amount)
        else:
            self.claim(deal, person)
