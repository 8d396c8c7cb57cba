"""The platform: who may take part, who governs it, what it holds, what happened."""

from __future__ import annotations

from projections.custody import CUSTODY
from projections.funding import FUNDING
from projections.invoices import TERMS
from projections.lifecycle import Status
from projections.members import ASSET, MEMBER, ROLE
from projections.payments import PAYMENT
from projections.payouts import MONEY_OUT, Reason
from projections.platform import GOVERNANCE, PARAMETERS
from projections.query import name
from projections.statuses import STATUS_TOTAL
from projections.timeline import ACTIVITY
from projections.upgrades import UPGRADE, Code, Step
from projections.views.sources import MARK, rows
from projections.views.view import (
    PLACE,
    Type,
    View,
    address,
    amount,
    columns,
    hash_of,
    place,
    plain,
    time,
)

LEDGER = View(
    "ledger",
    "The ledger that all views answer for; one row",
    ("ledger",),
    MARK,
    columns(
        plain("ledger", "applied.ledger", Type.NUMBER, "Its number"),
        time(
            "closed_at",
            "applied.closed_at",
            "Close time of the newest ledger up to it of which it is known",
        ),
    ),
)

CASH_FLOWS = View(
    "cash_flows",
    "Each movement of money from or to an address, in order: for its books",
    PLACE,
    f"""(
    SELECT y.position, y.event_index, y.closed_at, y.invoice, t.asset, y.investor AS party,
           NULL::integer AS recipient, -y.amount::numeric AS flow, 'stake' AS kind
    FROM {rows(FUNDING, "y")} JOIN {rows(TERMS, "t")} USING (invoice)
    UNION ALL
    SELECT y.position, y.event_index, y.closed_at, y.invoice, t.asset, y.payer,
           NULL, -y.amount, 'payment'
    FROM {rows(PAYMENT, "y")} JOIN {rows(TERMS, "t")} USING (invoice)
    UNION ALL
    SELECT y.position, y.event_index, y.closed_at, y.invoice, y.asset, y.entitled,
           y.recipient, y.amount, {name(Reason, "y.reason")}
    FROM {rows(MONEY_OUT, "y")}
) AS y""",  # noqa: S608
    columns(
        place("y"),
        address("address", "y.party", "Whose money it is"),
        plain(
            "kind",
            "y.kind",
            Type.TEXT,
            "stake, payment (both out), release, refund, payout, residual, fees, skim (in)",
        ),
        hash_of("invoice", "y.invoice", "The invoice's id; null for fees and skims"),
        address("asset", "y.asset", "The asset's contract"),
        amount("amount", "y.flow", "Negative where the address paid", wide=True),
        address("sent_to", "y.recipient", "Where the money was sent; null where it was paid"),
    ),
)

MEMBERS = View(
    "members",
    "Addresses that compliance has ruled on",
    ("address",),
    f"{rows(MEMBER, 'm')} CROSS JOIN {MARK}",
    columns(
        address("address", "m.address", "Whom it is about"),
        plain(
            "member",
            "applied.closed_at < m.until AND NOT m.frozen",
            Type.FLAG,
            "Whether it may take part at the ledger's time",
        ),
        time("until", "m.until", "End of the membership; null for one without end"),
        plain("frozen", "m.frozen", Type.FLAG, "Whether it is frozen"),
        time("frozen_at", "m.frozen_at", "Since when"),
    ),
)

ROLES = View(
    "roles",
    "Who has, or had, which role in the contracts",
    ("role", "holder"),
    rows(ROLE, "r"),
    columns(
        plain("role", "r.role", Type.TEXT, "The contracts' word for it"),
        address("holder", "r.holder", "Who"),
        plain("granted", "r.granted", Type.FLAG, "Whether the holder has it"),
        time("since", "r.since", "Since when that is so"),
    ),
)

ASSETS = View(
    "assets",
    "Assets the platform knows",
    ("asset",),
    rows(ASSET, "s"),
    columns(
        address("asset", "s.asset", "The asset's contract"),
        plain("allowed", "s.allowed", Type.FLAG, "Whether new invoices may be in it"),
    ),
)

CUSTODY_VIEW = View(
    "custody",
    "Money that each contract took in and gave out",
    ("contract", "asset"),
    rows(CUSTODY, "c"),
    columns(
        plain("contract", "c.contract", Type.TEXT, "escrow or distributor"),
        address("asset", "c.asset", "The asset's contract"),
        amount("paid_in", "c.paid_in", "Taken in", wide=True),
        amount("paid_out", "c.paid_out", "Given out", wide=True),
        amount("held", "c.paid_in - c.paid_out", "What it must still hold", wide=True),
        amount("skimmed", "c.skimmed", "Surplus that the owner took away", wide=True),
        amount("fees", "c.fees", "Fees received", wide=True),
        amount("fees_collected", "c.fees_collected", "Fees that went to the treasury", wide=True),
    ),
)

CONTRACTS = View(
    "contracts",
    "How each contract is governed, and the code that is announced for it",
    ("contract",),
    rows(GOVERNANCE, "g"),
    columns(
        plain("contract", "g.contract", Type.TEXT, "escrow or distributor"),
        address("owner", "g.owner", "Who owns it"),
        address("proposed_owner", "g.proposed_owner", "Who may take it over"),
        plain("paused", "g.paused", Type.FLAG, "Whether it is paused"),
        address("treasury", "g.treasury", "Where fees go"),
        hash_of("upgrade", "g.upgrade", "Code that is announced"),
        time("upgrade_at", "g.upgrade_at", "From when on it may be applied"),
        hash_of("upgraded_to", "g.upgraded_to", "Code that was applied last"),
        hash_of("token_code", "g.token_wasm", "Code of new share tokens"),
        hash_of("next_token_code", "g.next_token_wasm", "What it will be"),
        time("next_token_code_at", "g.next_token_wasm_at", "From when on"),
    ),
)


def _bounds(parameter: str, meaning: str, unit: str) -> tuple[tuple[str, str, str, str], ...]:
    return (
        (f"{parameter}_low", f"q.{parameter}_low", f"Least {meaning}", unit),
        (f"{parameter}_high", f"q.{parameter}_high", f"Greatest {meaning}", unit),
    )


_BOUNDED = (
    *_bounds("fee_bps", "fee", "basis points"),
    *_bounds("late_bps", "late charge", "basis points a day"),
    *_bounds("late_cap_bps", "bound of the late charge", "basis points"),
    *_bounds("grace", "grace after the due date", "seconds"),
    *_bounds("release_delay", "wait before a release", "seconds"),
    *_bounds("tenor", "time from listing to the due date", "seconds"),
    ("recovery", "q.recovery", "Time after a default before a write-off", "seconds"),
    ("dispute_limit", "q.dispute_limit", "Longest dispute", "seconds"),
)

PARAMETERS_VIEW = View(
    "parameters",
    "What new invoices must keep to",
    ("contract",),
    rows(PARAMETERS, "q"),
    columns(
        plain("contract", "q.contract", Type.TEXT, "The contract that has them"),
        *(plain(each, sql, Type.NUMBER, meaning, unit) for each, sql, meaning, unit in _BOUNDED),
        amount("ticket", "q.ticket", "Smallest stake", wide=True),
    ),
)

INVOICES_BY_STATUS = View(
    "invoices_by_status",
    "How many invoices stand in each status",
    ("status",),
    rows(STATUS_TOTAL, "n"),
    columns(
        plain("status", name(Status, "n.status"), Type.TEXT, "The status"),
        plain("invoices", "n.invoices", Type.NUMBER, "How many"),
    ),
)

EVENTS = View(
    "events",
    "Each event of the two contracts, in order",
    PLACE,
    rows(ACTIVITY, "y"),
    columns(
        place("y"),
        plain("contract", "y.contract", Type.TEXT, "escrow or distributor"),
        plain("event", "y.name", Type.TEXT, "Its name on the chain"),
        hash_of("invoice", "y.invoice", "The invoice it is about, if any"),
        address("actor", "y.actor", "Who acted or is concerned, where the event names one"),
        amount("amount", "y.amount", "Money or shares, where the event has some", wide=True),
        hash_of("tx_hash", "y.tx_hash", "The transaction"),
    ),
)

UPGRADES = View(
    "upgrades",
    "Each step on the way to new code: of a contract, or of the share tokens to come",
    PLACE,
    rows(UPGRADE, "y"),
    columns(
        place("y"),
        plain("contract", "y.contract", Type.TEXT, "Which contract says so"),
        plain("code", name(Code, "y.code"), Type.TEXT, "Whose code"),
        plain("step", name(Step, "y.step"), Type.TEXT, "What happened"),
        hash_of("hash", "y.hash", "SHA-256 of the code"),
        time("in_force_at", "y.at", "When it takes effect, or may be applied"),
        hash_of("tx_hash", "y.tx_hash", "The transaction"),
    ),
)
