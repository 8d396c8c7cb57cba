"""What is asked for when a transaction is built: one body for each shape of request.

A field has the name of the contract's argument, except `invoice_id` (id), `address` (addr) and
`reason` (reason_hash).
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from api.transactions.natural import NaturalKey
from api.values import (
    AccountAddress,
    Amount,
    AmountOrNothing,
    AnyAddress,
    Base64,
    ContractAddress,
    Destination,
    Hash32,
)
from contracts.wire import Address

Seconds = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1, description="Unix seconds")]
Duration = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1, description="Seconds")]
BasisPoints = Annotated[int, msgspec.Meta(ge=0, le=2**32 - 1, description="1/100 of a percent")]
Counter = Annotated[int, msgspec.Meta(ge=0, le=2**32 - 1)]
LedgerNumber = Annotated[int, msgspec.Meta(ge=0, le=2**32 - 1, description="A ledger's number")]
RoleName = Literal["verifier", "servicer", "arbiter", "compliance", "guardian"]
FixedContract = Literal["escrow", "distributor"]


class Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of the request bodies: a field we do not know is a mistake, not a decoration."""


class Nothing(Body, frozen=True, kw_only=True):
    """An action that needs nothing but who asks."""


class CreateEscrow(Body, frozen=True, kw_only=True):
    """The terms of a new invoice, in base units of `asset`."""

    asset: ContractAddress
    face: Amount
    target: Amount
    par: Amount
    min_raise: Amount
    fee_bps: BasisPoints
    late_bps: BasisPoints
    late_cap_bps: BasisPoints
    due_at: Seconds
    deadline: Seconds
    grace: Duration
    release_delay: Duration
    needs_ack: bool
    doc_hash: Hash32
    natural_key: NaturalKey
    debtor: AnyAddress | None = None
    attempt: Counter = 0


class OneInvoice(Body, frozen=True, kw_only=True):
    """An action that needs nothing but the invoice."""

    invoice_id: Hash32


class Reasoned(OneInvoice, frozen=True, kw_only=True):
    """An action that leaves a reason: the hash of a text kept elsewhere."""

    reason: Hash32


class Resolve(OneInvoice, frozen=True, kw_only=True):
    """How a dispute ends: `resume` changes nothing, `void` ends the financing."""

    outcome: Literal["resume", "void"]


class Fund(OneInvoice, frozen=True, kw_only=True):
    """A stake in an open invoice."""

    amount: Amount


class Pay(OneInvoice, frozen=True, kw_only=True):
    """A payment towards an invoice; servicers name the bank's reference."""

    amount: Amount
    reference: Hash32 | None = None


class ForHolder(OneInvoice, frozen=True, kw_only=True):
    """A payout to a holder: the one signed in, or another whose money anyone may push to him."""

    holder: AnyAddress | None = None


class ToAnother(OneInvoice, frozen=True, kw_only=True):
    """A payout of one's own to another address."""

    to: AnyAddress


class RefundBatch(OneInvoice, frozen=True, kw_only=True):
    """Up to 20 holders whose stakes are paid back."""

    holders: Annotated[tuple[AnyAddress, ...], msgspec.Meta(min_length=1, max_length=20)]


class PayoutBatch(OneInvoice, frozen=True, kw_only=True):
    """Up to 25 holders whose credit is paid out."""

    holders: Annotated[tuple[AnyAddress, ...], msgspec.Meta(min_length=1, max_length=25)]


class TransferShares(OneInvoice, frozen=True, kw_only=True):
    """Shares of an invoice for another member, one share for each base unit of principal."""

    to: Destination
    amount: Amount


class TransferSharesFrom(OneInvoice, frozen=True, kw_only=True, rename={"from_": "from"}):
    """Shares that `from` allowed the one signed in to move."""

    from_: AnyAddress
    to: AnyAddress
    amount: Amount


class AllowShares(OneInvoice, frozen=True, kw_only=True):
    """How many shares `spender` may move or end, and through which ledger; 0 takes it back."""

    spender: AnyAddress
    amount: AmountOrNothing
    live_until_ledger: LedgerNumber


class BurnShares(OneInvoice, frozen=True, kw_only=True):
    """Shares of a settled invoice that become nothing; unclaimed credit stays."""

    amount: Amount


class BurnSharesFrom(OneInvoice, frozen=True, kw_only=True, rename={"from_": "from"}):
    """Shares of a settled invoice that `from` allowed the one signed in to end."""

    from_: AnyAddress
    amount: Amount


class KeySignature(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A signature of 64 bytes, in base64, by one key of the account that authorises."""

    key: AccountAddress
    signature: Base64


class SignedAuthorization(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the second signer gives: the entry it was shown, and its account's signatures."""

    entry: Base64
    signatures: Annotated[tuple[KeySignature, ...], msgspec.Meta(min_length=1, max_length=20)]


class Recovery(OneInvoice, frozen=True, kw_only=True, rename={"from_": "from"}):
    """All that the lost wallet `from` has of an invoice, for the wallet `to`."""

    from_: AnyAddress
    to: AnyAddress
    compliance: AnyAddress
    arbiter: AnyAddress

    def other_than(self, one: str) -> Address:
        """Of the two who must sign, the one who is not `one`."""
        return Address(self.arbiter if str(self.compliance) == one else self.compliance)


class Recover(Recovery, frozen=True, kw_only=True, rename={"from_": "from"}):
    """The same with the authorization of whoever of the two does not submit it."""

    authorization: SignedAuthorization


class OneAsset(Body, frozen=True, kw_only=True):
    """An action that needs nothing but the asset."""

    asset: ContractAddress


class SetMember(Body, frozen=True, kw_only=True):
    """Membership of an account: until when, and whether its money is held."""

    address: AnyAddress
    until: Seconds
    frozen: bool


class SetAsset(OneAsset, frozen=True, kw_only=True):
    """Whether an asset may finance new invoices."""

    allowed: bool


class SetParams(Body, frozen=True, kw_only=True):
    """What new invoices must keep to; a pair is the lowest and the highest allowed."""

    fee_bps: tuple[BasisPoints, BasisPoints]
    late_bps: tuple[BasisPoints, BasisPoints]
    late_cap_bps: tuple[BasisPoints, BasisPoints]
    grace: tuple[Duration, Duration]
    release_delay: tuple[Duration, Duration]
    tenor: tuple[Duration, Duration]
    recovery: Duration
    dispute_limit: Duration
    ticket: Amount


class RoleHolder(Body, frozen=True, kw_only=True):
    """A role and who holds it."""

    role: RoleName
    address: AnyAddress


class OneContract(Body, frozen=True, kw_only=True):
    """Which of the two contracts is meant: each has its own owner and its own code."""

    contract: FixedContract


class NewOwner(OneContract, frozen=True, kw_only=True):
    """To whom a contract is offered; offering it to oneself takes the offer back."""

    to: AnyAddress


class NewCode(OneContract, frozen=True, kw_only=True):
    """The SHA-256 of code that was uploaded to the ledger."""

    hash: Hash32


class NewTokenCode(Body, frozen=True, kw_only=True):
    """The SHA-256 of code that was uploaded to the ledger, for the tokens of new invoices."""

    hash: Hash32


class Surplus(OneContract, frozen=True, kw_only=True):
    """What a contract holds of an asset and owes to nobody."""

    asset: ContractAddress


class NewTreasury(Body, frozen=True, kw_only=True):
    """Where fees go."""

    treasury: AnyAddress


class Lifetimes(OneInvoice, frozen=True, kw_only=True):
    """What of an invoice is kept from being archived, and for which holders."""

    contract: Literal["escrow", "distributor", "token"] = "escrow"
    holders: Annotated[tuple[AnyAddress, ...], msgspec.Meta(max_length=25)] = ()


class Submitted(Body, frozen=True, kw_only=True):
    """What a wallet says of an intent: the hash of the transaction that it submitted."""

    hash: Hash32
