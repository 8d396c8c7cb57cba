"""What one can be told of: the topics, whom they are for, and which of them an event touches."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from api.happened import Happening

LEDGER: Final = "ledger"
PLATFORM: Final = "platform"
MARKETPLACE: Final = "marketplace"

PUBLIC: Final = {
    LEDGER: "each ledger that was read, also one in which nothing happened",
    PLATFORM: "the platform's figures and administration",
    MARKETPLACE: "open invoices: listed, funded, closed, in dispute",
}
"""Topics that anybody may follow; `invoice:ID` besides, one for each invoice."""

PRIVATE: Final = {
    "invoices": "invoices of which the one signed in is seller, debtor or payee",
    "portfolio": "positions of the one signed in",
    "transactions": "own transactions",
    "notifications": "own notifications",
    "documents": "own documents: each step of reading them, each change",
}
"""Topics of one's own, which need to be signed in."""

PATTERN: Final = rf"({'|'.join((*PUBLIC, *PRIVATE))}|invoice:[0-9a-f]{{64}})"
"""One topic."""

_LISTING: Final = frozenset(
    {
        "invoice_published",
        "invoice_acknowledged",
        "escrow_funded",
        "funding_closed",
        "funding_expired",
        "invoice_cancelled",
        "dispute_opened",
        "dispute_resolved",
        "asset_set",
        "paused",
        "unpaused",
    }
)
"""Events after which the marketplace shows something else."""


def of_invoice(invoice: str) -> str:
    """The topic of one invoice, by its id in hex."""
    return f"invoice:{invoice}"


def touched(happenings: Iterable[Happening]) -> set[str]:
    """The public topics that a stretch of ledgers touches, that of ledgers included."""
    found = {LEDGER}
    for one in happenings:
        found.add(PLATFORM)
        if one.event in _LISTING:
            found.add(MARKETPLACE)
        if one.invoice is not None:
            found.add(of_invoice(one.invoice))
    return found
