"""Invoices, what has to do with one of them, and the loan tape."""

from __future__ import annotations

from projections import facts
from projections.disputes import DISPUTE, Step
from projections.funding import FUNDING
from projections.invoices import INVOICE, TERMS
from projections.lifecycle import DAY, OWING, Status
from projections.payments import PAYMENT
from projections.payouts import MONEY_OUT, Reason
from projections.pools import POOL
from projections.positions import CLAIMABLE, POSITION
from projections.query import name
from projections.transfers import TRANSFER, Kind
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

_INVOICE = hash_of("invoice", "i.invoice", "The invoice's id")
_ASSET = address("asset", "i.asset", "The asset's contract")
_STATUS = plain("status", name(Status, "i.status"), Type.TEXT, "Where the invoice stands")
_OWES = f"i.status IN ({', '.join(f'{status:d}' for status in OWING)})"
_OUTSTANDING = f"CASE WHEN {_OWES} THEN t.face - i.paid ELSE 0 END"
_DAYS_PAST_DUE = f"""
    CASE WHEN {_OWES} AND t.face > i.paid
    THEN greatest(applied.closed_at / {DAY} - t.due_at / {DAY}, 0) ELSE 0 END
"""
_DEAL = f"""{rows(INVOICE, "i")}
JOIN {rows(TERMS, "t")} USING (invoice)
CROSS JOIN {MARK}"""

INVOICES = View(
    "invoices",
    "Every invoice ever created: its terms, its state, its money and its times",
    ("invoice",),
    _DEAL,
    columns(
        _INVOICE,
        _STATUS,
        plain(
            "disputed",
            "applied.closed_at < i.disputed_until",
            Type.FLAG,
            "Whether a dispute is open",
        ),
        _ASSET,
        address("seller", "t.seller", "Who created it and gets the advance"),
        address("debtor", "t.debtor", "Who has to pay it; null where it was not named"),
        address("payee", "i.payee", "Who is paid what the seller is due"),
        address("verifier", "i.verifier", "Who approved it"),
        address("token", "t.token", "Contract of its shares"),
        hash_of("natural_key", "t.natural", "Keyed hash of the document's identity"),
        hash_of("document_hash", "t.doc_hash", "Hash of the document"),
        plain("attempt", "t.attempt", Type.NUMBER, "How often this document was listed before"),
        amount("face", "t.face", "What the debtor has to pay"),
        amount("target", "t.target", "What investors are asked for"),
        amount("par", "t.par", "What investors get of a wholly funded invoice"),
        amount("min_raise", "t.min_raise", "Below this nothing is released"),
        amount("ticket", "t.ticket", "Smallest stake", wide=True),
        plain("fee_bps", "t.fee_bps", Type.NUMBER, "The platform's fee", "basis points"),
        plain("late_bps", "t.late_bps", Type.NUMBER, "Late charge", "basis points a day"),
        plain("late_cap_bps", "t.late_cap_bps", Type.NUMBER, "Its upper bound", "basis points"),
        plain(
            "grace", "t.grace", Type.NUMBER, "Time after the due date before a default", "seconds"
        ),
        plain("needs_acknowledgement", "t.needs_ack", Type.FLAG, "Whether the debtor must agree"),
        amount("raised", "i.raised", "What investors have paid in"),
        amount("refunded", "i.refunded", "What they were given back before a release"),
        amount("par_sold", "i.par_sold", "What investors are due; 0 before funding closes"),
        amount("paid", "i.paid", "Face paid so far"),
        amount("outstanding", _OUTSTANDING, "Face that is still owed"),
        amount("paid_to_investors", "i.investors", "Of the face paid, what went to investors"),
        amount("late_paid", "i.late_paid", "Late charge paid"),
        amount("late_owed", facts.LATE_OWED, "Late charge owed at the ledger's time", wide=True),
        amount("amount_due", facts.AMOUNT_DUE, "Face and late charge owed", wide=True),
        amount("shortfall", "i.shortfall", "What investors lacked when it was written off"),
        plain("days_past_due", _DAYS_PAST_DUE, Type.NUMBER, "UTC dates since the due date", "days"),
        plain(
            "missed_events", "i.missed", Type.NUMBER, "Events of it that never came: 0 when whole"
        ),
        time("created_at", "t.created_at", "Created"),
        time("approved_at", "i.approved_at", "Approved by a verifier"),
        time("acknowledged_at", "i.acknowledged_at", "Acknowledged by the debtor"),
        time("published_at", "i.published_at", "Opened to investors"),
        time("deadline", "t.deadline", "End of funding"),
        time("funded_at", "i.funded_at", "Funding closed"),
        time("released_at", "i.released_at", "Money went to the seller"),
        time("due_at", "t.due_at", "The debtor has to pay by then"),
        time("defaulted_at", "i.defaulted_at", "Declared in default"),
        time("written_off_at", "i.written_off_at", "Written off"),
        time("ended_at", "i.ended_at", "Settled, written off, refunded or cancelled"),
    ),
)

POOLS = View(
    "pools",
    "What came in for an invoice, for whom, and what was taken out",
    ("invoice",),
    rows(POOL, "p"),
    columns(
        hash_of("invoice", "p.invoice", "The invoice's id"),
        address("asset", "p.asset", "The asset's contract"),
        amount("par_sold", "p.par_sold", "What investors are due"),
        amount("shares", "p.supply", "Shares alive"),
        amount("late", "p.late", "Late charges received"),
        amount("fee", "p.fee", "Fees received"),
        amount("investors", "p.investors", "Received for investors, late charges included"),
        amount("seller", "p.seller", "Received for the seller", wide=True),
        amount("claimed", "p.claimed", "Taken by investors"),
        amount("seller_claimed", "p.seller_claimed", "Taken by the seller", wide=True),
    ),
)

POSITIONS = View(
    "positions",
    "Everybody who ever held shares of an invoice",
    ("invoice", "holder"),
    f"""{rows(POSITION, "h")}
JOIN {rows(INVOICE, "i")} USING (invoice)
LEFT JOIN {rows(POOL, "p")} USING (invoice)""",
    columns(
        hash_of("invoice", "h.invoice", "The invoice's id"),
        address("holder", "h.holder", "Who holds the shares"),
        _ASSET,
        amount("shares", "h.shares", "Shares held: one for each base unit of principal"),
        amount("paid_in", "h.paid_in", "What this address paid in"),
        amount("received", "h.received", "Payouts it has taken"),
        amount("refunded", "h.refunded", "What it was given back before a release"),
        amount("claimable", CLAIMABLE, "What a claim would pay now", wide=True),
        amount("shares_in", "h.shares_in", "Shares that came from other addresses"),
        amount("shares_out", "h.shares_out", "Shares that went to others, or were burned"),
    ),
)

STAKES = View(
    "stakes",
    "Each payment of an investor into an invoice",
    PLACE,
    rows(FUNDING, "y"),
    columns(
        place("y"),
        hash_of("invoice", "y.invoice", "The invoice's id"),
        address("investor", "y.investor", "Who paid"),
        amount("amount", "y.amount", "How much"),
        amount("shares_after", "y.shares", "The investor's shares after it"),
        amount("raised_after", "y.raised", "What all have paid in after it"),
    ),
)

PAYMENTS = View(
    "payments",
    "Each payment of an invoice, and how it was split: late + fee + investors + seller = amount",
    PLACE,
    rows(PAYMENT, "y"),
    columns(
        place("y"),
        hash_of("invoice", "y.invoice", "The invoice's id"),
        address("payer", "y.payer", "Who paid"),
        amount("amount", "y.amount", "How much", wide=True),
        amount("late", "y.late", "Of it late charge"),
        amount("fee", "y.fee", "Of it the platform's fee"),
        amount("investors", "y.investors", "Of it for investors"),
        amount("seller", "y.seller", "Of it for the seller", wide=True),
        amount("paid_after", "y.paid", "Face paid after it"),
        amount("outstanding_after", "y.outstanding", "Face still owed after it"),
        hash_of("reference", "y.reference", "A servicer's reference"),
    ),
)

MONEY_OUT_VIEW = View(
    "money_out",
    "Each time money left a contract: release, refund, payout, residual, fees, skim",
    PLACE,
    rows(MONEY_OUT, "y"),
    columns(
        place("y"),
        plain("reason", name(Reason, "y.reason"), Type.TEXT, "Why"),
        hash_of("invoice", "y.invoice", "The invoice's id; null for fees and skims"),
        address("asset", "y.asset", "The asset's contract"),
        address("entitled", "y.entitled", "Whose money it was"),
        address("recipient", "y.recipient", "Where it was sent"),
        amount("amount", "y.amount", "How much", wide=True),
    ),
)

TRANSFERS = View(
    "transfers",
    "Each time shares changed hands, were burned or recovered from a lost wallet",
    PLACE,
    rows(TRANSFER, "y"),
    columns(
        place("y"),
        plain("kind", name(Kind, "y.kind"), Type.TEXT, "How"),
        hash_of("invoice", "y.invoice", "The invoice's id"),
        address("sender", "y.sender", "Who had them"),
        address("recipient", "y.recipient", "Who has them; null where they were burned"),
        amount("shares", "y.amount", "How many"),
        amount("sender_shares_after", "y.sender_shares", "What the sender has after it"),
        amount("recipient_shares_after", "y.recipient_shares", "What the recipient has after it"),
    ),
)

DISPUTES = View(
    "disputes",
    "Each opening of a dispute and each ruling",
    PLACE,
    rows(DISPUTE, "y"),
    columns(
        place("y"),
        plain("step", name(Step, "y.step"), Type.TEXT, "What happened"),
        hash_of("invoice", "y.invoice", "The invoice's id"),
        address("opened_by", "y.by", "Who opened it"),
        hash_of("reason_hash", "y.reason_hash", "Hash of the reason"),
        time("until", "y.until", "When it ends by itself"),
        plain("outcome", "(ARRAY['resume', 'void'])[y.outcome + 1]", Type.TEXT, "The ruling"),
        plain("status_after", name(Status, "y.status"), Type.TEXT, "The invoice's status after it"),
    ),
)

_BUCKET = """
    CASE WHEN dpd.days <= 0 THEN 'current' WHEN dpd.days <= 15 THEN '1-15'
         WHEN dpd.days <= 30 THEN '16-30' WHEN dpd.days <= 60 THEN '31-60'
         WHEN dpd.days <= 90 THEN '61-90' ELSE 'over 90' END
"""

_ALIVE = f"i.status IN ({Status.ACTIVE:d}, {Status.DEFAULTED:d})"

LOAN_TAPE = View(
    "loan_tape",
    "Every invoice whose funding closed, as a loan: what was advanced, paid, owed, lost",
    ("invoice",),
    f"""{_DEAL}
CROSS JOIN LATERAL (SELECT {_DAYS_PAST_DUE} AS days) AS dpd
LEFT JOIN (
    SELECT y.invoice, count(*) AS number, max(y.closed_at) AS last_at
    FROM {rows(PAYMENT, "y")} GROUP BY y.invoice
) AS payments USING (invoice)
LEFT JOIN (
    SELECT y.invoice, count(DISTINCT y.investor) AS number
    FROM {rows(FUNDING, "y")} GROUP BY y.invoice
) AS investors USING (invoice)""",  # noqa: S608
    columns(
        _INVOICE,
        _STATUS,
        _ASSET,
        address("seller", "t.seller", "Borrower: who gets the advance"),
        address("debtor", "t.debtor", "Obligor; null where it was not named"),
        time("funded_at", "i.funded_at", "Funding closed"),
        time("released_at", "i.released_at", "Origination: money went to the seller"),
        time("due_at", "t.due_at", "Maturity"),
        plain(
            "tenor_days",
            f"t.due_at / {DAY} - i.released_at / {DAY}",
            Type.NUMBER,
            "From origination to maturity",
            "days",
        ),
        amount("face", "t.face", "What the debtor has to pay"),
        amount("advance", "i.raised", "What investors paid: the principal"),
        amount("par_sold", "i.par_sold", "What investors are due"),
        plain("investors", "investors.number", Type.NUMBER, "Addresses that paid in"),
        plain("fee_bps", "t.fee_bps", Type.NUMBER, "The platform's fee", "basis points"),
        plain("late_bps", "t.late_bps", Type.NUMBER, "Late charge", "basis points a day"),
        amount("paid", "i.paid", "Face paid so far"),
        amount("outstanding", _OUTSTANDING, "Face that is still owed"),
        amount("paid_to_investors", "i.investors", "Of the face paid, what went to investors"),
        amount(
            "owed_to_investors",
            f"CASE WHEN {_ALIVE} THEN i.par_sold - i.investors ELSE 0 END",
            "What investors still lack of what they are due",
        ),
        amount("late_paid", "i.late_paid", "Late charge paid"),
        amount("late_owed", facts.LATE_OWED, "Late charge owed at the ledger's time", wide=True),
        plain("payments", "coalesce(payments.number, 0)", Type.NUMBER, "Payments received"),
        time("last_payment_at", "payments.last_at", "The newest of them"),
        plain("days_past_due", "dpd.days", Type.NUMBER, "UTC dates since maturity (M11)", "days"),
        plain("bucket", _BUCKET, Type.TEXT, "Bucket of days past due (M11)", "days"),
        plain(
            "disputed",
            "applied.closed_at < i.disputed_until",
            Type.FLAG,
            "Whether a dispute is open",
        ),
        time("defaulted_at", "i.defaulted_at", "Declared in default"),
        time("written_off_at", "i.written_off_at", "Written off"),
        amount("shortfall", "i.shortfall", "What investors lacked when it was written off"),
        time("ended_at", "i.ended_at", "Settled or written off"),
    ),
    condition="i.funded_at IS NOT NULL",
)
