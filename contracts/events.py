"""The contracts' events, typed.

Written by `make contracts` from their spec: edit the contracts instead.
"""

from __future__ import annotations

from typing import ClassVar

from contracts.wire import Address, Contract, Event


class AssetSet(Event, frozen=True):
    """An asset went on the list or off it."""

    NAME: ClassVar[str] = "asset_set"
    TOPICS: ClassVar[tuple[str, ...]] = ("asset",)
    asset: Address
    allowed: bool


class DisputeOpened(Event, frozen=True):
    """A dispute blocks funding, release and transfers until `until`."""

    NAME: ClassVar[str] = "dispute_opened"
    TOPICS: ClassVar[tuple[str, ...]] = ("id", "by")
    id: bytes
    by: Address
    reason_hash: bytes
    until: int
    seq: int


class DisputeResolved(Event, frozen=True):
    """An arbiter ended a dispute; `status` is the resulting one."""

    NAME: ClassVar[str] = "dispute_resolved"
    TOPICS: ClassVar[tuple[str, ...]] = ("id",)
    id: bytes
    outcome: int
    status: int
    seq: int


class EscrowFunded(Event, frozen=True):
    """An investor paid `amount`; `shares` and `raised` are the resulting totals."""

    NAME: ClassVar[str] = "escrow_funded"
    TOPICS: ClassVar[tuple[str, ...]] = ("id", "investor")
    id: bytes
    investor: Address
    amount: int
    shares: int
    raised: int
    seq: int


class FundingClosed(Event, frozen=True):
    """The invoice is Funded."""

    NAME: ClassVar[str] = "funding_closed"
    TOPICS: ClassVar[tuple[str, ...]] = ("id",)
    id: bytes
    raised: int
    par_sold: int
    release_at: int
    seq: int


class FundingExpired(Event, frozen=True):
    """Time ran out before release; `status` is the resulting one."""

    NAME: ClassVar[str] = "funding_expired"
    TOPICS: ClassVar[tuple[str, ...]] = ("id",)
    id: bytes
    raised: int
    status: int
    seq: int


class FundsReleased(Event, frozen=True):
    """The payee was paid; the invoice is Active."""

    NAME: ClassVar[str] = "funds_released"
    TOPICS: ClassVar[tuple[str, ...]] = ("id", "payee")
    id: bytes
    payee: Address
    amount: int
    seq: int


class InvoiceAcknowledged(Event, frozen=True):
    """The debtor confirmed the debt."""

    NAME: ClassVar[str] = "invoice_acknowledged"
    TOPICS: ClassVar[tuple[str, ...]] = ("id", "debtor")
    id: bytes
    debtor: Address
    seq: int


class InvoiceApproved(Event, frozen=True):
    """A verifier vouches for the listing; its natural key is taken."""

    NAME: ClassVar[str] = "invoice_approved"
    TOPICS: ClassVar[tuple[str, ...]] = ("id",)
    id: bytes
    verifier: Address
    seq: int


class InvoiceCancelled(Event, frozen=True):
    """The seller withdrew the invoice; `status` is the resulting one."""

    NAME: ClassVar[str] = "invoice_cancelled"
    TOPICS: ClassVar[tuple[str, ...]] = ("id", "by")
    id: bytes
    by: Address
    raised: int
    status: int
    seq: int


class InvoiceCreated(Event, frozen=True):
    """An invoice was listed with these terms; `token` will hold its shares."""

    NAME: ClassVar[str] = "invoice_created"
    TOPICS: ClassVar[tuple[str, ...]] = ("id", "seller")
    id: bytes
    seller: Address
    asset: Address
    natural: bytes
    doc_hash: bytes
    face: int
    target: int
    par: int
    min_raise: int
    fee_bps: int
    late_bps: int
    late_cap_bps: int
    due_at: int
    deadline: int
    grace: int
    release_delay: int
    needs_ack: bool
    attempt: int
    token: Address
    recovery: int
    dispute_limit: int
    ticket: int
    seq: int
    debtor: Address | None = None


class InvoiceDefaulted(Event, frozen=True):
    """The grace period ended with money outstanding; the invoice is Defaulted."""

    NAME: ClassVar[str] = "invoice_defaulted"
    TOPICS: ClassVar[tuple[str, ...]] = ("id",)
    id: bytes
    outstanding: int
    seq: int


class InvoicePublished(Event, frozen=True):
    """The invoice is Open for investors."""

    NAME: ClassVar[str] = "invoice_published"
    TOPICS: ClassVar[tuple[str, ...]] = ("id",)
    id: bytes
    seq: int


class InvoiceRejected(Event, frozen=True):
    """A verifier ended the listing; it is Cancelled."""

    NAME: ClassVar[str] = "invoice_rejected"
    TOPICS: ClassVar[tuple[str, ...]] = ("id",)
    id: bytes
    verifier: Address
    reason: bytes
    seq: int


class InvoiceWrittenOff(Event, frozen=True):
    """Recovery ended; the invoice is WrittenOff, and investors lack `shortfall`."""

    NAME: ClassVar[str] = "invoice_written_off"
    TOPICS: ClassVar[tuple[str, ...]] = ("id",)
    id: bytes
    shortfall: int
    seq: int


class MemberSet(Event, frozen=True):
    """A membership changed."""

    NAME: ClassVar[str] = "member_set"
    TOPICS: ClassVar[tuple[str, ...]] = ("addr",)
    addr: Address
    until: int
    frozen: bool


class OwnerAccepted(Event, frozen=True):
    """`owner` owns the contract from now on."""

    NAME: ClassVar[str] = "owner_accepted"
    TOPICS: ClassVar[tuple[str, ...]] = ("owner",)
    owner: Address


class OwnerProposed(Event, frozen=True):
    """Ownership was offered to `owner`.

    An offer to the present owner withdraws an earlier one by replacing it.
    """

    NAME: ClassVar[str] = "owner_proposed"
    TOPICS: ClassVar[tuple[str, ...]] = ("owner",)
    owner: Address


class ParamsSet(Event, frozen=True):
    """New invoices are bound by these parameters; pairs are [low, high]."""

    NAME: ClassVar[str] = "params_set"
    TOPICS: ClassVar[tuple[str, ...]] = ()
    fee_bps: tuple[int, int]
    late_bps: tuple[int, int]
    late_cap_bps: tuple[int, int]
    grace: tuple[int, int]
    release_delay: tuple[int, int]
    tenor: tuple[int, int]
    recovery: int
    dispute_limit: int
    ticket: int


class Paused(Event, frozen=True):
    """New business stopped."""

    NAME: ClassVar[str] = "paused"
    TOPICS: ClassVar[tuple[str, ...]] = ("by",)
    by: Address


class PayeeChanged(Event, frozen=True):
    """What the seller earns is paid to another account from now on."""

    NAME: ClassVar[str] = "payee_changed"
    TOPICS: ClassVar[tuple[str, ...]] = ("id", "from", "to")
    id: bytes
    from_: Address
    to: Address
    seq: int


class PaymentRecorded(Event, frozen=True):
    """A payment and its parts; `paid` and `outstanding` are resulting totals of the face."""

    NAME: ClassVar[str] = "payment_recorded"
    TOPICS: ClassVar[tuple[str, ...]] = ("id", "payer")
    id: bytes
    payer: Address
    amount: int
    late: int
    fee: int
    investors: int
    seller: int
    paid: int
    outstanding: int
    seq: int
    reference: bytes | None = None


class PaymentSettled(Event, frozen=True):
    """Face and late charge are paid; the invoice is Settled."""

    NAME: ClassVar[str] = "payment_settled"
    TOPICS: ClassVar[tuple[str, ...]] = ("id",)
    id: bytes
    paid: int
    late: int
    seq: int


class PositionRecovered(Event, frozen=True):
    """All shares and credit of a lost wallet moved."""

    NAME: ClassVar[str] = "position_recovered"
    TOPICS: ClassVar[tuple[str, ...]] = ("id", "from", "to")
    id: bytes
    from_: Address
    to: Address
    shares: int
    seq: int


class RoleGranted(Event, frozen=True):
    """An account holds a role."""

    NAME: ClassVar[str] = "role_granted"
    TOPICS: ClassVar[tuple[str, ...]] = ("role", "addr")
    role: str
    addr: Address


class RoleRevoked(Event, frozen=True):
    """An account holds a role no longer."""

    NAME: ClassVar[str] = "role_revoked"
    TOPICS: ClassVar[tuple[str, ...]] = ("role", "addr")
    role: str
    addr: Address


class ShareBurned(Event, frozen=True):
    """Shares were thrown away after settlement."""

    NAME: ClassVar[str] = "share_burned"
    TOPICS: ClassVar[tuple[str, ...]] = ("id", "from")
    id: bytes
    from_: Address
    amount: int
    from_shares: int


class ShareTransferred(Event, frozen=True):
    """Shares moved: a mirror of the token's event, so that two contracts tell the whole story."""

    NAME: ClassVar[str] = "share_transferred"
    TOPICS: ClassVar[tuple[str, ...]] = ("id", "from", "to")
    id: bytes
    from_: Address
    to: Address
    amount: int
    from_shares: int
    to_shares: int


class Skimmed(Event, frozen=True):
    """Money that belonged to nobody went to the treasury."""

    NAME: ClassVar[str] = "skimmed"
    TOPICS: ClassVar[tuple[str, ...]] = ("asset",)
    asset: Address
    amount: int
    treasury: Address


class StakeRefunded(Event, frozen=True):
    """An investor's principal went back; with nothing `remaining` the invoice is Refunded."""

    NAME: ClassVar[str] = "stake_refunded"
    TOPICS: ClassVar[tuple[str, ...]] = ("id", "investor")
    id: bytes
    investor: Address
    amount: int
    remaining: int
    seq: int
    to: Address | None = None


class TokenWasmCancelled(Event, frozen=True):
    """Announced token code was withdrawn."""

    NAME: ClassVar[str] = "token_wasm_cancelled"
    TOPICS: ClassVar[tuple[str, ...]] = ()
    hash: bytes


class TokenWasmSet(Event, frozen=True):
    """Tokens of new invoices run this code from `at` on."""

    NAME: ClassVar[str] = "token_wasm_set"
    TOPICS: ClassVar[tuple[str, ...]] = ()
    hash: bytes
    at: int


class Unpaused(Event, frozen=True):
    """New business resumed."""

    NAME: ClassVar[str] = "unpaused"
    TOPICS: ClassVar[tuple[str, ...]] = ("owner",)
    owner: Address


class UpgradeApplied(Event, frozen=True):
    """New code runs from the next call on."""

    NAME: ClassVar[str] = "upgrade_applied"
    TOPICS: ClassVar[tuple[str, ...]] = ()
    hash: bytes


class UpgradeCancelled(Event, frozen=True):
    """Announced code was withdrawn."""

    NAME: ClassVar[str] = "upgrade_cancelled"
    TOPICS: ClassVar[tuple[str, ...]] = ()
    hash: bytes


class UpgradeProposed(Event, frozen=True):
    """New code was announced; it can be applied from `at`."""

    NAME: ClassVar[str] = "upgrade_proposed"
    TOPICS: ClassVar[tuple[str, ...]] = ()
    hash: bytes
    at: int


class DistributionRecorded(Event, frozen=True):
    """A payment was divided; `index` is the credit of one share afterwards, scaled by 10^18."""

    NAME: ClassVar[str] = "distribution_recorded"
    TOPICS: ClassVar[tuple[str, ...]] = ("id",)
    id: bytes
    late: int
    fee: int
    investors: int
    seller: int
    index: int
    seq: int


class FeesCollected(Event, frozen=True):
    """Fees went to the treasury; `fees` is all that was collected in this asset."""

    NAME: ClassVar[str] = "fees_collected"
    TOPICS: ClassVar[tuple[str, ...]] = ("asset",)
    asset: Address
    amount: int
    treasury: Address
    fees: int


class Payout(Event, frozen=True):
    """A holder took credit; `claimed` is all that holders of this pool have taken."""

    NAME: ClassVar[str] = "payout"
    TOPICS: ClassVar[tuple[str, ...]] = ("id", "holder")
    id: bytes
    holder: Address
    amount: int
    claimed: int
    seq: int
    to: Address | None = None


class PoolOpened(Event, frozen=True):
    """A released invoice can be repaid; investors are to get `par_sold`."""

    NAME: ClassVar[str] = "pool_opened"
    TOPICS: ClassVar[tuple[str, ...]] = ("id",)
    id: bytes
    token: Address
    asset: Address
    par_sold: int
    seq: int


class ResidualClaimed(Event, frozen=True):
    """The payee took the seller's residual."""

    NAME: ClassVar[str] = "residual_claimed"
    TOPICS: ClassVar[tuple[str, ...]] = ("id", "payee")
    id: bytes
    payee: Address
    amount: int
    seq: int
    to: Address | None = None


class TreasurySet(Event, frozen=True):
    """Fees and skimmed surplus go to `treasury` from now on."""

    NAME: ClassVar[str] = "treasury_set"
    TOPICS: ClassVar[tuple[str, ...]] = ("treasury",)
    treasury: Address


class Approve(Event, frozen=True):
    """`spender` may move `amount` of `from`'s shares until `live_until_ledger`."""

    NAME: ClassVar[str] = "approve"
    TOPICS: ClassVar[tuple[str, ...]] = ("from", "spender")
    from_: Address
    spender: Address
    amount: int
    live_until_ledger: int


class Burn(Event, frozen=True):
    """Shares ended: redeemed for the principal, or thrown away after settlement."""

    NAME: ClassVar[str] = "burn"
    TOPICS: ClassVar[tuple[str, ...]] = ("from",)
    from_: Address
    amount: int


class Mint(Event, frozen=True):
    """Shares came into being: one for each unit of principal paid."""

    NAME: ClassVar[str] = "mint"
    TOPICS: ClassVar[tuple[str, ...]] = ("to",)
    to: Address
    amount: int


class Transfer(Event, frozen=True):
    """Shares moved."""

    NAME: ClassVar[str] = "transfer"
    TOPICS: ClassVar[tuple[str, ...]] = ("from", "to")
    from_: Address
    to: Address
    amount: int
    to_muxed_id: int | None = None


EVENTS: dict[Contract, dict[str, type[Event]]] = {
    Contract.ESCROW: {
        "asset_set": AssetSet,
        "dispute_opened": DisputeOpened,
        "dispute_resolved": DisputeResolved,
        "escrow_funded": EscrowFunded,
        "funding_closed": FundingClosed,
        "funding_expired": FundingExpired,
        "funds_released": FundsReleased,
        "invoice_acknowledged": InvoiceAcknowledged,
        "invoice_approved": InvoiceApproved,
        "invoice_cancelled": InvoiceCancelled,
        "invoice_created": InvoiceCreated,
        "invoice_defaulted": InvoiceDefaulted,
        "invoice_published": InvoicePublished,
        "invoice_rejected": InvoiceRejected,
        "invoice_written_off": InvoiceWrittenOff,
        "member_set": MemberSet,
        "owner_accepted": OwnerAccepted,
        "owner_proposed": OwnerProposed,
        "params_set": ParamsSet,
        "paused": Paused,
        "payee_changed": PayeeChanged,
        "payment_recorded": PaymentRecorded,
        "payment_settled": PaymentSettled,
        "position_recovered": PositionRecovered,
        "role_granted": RoleGranted,
        "role_revoked": RoleRevoked,
        "share_burned": ShareBurned,
        "share_transferred": ShareTransferred,
        "skimmed": Skimmed,
        "stake_refunded": StakeRefunded,
        "token_wasm_cancelled": TokenWasmCancelled,
        "token_wasm_set": TokenWasmSet,
        "unpaused": Unpaused,
        "upgrade_applied": UpgradeApplied,
        "upgrade_cancelled": UpgradeCancelled,
        "upgrade_proposed": UpgradeProposed,
    },
    Contract.DISTRIBUTOR: {
        "distribution_recorded": DistributionRecorded,
        "fees_collected": FeesCollected,
        "owner_accepted": OwnerAccepted,
        "owner_proposed": OwnerProposed,
        "payout": Payout,
        "pool_opened": PoolOpened,
        "residual_claimed": ResidualClaimed,
        "skimmed": Skimmed,
        "treasury_set": TreasurySet,
        "upgrade_applied": UpgradeApplied,
        "upgrade_cancelled": UpgradeCancelled,
        "upgrade_proposed": UpgradeProposed,
    },
    Contract.TOKEN: {"approve": Approve, "burn": Burn, "mint": Mint, "transfer": Transfer},
}
"""The events of each contract by their first topic."""
