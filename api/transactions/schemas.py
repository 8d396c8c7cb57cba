"""What is told about a transaction that was built."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from api.transactions.moves import Move


class FeeAnswer(msgspec.Struct, frozen=True):
    """Stroops, as strings of digits. `max` is what can be charged; what is unused comes back."""

    inclusion: str
    resource: str
    max: str


State = Literal[
    "built", "submitted", "in_ledger", "projected", "failed", "expired", "replaced", "unknown"
]


class Step(msgspec.Struct, frozen=True):
    """A state that was reached: in which ledger, and that ledger's time."""

    state: State
    ledger: int
    at: int


class Holding(msgspec.Struct, frozen=True):
    """So many base units of a token, which is an asset's contract or that of shares."""

    token: str
    amount: str


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """Why a transaction that is in the ledger did nothing, and what it cost (stroops)."""

    type: str
    sentence: str
    remedy: str
    code: int | None = None
    fee_charged: str | None = None


class Intent(msgspec.Struct, frozen=True, kw_only=True):
    """An unsigned transaction and what became of it.

    `built`: sign `xdr` and submit it before `valid_until`. `submitted`: a wallet says that it
    did. `in_ledger`: it succeeded.
    `projected`: this service shows its effect. `failed`: it is in a ledger and did nothing.
    `expired`: a ledger closed after `valid_until` without it. `replaced`: another transaction of
    the account used its sequence number, so it can never be in a ledger. `unknown`: the node no
    longer holds the ledgers it could be in.
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
    altered_hash: str | None = None
    """The transaction that the wallet made of it, if its effect came under another hash."""
    moves: tuple[Move, ...] = ()
    """What the simulation moved: assets and shares, in order."""
    notices: tuple[str, ...] = ()
    """What nobody forbids and the signer should know."""
    leaves: tuple[Holding, ...] = ()
    """What leaves the signer, by token, all in all."""
    gets: tuple[Holding, ...] = ()
    """What the signer receives, by token, all in all."""
    rpc_url: str = ""
    """A node of the network to submit to."""
    sep7: str = ""
    """The transaction as a link that wallets open (SEP-7)."""
    qr: str = ""
    """What to show as a QR code: that link, or its page here where it is too long for one."""
    cursor_needed: int | None = None
    """The ledger that reads must be of to show its effect, once a ledger holds it."""
    affected: tuple[str, ...] = ()
    """The live topics that it touches: what to read again."""


class AuthorizationRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a second signer is asked for: give `preimage` to the wallet's `signAuthEntry`.

    The signature of `hash` goes with `entry` to `submitter`, whose request for the transaction
    holds both, before the ledger `valid_until_ledger` has passed. Nothing is stored here.
    """

    signer: str
    submitter: str
    summary: str
    entry: str
    preimage: str
    hash: str
    valid_until_ledger: int
    simulated_at_ledger: int
    network_passphrase: str


class IntentPage(msgspec.Struct, frozen=True):
    """Own intents, newest first; `next` is the `after` of the following page."""

    data: tuple[Intent, ...]
    next: str | None
