"""What every answer shows of an invoice, as SQL expressions over its rows.

`i` is read.invoice, `t` read.terms, `applied` the mark that the answer holds for.
"""

from __future__ import annotations

from projections.lifecycle import BASIS, DAY, OWING, Status
from projections.query import address, digits, hexadecimal, json_object, name

_CHARGED = f"{Status.ACTIVE:d}, {Status.DEFAULTED:d}"
_OWING = ", ".join(f"{status:d}" for status in OWING)

LATE_NUM = f"""
    CASE WHEN i.status IN ({_CHARGED}) THEN least(
        i.par_sold::numeric * t.late_cap_bps,
        i.late_num
            + (greatest((applied.closed_at - t.due_at) / {DAY}, i.late_days) - i.late_days)::numeric
            * t.late_bps * (i.par_sold - i.investors)
    ) ELSE i.late_num END
"""
"""The late charge at the mark's close time, times 10^4: `invoices.late_charge` in SQL."""

LATE_OWED = f"""
    CASE WHEN i.status IN ({_OWING}) THEN div({LATE_NUM}, {BASIS}) - i.late_paid ELSE 0 END
"""

AMOUNT_DUE = f"""
    CASE WHEN i.status IN ({_OWING}) THEN t.face - i.paid + ({LATE_OWED}) ELSE 0 END
"""
"""`invoices.amount_due` in SQL."""

SUMMARY = {
    "id": hexadecimal("i.invoice"),
    "status": name(Status, "i.status"),
    "disputed": "(applied.closed_at < i.disputed_until)",
    "asset": address("i.asset"),
    "seller": address("t.seller"),
    "debtor": address("t.debtor"),
    "face": digits("t.face"),
    "target": digits("t.target"),
    "par": digits("t.par"),
    "raised": digits("i.raised"),
    "remaining": digits("t.target - i.raised"),
    "par_sold": digits("i.par_sold"),
    "paid": digits("i.paid"),
    "amount_due": digits(AMOUNT_DUE),
    "due_at": "t.due_at",
    "deadline": "t.deadline",
    "acknowledged_at": "i.acknowledged_at",
    "published_at": "i.published_at",
}
"""An invoice in a list."""

TERMS_OBJECT = json_object(
    seller=address("t.seller"),
    debtor=address("t.debtor"),
    asset=address("t.asset"),
    natural=hexadecimal("t.natural"),
    doc_hash=hexadecimal("t.doc_hash"),
    attempt="t.attempt",
    face=digits("t.face"),
    target=digits("t.target"),
    par=digits("t.par"),
    min_raise=digits("t.min_raise"),
    ticket=digits("t.ticket"),
    fee_bps="t.fee_bps",
    late_bps="t.late_bps",
    late_cap_bps="t.late_cap_bps",
    due_at="t.due_at",
    deadline="t.deadline",
    grace="t.grace",
    release_delay="t.release_delay",
    needs_ack="t.needs_ack",
    recovery="t.recovery",
    dispute_limit="t.dispute_limit",
)
