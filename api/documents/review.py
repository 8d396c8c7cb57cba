"""A document as people review it: what was read beside what a person said, and what is odd."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import msgspec

from api.documents.duplicates import Duplicate
from api.documents.facts import MUST_CONFIRM, OPTIONAL, missing
from api.documents.reading.field import Field
from api.documents.reading.reading import Reading
from api.documents.reading.rules import Severity
from api.documents.records import Purpose, Record, State
from api.documents.schemas import (
    Band,
    Check,
    DocumentView,
    PageSize,
    Review,
    ReviewField,
    StageView,
    Verdict,
)

_SURE: Final = 0.9
"""Confidence from which a value is shown as sure; a person confirms it all the same."""
_CENT: Final = Decimal("0.01")
_VERDICTS: Final[Mapping[Severity, Verdict]] = {
    Severity.ERROR: "wrong",
    Severity.DOUBT: "doubt",
    Severity.NOTICE: "note",
}


def view(record: Record) -> DocumentView:
    """A document in a list."""
    return DocumentView(**_common(record))


def review(record: Record, duplicates: tuple[Duplicate, ...]) -> Review:
    """A document with its fields."""
    reading = record.reading
    values = shown_values(record)
    return Review(
        **_common(record),
        kind=reading.kind.value if reading else None,
        pages=tuple(PageSize(page.width, page.height) for page in reading.pages) if reading else (),
        fields=_fields(reading, record.facts) if reading else {},
        must_confirm=missing(record.facts) if _is_to_be_confirmed(record) else (),
        checks=tuple(_checks(reading, values)) if reading else (),
        duplicates=duplicates,
    )


def _is_to_be_confirmed(record: Record) -> bool:
    return record.state is State.NEEDS_REVIEW and record.purpose is Purpose.INVOICE


def shown_values(record: Record) -> dict[str, str]:
    """Every field's value as things stand: what a person said, else what was read."""
    read = record.reading.fields if record.reading else {}
    return {**{name: field.value for name, field in read.items()}, **record.facts}


def outcomes(record: Record) -> Iterator[tuple[str, Field, bool]]:
    """Of each field that was read and then confirmed: its name, and whether it was right."""
    for name, field in (record.reading.fields if record.reading else {}).items():
        if name in record.facts:
            yield name, field, _same(record.facts[name], field.value)


def _common(record: Record) -> dict[str, Any]:
    return {
        "id": record.id,
        "name": record.name,
        "state": record.state.value,
        "stages": tuple(StageView(stage.state.value, stage.at) for stage in record.stages),
        "reason": record.reason,
        "message": record.message,
        "waiting": record.waiting,
        "size": record.size,
        "sha256": record.sha256.hex() if record.sha256 else None,
        "cid": record.cid,
        "doc_hash": record.commitment.hex() if record.commitment else None,
        "held": record.hold,
        "version": record.version,
        "purpose": record.purpose.value,
        "supports": record.supports,
    }


def _fields(reading: Reading, facts: Mapping[str, str]) -> dict[str, ReviewField]:
    names = dict.fromkeys([*MUST_CONFIRM, *OPTIONAL, *reading.fields])
    return {
        name: _field(reading.fields.get(name), facts.get(name), reading.alternatives.get(name, ()),
                     must=name in MUST_CONFIRM)
        for name in names
    }  # fmt: skip


def _field(
    read: Field | None, said: str | None, alternatives: tuple[str, ...], *, must: bool
) -> ReviewField:
    value = said if said is not None else read.value if read else None
    # A place belongs to the value that stands there: a corrected one stands nowhere that we know.
    placed = read if read and (said is None or _same(said, read.value)) else None
    return ReviewField(
        value=value,
        band=_band(read, said),
        confidence=1.0 if said is not None else read.confidence if read else 0.0,
        source="human" if said is not None else read.source.value if read else None,
        page=placed.page if placed else None,
        box=msgspec.structs.astuple(placed.box) if placed and placed.box else None,
        evidence=placed.evidence if placed else (),
        against=placed.against if placed else (),
        alternatives=tuple(each for each in alternatives if each != value),
        must_confirm=must,
        confirmed=said is not None,
    )


def _band(read: Field | None, said: str | None) -> Band:
    if said is not None:
        return "sure"
    if read is None:
        return "missing"
    return "sure" if read.confidence >= _SURE and not read.against else "check"


def _same(said: str, read: str) -> bool:
    """Whether a person left a value as it was read; 1523.2 and 1523.20 are the same amount."""
    if " ".join(said.split()).casefold() == " ".join(read.split()).casefold():
        return True
    try:
        return Decimal(said) == Decimal(read)
    except InvalidOperation:
        return False


def _checks(reading: Reading, values: Mapping[str, str]) -> Iterator[Check]:
    net, tax, total = (_amount(values.get(name)) for name in ("net", "tax", "total"))
    if net is not None and tax is not None and total is not None:
        fits = abs(net + tax - total) <= _CENT
        sentence = f"{net:f} + {tax:f} = {net + tax:f}, and the total is {total:f}."
        yield Check("net_and_tax_make_total", "ok" if fits else "wrong", sentence)
    if (date := values.get("date")) and (due := values.get("due_date")):
        verdict: Verdict = "ok" if date <= due else "wrong"
        yield Check("due_after_issue", verdict, f"Issued {date}, due {due}.")
    for finding in reading.findings:
        yield Check(finding.rule, _VERDICTS[finding.severity], f"{finding.message}.")


def _amount(text: str | None) -> Decimal | None:
    try:
        return None if text is None else Decimal(text)
    except InvalidOperation:
        return None
