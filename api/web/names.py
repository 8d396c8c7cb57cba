"""What the contracts call by a code, in the reader's words."""

from __future__ import annotations

from collections.abc import Callable

from api.web.words import marked

Translate = Callable[[str], str]


STATUSES = {
    "created": marked("Created"),
    "open": marked("Open"),
    "funded": marked("Funded"),
    "active": marked("Active"),
    "late": marked("Late"),
    "settled": marked("Settled"),
    "defaulted": marked("Defaulted"),
    "written_off": marked("Written off"),
    "refunding": marked("Refunding"),
    "refunded": marked("Refunded"),
    "cancelled": marked("Cancelled"),
}

EVENTS = {
    "invoice_created": marked("Listed on the ledger"),
    "invoice_approved": marked("Approved by the verifier"),
    "invoice_rejected": marked("Rejected by the verifier"),
    "invoice_published": marked("Opened for funding"),
    "invoice_acknowledged": marked("Debt acknowledged by the debtor"),
    "escrow_funded": marked("Stake received"),
    "funding_closed": marked("Funding closed"),
    "funds_released": marked("Money released to the seller"),
    "payment_recorded": marked("Payment received"),
    "payment_settled": marked("Paid in full"),
    "invoice_defaulted": marked("Defaulted"),
    "invoice_written_off": marked("Written off"),
    "funding_expired": marked("Funding expired"),
    "invoice_cancelled": marked("Cancelled"),
    "stake_refunded": marked("Stake refunded"),
    "dispute_opened": marked("Dispute opened"),
    "dispute_resolved": marked("Dispute resolved"),
    "share_transferred": marked("Shares transferred"),
    "share_burned": marked("Shares burned"),
    "position_recovered": marked("Position moved to another wallet"),
    "payee_changed": marked("Payee changed"),
    "pool_opened": marked("Repayment pool opened"),
    "distribution_recorded": marked("Payment distributed"),
    "payout": marked("Paid out to a holder"),
    "residual_claimed": marked("Rest paid out to the seller"),
    "fees_collected": marked("Fees collected"),
    "skimmed": marked("Surplus sent away"),
    "mint": marked("Shares issued"),
    "transfer": marked("Shares transferred"),
    "burn": marked("Shares burned"),
    "approve": marked("Somebody allowed to move shares"),
    "member_set": marked("Membership set"),
    "role_granted": marked("Role given"),
    "role_revoked": marked("Role taken"),
    "asset_set": marked("Asset put on or off the list"),
    "params_set": marked("Bounds of new invoices set"),
    "treasury_set": marked("Treasury chosen"),
    "paused": marked("Platform paused"),
    "unpaused": marked("Platform resumed"),
    "owner_proposed": marked("Contract offered to another owner"),
    "owner_accepted": marked("Owner taken office"),
    "upgrade_proposed": marked("New code announced"),
    "upgrade_applied": marked("New code applied"),
    "upgrade_cancelled": marked("New code withdrawn"),
    "token_wasm_set": marked("Code of share tokens set"),
    "token_wasm_cancelled": marked("Code of share tokens withdrawn"),
}

PROVEN = {
    "raised": marked("Raised"),
    "supply": marked("Shares of all holders"),
    "outstanding": marked("Face not paid"),
    "late_owed": marked("Late charge owed"),
    "amount_due": marked("Due now"),
    "held_by_escrow": marked("Held by the escrow"),
    "held_by_distributor": marked("Held by the distributor"),
    "shares": marked("Shares"),
    "claimable": marked("Can be claimed"),
    "received": marked("Received"),
    "net": marked("Received less paid in"),
    "held": marked("Held by the contracts"),
    "invoices": marked("Invoices in this state"),
}
"""Figures of a proof that are no metrics, by their names."""

FLOWS = {
    "stake": marked("Stake paid in"),
    "refund": marked("Stake taken back"),
    "payout": marked("Paid out to you"),
    "payment": marked("Payment of an invoice"),
    "release": marked("Paid for an invoice"),
    "residual": marked("Rest of an invoice"),
    "fees": marked("Fees collected"),
    "skim": marked("Surplus sent away"),
}
"""Movements of somebody's money, by the names of `projections.flows`."""

SCENARIOS = {
    "on_time": marked("Paid on the due date"),
    "late_30": marked("Paid 30 days late"),
    "late_60": marked("Paid 60 days late"),
    "late_90": marked("Paid 90 days late"),
    "half": marked("Half paid 30 days late, then nothing"),
    "nothing": marked("Nothing is ever paid"),
}
"""Ways in which a debtor may pay, by the names of `whatif.SCENARIOS`."""

SORTS = {
    "newest": marked("Newest first"),
    "yield": marked("Highest yield first"),
    "due": marked("Due first"),
    "closing": marked("Closing first"),
    "size": marked("Most wanted first"),
}
"""Orders of the market."""

FIELDS = {
    "seller": marked("Seller"),
    "seller_tax_id": marked("Seller's tax number"),
    "buyer": marked("Debtor"),
    "buyer_tax_id": marked("Debtor's tax number"),
    "number": marked("Number"),
    "date": marked("Date of issue"),
    "due_date": marked("Due"),
    "currency": marked("Currency"),
    "total": marked("Total"),
    "net": marked("Net"),
    "tax": marked("Tax"),
}
"""Fields of an invoice that a person confirms, in the order in which they are asked for."""

DOCUMENT_STATES = {
    "receiving": marked("Arriving"),
    "received": marked("Arrived: it waits for the scanner"),
    "scanned": marked("Scanned: it is being read"),
    "read": marked("Read: it is being sealed"),
    "needs_review": marked("Waits for your review"),
    "confirmed": marked("Confirmed"),
    "refused": marked("Refused"),
    "erased": marked("Erased"),
}
"""States of an uploaded document."""

CASE_STATES = {
    "PROCESSING": marked("Waits for a decision"),
    "NEEDS_INFO": marked("Waits for the person"),
    "ACCEPTED": marked("Accepted"),
    "REJECTED": marked("Refused"),
}
"""States of a KYC case, as the staff sees it."""

STEPS = {
    "built": marked("Ready to sign"),
    "submitted": marked("Handed to the ledger"),
    "in_ledger": marked("In the ledger"),
    "projected": marked("Shown here"),
    "failed": marked("It failed in the ledger: nothing moved but the fee"),
    "expired": marked("It did not happen: its time is over"),
    "replaced": marked("It did not happen: the account's number was used by another"),
    "unknown": marked("Nobody knows any more: the node has forgotten those ledgers"),
}
"""States of a transaction, by the names of its intent."""

TOPICS = {
    "invoice": marked("Listing of invoices"),
    "funding": marked("Funding"),
    "payment": marked("Payments"),
    "trouble": marked("Defaults and disputes"),
    "position": marked("Shares that change hands"),
    "account": marked("Your account"),
    "platform": marked("The platform"),
    "transaction": marked("Your transactions"),
    "watch": marked("New offers that fit your searches"),
}
"""What notifications are about, by the names of `notifications.kinds.Topic`."""

CHANNELS = {
    "app": marked("Here"),
    "email": marked("By mail"),
    "webhook": marked("By webhook"),
}
"""Ways in which somebody is told, by the names of `profile.schemas.Channel`."""

KYC_STATES = {
    "NEEDS_INFO": marked("Something has to be told still"),
    "PROCESSING": marked("It is being looked at by two people"),
    "ACCEPTED": marked("Accepted"),
    "REJECTED": marked("Not accepted"),
}
"""States of a KYC case, as the person is told whom it is about."""


def topics(translate: Translate) -> dict[str, str]:
    """Names of what notifications are about."""
    return {code: translate(name) for code, name in TOPICS.items()}


def channels(translate: Translate) -> dict[str, str]:
    """Names of the ways in which somebody is told."""
    return {code: translate(name) for code, name in CHANNELS.items()}


def kyc_states(translate: Translate) -> dict[str, str]:
    """Names of a KYC case's states."""
    return {code: translate(name) for code, name in KYC_STATES.items()}


def fields(translate: Translate) -> dict[str, str]:
    """Names of an invoice's fields."""
    return {code: translate(name) for code, name in FIELDS.items()}


def document_states(translate: Translate) -> dict[str, str]:
    """Names of a document's states."""
    return {code: translate(name) for code, name in DOCUMENT_STATES.items()}


def flow_kinds(translate: Translate) -> dict[str, str]:
    """Names of movements of somebody's money."""
    return {code: translate(name) for code, name in FLOWS.items()}


def proven(translate: Translate) -> dict[str, str]:
    """Names of a proof's figures that are no metrics."""
    return {code: translate(name) for code, name in PROVEN.items()}


def case_states(translate: Translate) -> dict[str, str]:
    """Names of a KYC case's states."""
    return {code: translate(name) for code, name in CASE_STATES.items()}


def steps(translate: Translate) -> dict[str, str]:
    """Names of a transaction's states."""
    return {code: translate(name) for code, name in STEPS.items()}


def statuses(translate: Translate) -> dict[str, str]:
    """Names of an invoice's states."""
    return {code: translate(name) for code, name in STATUSES.items()}


def events(translate: Translate) -> dict[str, str]:
    """Names of what happens to an invoice."""
    return {code: translate(name) for code, name in EVENTS.items()}
