"""How well documents are read: compares readings with labels, per field, group and layout family.

A folder holds `manifest.json` (for each document `file`, `group`, `layout`, and `not_visible`: the
labelled fields that no reader of the page could know) and beside each file `<file>.json` with its
labels. Layout families count alike, however many documents they have.
"""

from __future__ import annotations

import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec

from api.documents.reading import calibration, sandbox
from api.documents.reading.calibration import Curve, Sample
from api.documents.reading.field import Field, Source
from api.documents.reading.reading import Reading
from api.documents.reading.refusal import RefusedError
from api.documents.reading.values import plain

_LABELS: Final = {
    "invoice_number": "number",
    "type_code": "type_code",
    "date": "date",
    "due_date": "due_date",
    "currency": "currency",
    "total": "total",
    "net": "net",
    "tax": "tax",
    "due": "due",
    "seller": "seller",
    "buyer": "buyer",
    "iban": "iban",
}
"""Names of labels, and of the fields they are compared with."""

_WHOLE: Final = ("number", "date", "currency", "total")
_TEXT_FIELDS: Final = frozenset(
    {"number", "date", "due_date", "currency", "total", "net", "tax", "seller", "buyer"}
)
_ALIKE: Final = 0.6
_THRESHOLD: Final = 0.9
"""Confidence from which a total and currency would be taken without review, unless something
speaks against them: what people are shown as sure."""


class Document(msgspec.Struct, frozen=True):
    """One document of the manifest; other members of it are ignored."""

    file: str
    group: str
    layout: str
    not_visible: list[str] = []


class Judged(msgspec.Struct, frozen=True):
    """One labelled field of one document: what was answered (None: nothing), and whether right."""

    document: Document
    field: str
    label: str
    answer: str | None
    right: bool
    read: Field | None

    @property
    def confidence(self) -> float:
        """How sure the reading is of it; 0 for nothing."""
        return self.read.confidence if self.read else 0.0


class Evaluation(msgspec.Struct, frozen=True):
    """All judgements, the seconds each document took, and verdicts or refusals by file."""

    judged: list[Judged]
    seconds: list[float]
    verdicts: dict[str, str]


class Reader(Protocol):
    """What reads a document: the sandbox, or without one for documents that are trusted."""

    def __call__(self, data: bytes, *, text_only: bool) -> Reading:
        """The reading; raises RefusedError."""


def evaluate(
    folder: Path,
    groups: Collection[str] = (),
    *,
    text_only: bool = False,
    reader: Reader = sandbox.read,
) -> Evaluation:
    """Read every document of the folder, or those of some `groups`, and compare.

    `text_only` leaves embedded XML out, to measure what the page alone tells. Raises OSError and
    msgspec.DecodeError for a folder that is not of the form.
    """
    manifest = msgspec.json.decode((folder / "manifest.json").read_bytes(), type=list[Document])
    evaluation = Evaluation([], [], {})
    for document in manifest:
        if groups and document.group not in groups:
            continue
        labels = msgspec.json.decode((folder / f"{document.file}.json").read_bytes())
        began = time.perf_counter()
        data = (folder / document.file).read_bytes()
        reading = None
        try:
            reading = reader(data, text_only=text_only)
        except RefusedError as error:
            evaluation.verdicts[document.file] = f"refused: {error.refusal.value}"
        else:
            evaluation.verdicts[document.file] = reading.verdict.value
        evaluation.seconds.append(time.perf_counter() - began)
        evaluation.judged.extend(_judge(document, labels, reading, text_only=text_only))
    return evaluation


def _judge(
    document: Document, labels: dict[str, Any], reading: Reading | None, *, text_only: bool
) -> Iterator[Judged]:
    fields = reading.fields if reading else {}
    seen = text_only or not any(field.source is Source.XML for field in fields.values())
    for label, name in _LABELS.items():
        if label not in labels or (seen and label in document.not_visible):
            continue
        if seen and name not in _TEXT_FIELDS:
            continue
        field = fields.get(name)
        expected = str(labels[label])
        yield Judged(
            document,
            name,
            expected,
            field.value if field else None,
            field is not None and _right(name, expected, field),
            field,
        )


def _right(name: str, label: str, field: Field) -> bool:
    if name in ("total", "net", "tax", "due"):
        return abs(Decimal(field.value) - Decimal(label)) < Decimal("0.005")
    if name in ("seller", "buyer"):
        return _same_name(plain(label), plain(field.value))
    return "".join(field.value.split()) == "".join(label.split())


def _same_name(label: str, answer: str) -> bool:
    """Names are alike if, spaces apart, one holds the other and they are about as long."""
    label, answer = label.replace(" ", ""), answer.replace(" ", "")
    if not answer or not (label in answer or answer in label):
        return False
    return min(len(label), len(answer)) / max(len(label), len(answer)) >= _ALIKE


def report(evaluation: Evaluation) -> dict[str, Any]:
    """Figures per group: fields right, answered and labelled, macro over layout families in %."""
    groups: dict[str, list[Judged]] = defaultdict(list)
    for each in evaluation.judged:
        groups[each.document.group].append(each)
    ordered = sorted(evaluation.seconds)
    return {
        "groups": {name: _group(judged) for name, judged in sorted(groups.items())},
        "accepted": _accepted(evaluation.judged),
        "calibration_error": _calibration_error(evaluation.judged),
        "seconds_p50": round(statistics.median(ordered), 3) if ordered else None,
        "seconds_p95": round(ordered[int(len(ordered) * 0.95)], 3) if ordered else None,
    }


def _group(judged: list[Judged]) -> dict[str, Any]:
    by_field: dict[str, list[Judged]] = defaultdict(list)
    for each in judged:
        by_field[each.field].append(each)
    return {
        "documents": len({each.document.file for each in judged}),
        "fields": {
            name: {
                "right": sum(each.right for each in found),
                "answered": sum(each.answer is not None for each in found),
                "labelled": len(found),
                "macro": _macro((each.document.layout, each.right) for each in found),
            }
            for name, found in by_field.items()
        },
        "whole": _macro(_whole(judged)),
    }


def _macro(results: Iterable[tuple[str, bool]]) -> float | None:
    """Percent right, layout families counting alike."""
    families: dict[str, list[bool]] = defaultdict(list)
    for layout, right in results:
        families[layout].append(right)
    if not families:
        return None
    return round(100 * statistics.fmean(statistics.fmean(each) for each in families.values()), 1)


def _whole(judged: list[Judged]) -> Iterator[tuple[str, bool]]:
    """Documents with number, date, currency and total all right, of those labelled."""
    documents: dict[str, list[Judged]] = defaultdict(list)
    for each in judged:
        if each.field in _WHOLE:
            documents[each.document.file].append(each)
    for found in documents.values():
        yield found[0].document.layout, all(each.right for each in found)


def _accepted(judged: list[Judged]) -> dict[str, Any]:
    """Totals and currencies that would be taken without review, and how many are wrong."""
    money = [each for each in judged if each.field in ("total", "currency")]
    taken = [
        each
        for each in money
        if each.confidence >= _THRESHOLD and each.read and not each.read.against
    ]
    return {
        "threshold": _THRESHOLD,
        "coverage": round(len(taken) / len(money), 3) if money else None,
        "wrong": sum(not each.right for each in taken),
    }


def _calibration_error(judged: list[Judged]) -> float | None:
    """Of answered fields."""
    return calibration.error(
        [(each.confidence, each.right) for each in judged if each.answer is not None]
    )


def samples(judged: list[Judged]) -> list[Sample]:
    """What the curve of confidence is fitted to: answers with scores, layout families alike."""
    scored = [each for each in judged if each.read is not None and each.read.score is not None]
    families = Counter((each.document.layout, each.field) for each in scored)
    return [
        Sample(
            each.read.source.value,
            each.field,
            each.read.score,
            each.right,
            1 / families[each.document.layout, each.field],
        )
        for each in scored
        if each.read is not None and each.read.score is not None
    ]


def fitted_elsewhere(judged: list[Judged], folds: int = 5) -> float | None:
    """The calibration error of curves that were fitted to other layout families."""
    layouts = sorted({each.document.layout for each in judged})
    pairs: list[tuple[float, bool]] = []
    for fold in range(folds):
        away = set(layouts[fold::folds])
        others = [each for each in judged if each.document.layout not in away]
        curve = calibration.fitted(samples(others), Curve())
        pairs += [
            (curve.confidence(each.read.source.value, each.field, each.read.score), each.right)
            for each in judged
            if each.document.layout in away and each.read and each.read.score is not None
        ]
    return calibration.error(pairs)
