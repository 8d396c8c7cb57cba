"""Two invoices worked by hand: one of 10,000.00 paid in three parts, one of 2,000.00 refunded.

Base units have seven decimals. The first: target 9,000.00, par 9,600.00, fee 2 %, late charge
0.05 % a day, due on day 60. Ann, Bob and Cid pay 4,000, 3,000 and 2,000.

| day | payment | late charge | fee | investors | seller |
|---|---|---|---|---|---|
| 50 | 3,000.00 | 0 | 60.00 | 2,940.00 | 0 |
| 70 | 1,000.00 | 10 days of 0.05 % of 6,660.00 = 33.30 | 2 % of 966.70 = 19.334 | 947.366 | 0 |
| 80 | 6,061.86317 | 10 days of 0.05 % of 5,712.634 = 28.56317 | 120.666 | 5,712.634 | 200.00 |

Investors have 9,600.00 and 61.86317 of late charges: 9,661.86317, in parts of 4 : 3 : 2. The index
is what they have for each share, scaled by 10^18, rounded down and at the last payment up.
"""

from __future__ import annotations

from contracts import events
from contracts.wire import Contract
from tests.projections.support import DAY, START, Chain, address, identifier

INVOICE = identifier("ten thousand")
REFUNDED = identifier("two thousand")
USDC = address("asset:USDC")
OWNER, TREASURY = address("@owner"), address("@treasury")
SELLER, DEBTOR, VERIFIER = address("@seller"), address("@debtor"), address("@verifier")
ANN, BOB, CID, DAN = (address(f"@{name}") for name in ("ann", "bob", "cid", "dan"))

DUE = START + 60 * DAY
INDEXES = (326666666666666666, 435629555555555555, 1073540352222222223)


def _created(invoice: bytes, face: int, target: int, par: int) -> events.InvoiceCreated:
    return events.InvoiceCreated(
        id=invoice,
        seller=SELLER,
        debtor=DEBTOR,
        asset=USDC,
        natural=identifier(f"natural {face}"),
        doc_hash=identifier("document"),
        face=face,
        target=target,
        par=par,
        min_raise=target // 2 + 1_000_000_000,
        fee_bps=200,
        late_bps=5,
        late_cap_bps=1000,
        due_at=DUE,
        deadline=START + 10 * DAY,
        grace=5 * DAY,
        release_delay=DAY,
        needs_ack=True,
        attempt=0,
        token=address(f"token:{face}"),
        recovery=90 * DAY,
        dispute_limit=30 * DAY,
        ticket=1,
        seq=1,
    )


def _platform(chain: Chain) -> None:
    chain.tell(events.OwnerAccepted(owner=OWNER), contract=Contract.ESCROW)
    chain.tell(events.TokenWasmSet(hash=identifier("token wasm"), at=START))
    chain.tell(
        events.ParamsSet(
            fee_bps=(0, 1000),
            late_bps=(0, 100),
            late_cap_bps=(0, 10_000),
            grace=(0, 60 * DAY),
            release_delay=(0, 7 * DAY),
            tenor=(31 * DAY, 365 * DAY),
            recovery=90 * DAY,
            dispute_limit=30 * DAY,
            ticket=1,
        )
    )
    chain.tell(events.OwnerAccepted(owner=OWNER), contract=Contract.DISTRIBUTOR)
    chain.tell(events.TreasurySet(treasury=TREASURY))
    chain.tell(events.AssetSet(asset=USDC, allowed=True))
    chain.tell(events.RoleGranted(role="verifier", addr=VERIFIER))
    for member in (SELLER, DEBTOR, ANN, BOB, CID):
        chain.tell(events.MemberSet(addr=member, until=START + 365 * DAY, frozen=False))


def _fund(chain: Chain, invoice: bytes, stakes: list[tuple[str, int]], seq: int) -> None:
    raised = 0
    for number, (investor, amount) in enumerate(stakes):
        raised += amount
        chain.tell(
            events.EscrowFunded(
                id=invoice,
                investor=address(investor),
                amount=amount,
                shares=amount,
                raised=raised,
                seq=seq + number,
            )
        )


def listed(chain: Chain) -> None:
    """Day 0: both invoices are open."""
    _platform(chain)
    chain.close(START + 60)
    chain.tell(_created(INVOICE, 100_000_000_000, 90_000_000_000, 96_000_000_000))
    chain.tell(_created(REFUNDED, 20_000_000_000, 18_000_000_000, 19_000_000_000))
    for invoice in (INVOICE, REFUNDED):
        chain.tell(events.InvoiceApproved(id=invoice, verifier=VERIFIER, seq=2))
        chain.tell(events.InvoicePublished(id=invoice, seq=3))


def funded(chain: Chain) -> None:
    """Day 1 and 2: the first is funded, acknowledged and released; the second gets 800.00."""
    chain.close(START + DAY)
    chain.tell(events.InvoiceAcknowledged(id=INVOICE, debtor=DEBTOR, seq=4))
    stakes = [("@ann", 40_000_000_000), ("@bob", 30_000_000_000), ("@cid", 20_000_000_000)]
    _fund(chain, INVOICE, stakes, seq=5)
    chain.tell(
        events.FundingClosed(
            id=INVOICE,
            raised=90_000_000_000,
            par_sold=96_000_000_000,
            release_at=START + 2 * DAY,
            seq=8,
        )
    )
    _fund(chain, REFUNDED, [("@ann", 5_000_000_000), ("@bob", 3_000_000_000)], seq=4)
    chain.close(START + 2 * DAY)
    chain.tell(
        events.PoolOpened(
            id=INVOICE,
            token=address("token:100000000000"),
            asset=USDC,
            par_sold=96_000_000_000,
            seq=1,
        ),
        events.FundsReleased(id=INVOICE, payee=SELLER, amount=90_000_000_000, seq=9),
    )


def refunded(chain: Chain) -> None:
    """Day 10: the second missed its minimum; Ann sends hers to Dan, Bob takes his."""
    chain.close(START + 10 * DAY)
    chain.tell(events.FundingExpired(id=REFUNDED, raised=8_000_000_000, status=7, seq=6))
    chain.tell(
        events.StakeRefunded(
            id=REFUNDED,
            investor=ANN,
            amount=5_000_000_000,
            remaining=3_000_000_000,
            to=DAN,
            seq=7,
        )
    )
    chain.tell(
        events.StakeRefunded(id=REFUNDED, investor=BOB, amount=3_000_000_000, remaining=0, seq=8)
    )


def _paid(  # noqa: PLR0917  # a row of the table above
    chain: Chain, number: int, late: int, fee: int, investors: int, seller: int, paid: int
) -> None:
    chain.tell(
        events.DistributionRecorded(
            id=INVOICE,
            late=late,
            fee=fee,
            investors=investors,
            seller=seller,
            index=INDEXES[number],
            seq=2 + number + (number > 0),
        ),
        events.PaymentRecorded(
            id=INVOICE,
            payer=DEBTOR,
            amount=late + fee + investors + seller,
            late=late,
            fee=fee,
            investors=investors,
            seller=seller,
            paid=paid,
            outstanding=100_000_000_000 - paid,
            seq=10 + number,
        ),
    )


def paid_early(chain: Chain) -> None:
    """Day 50: 3,000.00; Ann claims 4/9 of 2,940.00, rounded down."""
    chain.close(START + 50 * DAY)
    _paid(chain, 0, 0, 600_000_000, 29_400_000_000, 0, 30_000_000_000)
    chain.close(START + 51 * DAY)
    chain.tell(
        events.Payout(id=INVOICE, holder=ANN, amount=13_066_666_666, claimed=13_066_666_666, seq=3)
    )


def paid_late(chain: Chain) -> None:
    """Day 70, ten whole days late: 1,000.00."""
    chain.close(DUE + 10 * DAY)
    _paid(chain, 1, 333_000_000, 193_340_000, 9_473_660_000, 0, 39_667_000_000)


def paid_rest(chain: Chain) -> None:
    """Day 80: all that is due; settled."""
    chain.close(DUE + 20 * DAY)
    parts = (285_631_700, 1_206_660_000, 57_126_340_000, 2_000_000_000)
    _paid(chain, 2, *parts, 100_000_000_000)
    chain.tell(events.PaymentSettled(id=INVOICE, paid=100_000_000_000, late=618_631_700, seq=13))


def taken(chain: Chain) -> None:
    """Day 81: everyone takes what is his; two of 96,618,631,700 units stay in the pool."""
    chain.close(DUE + 21 * DAY)
    claimed = 13_066_666_666
    payouts = ((ANN, 29_874_947_422), (BOB, 32_206_210_566), (CID, 21_470_807_044))
    for number, (holder, amount) in enumerate(payouts):
        claimed += amount
        chain.tell(
            events.Payout(id=INVOICE, holder=holder, amount=amount, claimed=claimed, seq=6 + number)
        )
    chain.tell(events.ResidualClaimed(id=INVOICE, payee=SELLER, amount=2_000_000_000, seq=9))
    chain.tell(
        events.FeesCollected(
            asset=USDC, amount=2_000_000_000, treasury=TREASURY, fees=2_000_000_000
        )
    )


CHAPTERS = (listed, funded, refunded, paid_early, paid_late, paid_rest, taken)


def told(until: int = len(CHAPTERS)) -> Chain:
    """The story up to a chapter."""
    chain = Chain(ledger=5000)
    for chapter in CHAPTERS[:until]:
        chapter(chain)
    return chain
