"""Two invoices' lives on a local platform: one is financed and repaid, one expires and is refunded.

Nothing moves but by the key of the person who is named: a wallet asks the API for a transaction,
signs it, submits it to the ledger itself, and goes on when the platform shows what happened.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import msgspec

from stellarsettle.local import UNITS, LocalPlatform
from stellarsettle.wallet import Done, Wallet

DAY = 86_400
HOUR = 3_600


class Cast(msgspec.Struct, frozen=True):
    """Who takes part."""

    seller: Wallet
    debtor: Wallet
    investors: tuple[Wallet, Wallet, Wallet]
    verifier: Wallet
    compliance: Wallet
    treasury: Wallet
    owner: Wallet


class Told(msgspec.Struct, frozen=True):
    """What came of it: the invoices' ids, in hex."""

    settled: str
    refunded: str


class Left(msgspec.Struct, frozen=True):
    """Invoices that wait for somebody: one for its debtor, two for investors; ids in hex."""

    active: str
    begun: str
    fresh: str


class Price(msgspec.Struct, frozen=True):
    """What a seller asks for 10,000.00: how much now, how much investors get, in how many days."""

    target: int = 9_500
    par: int = 9_800
    days: int = 60


_PRICE = Price()


def amount(units: int) -> str:
    """Base units as people write them: 1,234.56, every non-zero decimal."""
    whole, rest = divmod(units, UNITS)
    decimals = f"{rest:07}".rstrip("0").ljust(2, "0")
    return f"{whole:,}.{decimals}"


def gather(platform: LocalPlatform) -> Cast:
    """Make the people, give them money to act with, and sign everybody in."""
    cast = Cast(
        seller=platform.person("Sana, seller"),
        debtor=platform.person("Delta Ltd, debtor", usdc=12_000 * UNITS),
        investors=(
            platform.person("Ada, investor", usdc=7_000 * UNITS),
            platform.person("Ben, investor", usdc=5_000 * UNITS),
            platform.person("Cleo, investor", usdc=2_000 * UNITS),
        ),
        verifier=platform.operator("verifier"),
        compliance=platform.operator("compliance"),
        treasury=platform.operator("treasury"),
        owner=platform.operator("owner"),
    )
    everybody = (cast.seller, cast.debtor, *cast.investors)
    for wallet in (*everybody, cast.verifier, cast.compliance, cast.treasury, cast.owner):
        wallet.sign_in()
    return cast


class Story:
    """Tells the two lives, step by step; `tell` hears each one."""

    def __init__(self, platform: LocalPlatform, cast: Cast, tell: Callable[[str], None]) -> None:
        self.platform = platform
        self.cast = cast
        self._tell = tell

    def admit(self) -> None:
        """Compliance makes seller and investors members for a year."""
        until = self.platform.chain.close_time() + 365 * DAY
        for wallet in (self.cast.seller, *self.cast.investors):
            self.act(
                self.cast.compliance,
                "set-member",
                address=wallet.address,
                until=until,
                frozen=False,
            )

    def list_invoice(self, number: str, price: Price = _PRICE) -> str:
        """The seller creates invoice `number` over 10,000.00, which is approved and published."""
        done = self.act(self.cast.seller, "create-escrow", **self.terms(number, price))
        invoice = str(done.intent["invoice_id"])
        self.act(self.cast.verifier, "approve", invoice_id=invoice)
        self.act(self.cast.debtor, "acknowledge", invoice_id=invoice)
        self.act(self.cast.seller, "publish", invoice_id=invoice)
        return invoice

    def finance(self, invoice: str) -> None:
        """Three investors fund 9,500.00; a day later the seller has it."""
        for wallet, stake in zip(self.cast.investors, (5_000, 3_000, 1_500), strict=True):
            self.act(wallet, "fund", invoice_id=invoice, amount=str(stake * UNITS))
        self.wait_until(
            self.invoice(invoice)["times"]["release_at"], "the release delay has passed"
        )
        self.act(self.cast.seller, "release", invoice_id=invoice)

    def repay(self, invoice: str) -> None:
        """A part a month early, a part five days late, the rest eight days late; all claim."""
        due = self.invoice(invoice)["due_at"]
        self.wait_until(due - 30 * DAY, "thirty days before the due date")
        self._pay(invoice, 4_000 * UNITS)
        self.act(self.cast.investors[0], "claim", invoice_id=invoice)
        self.wait_until(due + 5 * DAY + HOUR, "five days late")
        self._pay(invoice, 2_000 * UNITS)
        self.wait_until(due + 8 * DAY + HOUR, "eight days late")
        self._pay(invoice, int(self.invoice(invoice)["amount_due"]))
        for wallet in self.cast.investors:
            self.act(wallet, "claim", invoice_id=invoice)
        self.act(self.cast.seller, "claim-residual", invoice_id=invoice)
        self.act(self.cast.treasury, "collect-fees", asset=self.platform.asset)

    def fail_to_fund(self, invoice: str) -> None:
        """Two investors raise too little; after the deadline they have their money back."""
        pairs = ((self.cast.investors[0], 800), (self.cast.investors[1], 400))
        for wallet, stake in pairs:
            self.act(wallet, "fund", invoice_id=invoice, amount=str(stake * UNITS))
        self.wait_until(self.invoice(invoice)["deadline"], "the deadline has passed")
        self.act(self.cast.investors[0], "expire", invoice_id=invoice)
        for wallet, _ in pairs:
            self.act(wallet, "refund", invoice_id=invoice)

    def tell(self) -> Told:
        """Everything, in order."""
        self._tell("Members are admitted")
        self.admit()
        self._tell("An invoice over 10,000.00 USDC is financed")
        settled = self.list_invoice("INV-2026-001")
        self.finance(settled)
        self._tell("The debtor pays: early, late, and the rest")
        self.repay(settled)
        self._tell("A second invoice finds too little money")
        refunded = self.list_invoice("INV-2026-002")
        self.fail_to_fund(refunded)
        return Told(settled, refunded)

    def leave(self) -> Left:
        """After `tell`: three invoices whose lives go on with whoever comes next."""
        self._tell("Three more invoices are left for you")
        active = self.list_invoice("INV-2026-003", Price(9_550, 9_750, 45))
        for wallet, stake in zip(self.cast.investors, (4_000, 4_000, 1_550), strict=True):
            self.act(wallet, "fund", invoice_id=active, amount=str(stake * UNITS))
        self.wait_until(self.invoice(active)["times"]["release_at"], "the release delay has passed")
        self.act(self.cast.seller, "release", invoice_id=active)
        begun = self.list_invoice("INV-2026-004", Price(9_300, 9_700, 90))
        self.act(self.cast.investors[0], "fund", invoice_id=begun, amount=str(2_500 * UNITS))
        fresh = self.list_invoice("INV-2026-005", Price(9_700, 9_850, 40))
        return Left(active, begun, fresh)

    def act(self, wallet: Wallet, action: str, **body: Any) -> Done:
        """One signed action, told when it can be read back."""
        done = wallet.act(action, **body)
        self._tell(f"  ledger {done.ledger:>4}  {wallet.name} signed: {done.summary}")
        return done

    def wait_until(self, moment: int, why: str) -> None:
        """Move the ledger's clock to `moment` (Unix seconds), unless it is there already.

        Where headers carry whole seconds, busy ledgers run ahead of the clock that is moved.
        """
        passes = False
        while (ahead := moment - self.platform.chain.close_time()) > 0:
            self.platform.devnet.advance_time(ahead)
            passes = True
        if passes:
            self.platform.wait_until_shown()
            self._tell(f"               time passes: {why}")

    def invoice(self, invoice: str) -> dict[str, Any]:
        """The invoice as the API shows it."""
        shown: dict[str, Any] = self.cast.seller.get(f"/v1/invoices/{invoice}")
        return shown

    def terms(self, number: str, price: Price = _PRICE) -> dict[str, Any]:
        """The seller's offer of 10,000.00 at a price, to be funded within a week."""
        now = self.platform.chain.close_time()
        return {
            "debtor": self.cast.debtor.address,
            "asset": self.platform.asset,
            "face": str(10_000 * UNITS),
            "target": str(price.target * UNITS),
            "par": str(price.par * UNITS),
            "min_raise": str(5_000 * UNITS),
            "fee_bps": 100,
            "late_bps": 10,
            "late_cap_bps": 1_000,
            "due_at": now + price.days * DAY,
            "deadline": now + 7 * DAY,
            "grace": 10 * DAY,
            "release_delay": DAY,
            "needs_ack": True,
            "doc_hash": hashlib.sha256(number.encode()).hexdigest(),
            "natural_key": {
                "seller_tax_id": "DE811907980",
                "debtor_tax_id": "FR40303265045",
                "number": number,
                "amount": "10000.00",
                "currency": "USD",
                "issue_date": "2026-11-01",
            },
        }

    def _pay(self, invoice: str, units: int) -> None:
        self.act(self.cast.debtor, "pay", invoice_id=invoice, amount=str(units))
