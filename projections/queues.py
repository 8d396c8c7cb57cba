"""What waits for the platform: invoices to review, disputes to rule on; queries only."""

from __future__ import annotations

from projections import facts
from projections.disputes import Step
from projections.lifecycle import Status
from projections.query import Query, address, hexadecimal, json_list, json_object, single

REVIEW_SECONDS = 2 * 86_400
"""How long a seller should wait for a review."""

_FROM = "FROM read.invoice AS i JOIN read.terms AS t USING (invoice)"

_REVIEW = json_object(
    invoice=json_object(**facts.SUMMARY),
    since="t.created_at",
    age="applied.closed_at - t.created_at",
    due_by=f"t.created_at + {REVIEW_SECONDS}",
    overdue=f"applied.closed_at > t.created_at + {REVIEW_SECONDS}",
    doc_hash=hexadecimal("t.doc_hash"),
)
_TO_REVIEW = single(
    json_list(f"""
        SELECT {_REVIEW} AS item {_FROM}
        WHERE i.status = {Status.CREATED:d} AND i.approved_at IS NULL
          AND applied.closed_at < t.deadline
        ORDER BY t.created_at, i.invoice LIMIT %(limit)s::int
    """)
)

_DISPUTE = json_object(
    invoice=json_object(**facts.SUMMARY),
    since="d.closed_at",
    age="applied.closed_at - d.closed_at",
    due_by="d.until",
    overdue="false",
    opened_by=address("d.by"),
    reason_hash=hexadecimal("d.reason_hash"),
)
_IN_DISPUTE = single(
    json_list(f"""
        SELECT {_DISPUTE} AS item {_FROM}
        CROSS JOIN LATERAL (
            SELECT * FROM read.dispute AS e
            WHERE e.invoice = i.invoice AND e.step = {Step.OPENED:d}
            ORDER BY e.position DESC, e.event_index DESC LIMIT 1
        ) AS d
        WHERE i.disputed_until > applied.closed_at
        ORDER BY d.until, i.invoice LIMIT %(limit)s::int
    """)  # noqa: S608
)


def to_review(limit: int) -> Query:
    """Invoices that no verifier approved yet and that may still be, the oldest first."""
    return Query(_TO_REVIEW, {"limit": limit})


def in_dispute(limit: int) -> Query:
    """Invoices under a dispute that has not ended, the one that ends by itself first at first."""
    return Query(_IN_DISPUTE, {"limit": limit})
