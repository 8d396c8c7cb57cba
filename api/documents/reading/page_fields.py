"""The fields that the words of pages give, whatever reader they come from."""

from __future__ import annotations

from collections.abc import Sequence

from api.documents.reading import layouts, parties, solver, spans, tax_ids, vocabulary
from api.documents.reading.field import Field, Source
from api.documents.reading.known import Known, recognise
from api.documents.reading.memory import Memory
from api.documents.reading.page import Page
from api.documents.reading.solver import Answer


def read(
    pages: Sequence[Page], found: spans.Found, known: Memory, source: Source
) -> dict[str, Field]:
    """Every field that `pages` with the values `found` on them tell.

    `known` are parties by name, and where their fields stood.
    """
    read_here = _read(pages, found, source)
    ids = tax_ids.read(pages, read_here.get("buyer"), read_here.get("seller"), source)
    return (
        read_here
        | ids
        | layouts.remembered(pages, found, known.layouts, source)
        | _known(pages, known.parties, source)
    )


def _read(pages: Sequence[Page], found: spans.Found, source: Source) -> dict[str, Field]:
    labels = vocabulary.labels(pages)
    currency = solver.currency(pages, found)
    money = solver.money(pages, labels, found)
    days = solver.days(pages, labels, found, american=bool(currency and currency.value == "USD"))
    seller, buyer = parties.seller_and_buyer(pages, labels)
    answers: dict[str, Answer | None] = {
        "number": solver.number(pages, labels, found),
        "date": days.date,
        "due_date": days.due,
        "currency": currency,
        "total": money.total,
        "net": money.net,
        "tax": money.tax,
        "seller": seller,
        "buyer": buyer,
    }
    return {
        name: _field(answer, _legible(pages, answer), source)
        for name, answer in answers.items()
        if answer is not None
    }


def _known(pages: Sequence[Page], known: Known, source: Source) -> dict[str, Field]:
    """Seller and buyer with their tax ids, where the pages name one that was confirmed before."""
    fields = {}
    for name, parties_known in (("seller", known.sellers), ("buyer", known.buyers)):
        found = recognise(pages, parties_known)
        if found is None:
            continue
        evidence = (f"a {name} known from before, by {found.by}",)
        place = (source, found.page, found.box, evidence)
        fields[name] = Field(found.party.name, found.sure, *place)
        fields[f"{name}_tax_id"] = Field(found.party.tax_id, found.sure, *place)
    return fields


def _legible(pages: Sequence[Page], answer: Answer) -> float:
    """How surely the characters of the answer are those on the page."""
    if answer.span is None:
        return 1.0
    row = pages[answer.span.page].rows[answer.span.row]
    words = row.segments[answer.span.segment].words[answer.span.first : answer.span.last + 1]
    return min(word.sure for word in words)


def _field(answer: Answer, legible: float, source: Source) -> Field:
    span = answer.span
    score = round(answer.score * legible, 3)
    return Field(
        answer.value,
        score,
        source,
        span.page if span else None,
        span.box if span else None,
        answer.evidence,
        answer.against,
        score=score,
    )
