"""Every kind of notification: what it is about, and whom it concerns.

Kinds are the contracts' events, by their names. People are found by their part in the invoice
(`seller`, `debtor`, `payee`, `holder`), by watching it (`watcher`), as whom the event names
(`actor`), as whom shares went to (`recipient`), or by what they do on the platform (`role:...`,
`treasury`). Who acts is told too: a notification is also the receipt.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Topic = Literal[
    "invoice",
    "funding",
    "payment",
    "trouble",
    "position",
    "account",
    "platform",
    "transaction",
    "watch",
]
"""What people switch on and off for each channel."""


class Kind(msgspec.Struct, frozen=True):
    """Under which topic it goes, and who is told."""

    topic: Topic
    people: tuple[str, ...]


class OfDebtor(msgspec.Struct, frozen=True):
    """The notification of what a debtor said; `duties`: who is told besides the seller."""

    name: str
    topic: Topic
    duties: tuple[str, ...] = ()


_EVERYBODY = ("seller", "payee", "debtor", "holder", "watcher")

KINDS: dict[str, Kind] = {
    "invoice_created": Kind("invoice", ("seller", "debtor", "role:verifier")),
    "invoice_approved": Kind("invoice", ("seller",)),
    "invoice_rejected": Kind("invoice", ("seller",)),
    "invoice_published": Kind("invoice", ("seller", "debtor")),
    "invoice_acknowledged": Kind("invoice", ("seller", "debtor", "holder", "watcher")),
    "escrow_funded": Kind("funding", ("seller", "actor")),
    "funding_closed": Kind("funding", ("seller", "debtor", "holder", "watcher")),
    "funding_expired": Kind("funding", ("seller", "debtor", "holder", "watcher")),
    "invoice_cancelled": Kind("funding", ("seller", "debtor", "holder", "watcher")),
    "funds_released": Kind("funding", _EVERYBODY),
    "stake_refunded": Kind("payment", ("actor",)),
    "payment_recorded": Kind("payment", (*_EVERYBODY, "actor")),
    "payment_settled": Kind("payment", (*_EVERYBODY, "treasury")),
    "payout": Kind("payment", ("actor",)),
    "residual_claimed": Kind("payment", ("actor",)),
    "fees_collected": Kind("payment", ("treasury",)),
    "invoice_defaulted": Kind("trouble", (*_EVERYBODY, "role:arbiter")),
    "invoice_written_off": Kind("trouble", _EVERYBODY),
    "dispute_opened": Kind("trouble", (*_EVERYBODY, "role:arbiter")),
    "dispute_resolved": Kind("trouble", _EVERYBODY),
    "share_transferred": Kind("position", ("actor", "recipient")),
    "share_burned": Kind("position", ("actor",)),
    "position_recovered": Kind("position", ("actor", "recipient")),
    "payee_changed": Kind("position", ("seller", "actor")),
    "member_set": Kind("account", ("actor",)),
    "role_granted": Kind("account", ("actor",)),
    "role_revoked": Kind("account", ("actor",)),
    "owner_proposed": Kind("account", ("actor",)),
    "paused": Kind("platform", ("role:guardian",)),
    "unpaused": Kind("platform", ("role:guardian",)),
    "upgrade_proposed": Kind("platform", ("role:guardian",)),
    "upgrade_applied": Kind("platform", ("role:guardian",)),
    "upgrade_cancelled": Kind("platform", ("role:guardian",)),
    "token_wasm_set": Kind("platform", ("role:guardian",)),
    "token_wasm_cancelled": Kind("platform", ("role:guardian",)),
}

UNTOLD = frozenset(
    {
        "pool_opened",  # of one call with funds_released
        "distribution_recorded",  # of one call with payment_recorded
        "owner_accepted",
        "params_set",
        "treasury_set",
        "asset_set",
        "skimmed",
    }
)
"""Events of which nobody is told: they say what another one says, or only change what may be."""

OF_DEBTORS: dict[str, OfDebtor] = {
    "confirmed": OfDebtor("debtor_confirmed", "invoice"),
    "disputed": OfDebtor("debtor_objected", "trouble", ("role:arbiter",)),
}
"""What debtors without a wallet can say; the seller is told, and these people."""

OFFER_FITS = "offer_fits"
"""A new offer that fits a saved search."""

FAILED, EXPIRED, REPLACED = "transaction_failed", "transaction_expired", "transaction_replaced"
OF_INTENTS: dict[str, str] = {"failed": FAILED, "expired": EXPIRED, "replaced": REPLACED}
"""What one's own intents can end as, without anything that the ledger would tell of."""
