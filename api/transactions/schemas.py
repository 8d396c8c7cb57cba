"""What is asked for when a transaction is built, and what is told about it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from api.transactions.natural import NaturalKey
from api.values import Amount, AnyAddress, ContractAddress, Hash32

Seconds = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1, description="Unix seconds")]
Duration = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1, description="Seconds")]
BasisPoints = Annotated[int, msgspec.Meta(ge=0, le=2**32 - 1, description="1/100 of a percent")]


class Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of the request bodies: a field we do not know is a mistake, not a decoration."""


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
    attempt: Annotated[int, msgspec.Meta(ge=0, le=2**32 - 1)] = 0


class OneInvoice(Body, frozen=True, kw_only=True):
    """An action that needs nothing but the invoice."""

    invoice_id: Hash32


class Reasoned(Body, frozen=True, kw_only=True):
    """An action that leaves a reason: the hash of a text kept elsewhere."""

    invoice_id: Hash32
    reason: Hash32


class Resolve(Body, frozen=True, kw_only=True):
    """How a dispute ends: `resume` changes nothing, `void` ends the financing."""

    invoice_id: Hash32
    outcome: Literal["resume", "void"]


class TransferShares(Body, frozen=True, kw_only=True):
    """Shares of an invoice for another member, one share for each base unit of principal."""

    invoice_id: Hash32
    to: AnyAddress
    amount: Amount


class Fund(Body, frozen=True, kw_only=True):
    """A stake in an open invoice."""

    invoice_id: Hash32
    amount: Amount


class Pay(Body, frozen=True, kw_only=True):
    """A payment towards an invoice; servicers name the bank's reference."""

    invoice_id: Hash32
    amount: Amount
    reference: Hash32 | None = None


class ForHolder(Body, frozen=True, kw_only=True):
    """A payout to a holder: the one signed in, or another whose money anyone may push to him."""

    invoice_id: Hash32
    holder: AnyAddress | None = None


class OneAsset(Body, frozen=True, kw_only=True):
    """An action that needs nothing but the asset."""

    asset: ContractAddress


class SetMember(Body, frozen=True, kw_only=True):
    """Membership of an account: until when, and whether its money is held."""

    address: AnyAddress
    until: Seconds
    frozen: bool


class SetAsset(Body, frozen=True, kw_only=True):
    """Whether an asset may finance new invoices."""

    asset: ContractAddress
    allowed: bool


class FeeAnswer(msgspec.Struct, frozen=True):
    """Stroops, as strings of digits. `max` is what can be charged; what is unused comes back."""

    inclusion: str
    resource: str
    max: str


State = Literal["built", "in_ledger", "projected", "failed", "expired", "unknown"]


class Step(msgspec.Struct, frozen=True):
    """A state that was reached: in which ledger, and that ledger's time."""

    state: State
    ledger: int
    at: int


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """Why a transaction that is in the ledger did nothing, and what it cost (stroops)."""

    type: str
    sentence: str
    remedy: str
    code: int | None = None
    fee_charged: str | None = None


class Intent(msgspec.Struct, frozen=True, kw_only=True):
    """An unsigned transaction and what became of it.

    `built`: sign `xdr` and submit it before `valid_until`. `in_ledger`: it succeeded.
    `projected`: this service shows its effect. `failed`: it is in a ledger and did nothing.
    `expired`: a ledger closed after `valid_until` without it. `unknown`: the node no longer holds
    the ledgers it could be in.
    """

    id: str
    action: str
    status: State
    xdr: str
    hash: str
    network_passphrase: str
    source: str
    sequence: str
    fee: FeeAnswer
    valid_until: int
    summary: str
    simulated_at_ledger: int
    steps: tuple[Step, ...] = ()
    ledger: int | None = None
    """The ledger that holds it, succeeded or failed."""
    invoice_id: str | None = None
    returns: Any = None
    error: Failure | None = None


class IntentPage(msgspec.Struct, frozen=True):
    """Own intents, newest first; `next` is the `after` of the following page."""

    data: tuple[Intent, ...]
    next: str | None
