"""Two readings of the same pages made one: what both say is sure, what they dispute is a question.

Each reader's words go through the whole engine by themselves, so that an error of one reader has
to fit labels, arithmetic and the other reader's error to go unseen.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeVar

import msgspec

from api.documents.reading.field import Field
from api.documents.reading.values import plain

ValueT = TypeVar("ValueT")

_DOUBT_LEFT: Final = 0.35
"""Share of the surer reader's doubt that stays where both agree."""
_DISPUTED: Final = 0.55
_ALONE: Final = 0.85
_SUREST: Final = 0.99
_NAMES: Final = frozenset({"seller", "buyer"})


def agreed(first: Mapping[str, Field], second: Mapping[str, Field]) -> dict[str, Field]:
    """The fields of both readers; where they differ the surer one's, with the other against it."""
    return {
        name: _one(name, first.get(name), second.get(name))
        for name in dict.fromkeys([*first, *second])
    }


def offered(
    first: Mapping[str, tuple[str, ...]],
    second: Mapping[str, tuple[str, ...]],
    read: tuple[Mapping[str, Field], Mapping[str, Field]],
) -> dict[str, tuple[str, ...]]:
    """What a person may choose from: first what each reader says, then what each found."""
    return {
        name: tuple(
            dict.fromkeys(
                [
                    *(fields[name].value for fields in read if name in fields),
                    *first.get(name, ()),
                    *second.get(name, ()),
                ]
            )
        )
        for name in dict.fromkeys([*first, *second])
    }


def _one(name: str, first: Field | None, second: Field | None) -> Field:
    if first is None or second is None:
        only = first or second
        assert only is not None  # noqa: S101 -- the name comes from one of them
        return _with(only, only.confidence * _ALONE, evidence="only one of two readers found it")
    best, other = sorted((first, second), key=lambda each: -each.confidence)
    if _same(name, best.value, other.value):
        doubt = (1 - best.confidence) * _DOUBT_LEFT
        return _with(best, min(_SUREST, 1 - doubt), evidence="two readers agree")
    return _with(best, best.confidence * _DISPUTED, against=f"another reader reads {other.value!r}")


def _with(field: Field, confidence: float, *, evidence: str = "", against: str = "") -> Field:
    return msgspec.structs.replace(
        field,
        confidence=round(confidence, 3),
        score=None if field.score is None else round(confidence, 3),
        evidence=(*field.evidence, evidence) if evidence else field.evidence,
        against=(*field.against, against) if against else field.against,
    )


def _same(name: str, one: str, other: str) -> bool:
    if name in _NAMES:
        return plain(one).replace(" ", "") == plain(other).replace(" ", "")
    return "".join(one.split()).casefold() == "".join(other.split()).casefold()
