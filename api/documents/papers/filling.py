"""Papers as PDF/A: a template of ours and the facts of a confirmed invoice, by Typst.

The same facts on the same day give the same bytes. Values reach the template as text only: nothing
that a person typed is ever read as markup.
"""

from __future__ import annotations

import datetime as dt
import enum
from pathlib import Path
from typing import Final

import msgspec

from api.documents.facts import Facts

_TEMPLATES: Final = Path(__file__).parent / "templates"


class Kind(enum.Enum):
    """What a paper is."""

    ASSIGNMENT = "assignment"
    NOTICE = "notice"


TITLES: Final = {
    Kind.ASSIGNMENT: "Assignment agreement",
    Kind.NOTICE: "Notice of assignment",
}
VERSIONS: Final = {Kind.ASSIGNMENT: 1, Kind.NOTICE: 1}
"""Versions of the templates; a template whose words change gets the next."""


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What the parties agree beside the invoice: who assigns, to whom (None: whoever funds it),
    with recourse or without, in which escrow contract, on what day.
    """  # noqa: D205 -- one sentence

    assignor: str
    assignee: str | None
    recourse: bool
    escrow: str
    day: dt.date


def filled(kind: Kind, facts: Facts, terms: Terms) -> bytes:
    """The paper as PDF/A-2b."""
    import typst  # noqa: PLC0415 -- a compiler of its own, which most requests do not need

    return typst.compile(
        (_TEMPLATES / f"{kind.value}.typ").read_bytes(),
        sys_inputs=_inputs(kind, facts, terms),
        ignore_system_fonts=True,
        pdf_standards="a-2b",
    )


def _inputs(kind: Kind, facts: Facts, terms: Terms) -> dict[str, str]:
    whoever = "whoever funds the invoice in the escrow contract, in proportion to the shares held."
    return {
        "title": TITLES[kind],
        "version": str(VERSIONS[kind]),
        "dated": terms.day.isoformat(),
        "year": str(terms.day.year),
        "month": str(terms.day.month),
        "day": str(terms.day.day),
        "seller": facts.seller.name,
        "seller_tax_id": facts.seller.tax_id,
        "buyer": facts.debtor.name,
        "buyer_tax_id": facts.debtor.tax_id,
        "number": facts.number,
        "date": facts.date,
        "due_date": facts.due_date,
        "total": facts.total,
        "currency": facts.currency,
        "doc_hash": bytes(facts.doc_hash).hex(),
        "assignor": terms.assignor,
        "assignee_text": f"the account {terms.assignee}." if terms.assignee else whoever,
        "recourse": "yes" if terms.recourse else "no",
        "escrow": terms.escrow,
    }
