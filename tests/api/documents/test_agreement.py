"""Two readers of a scan: together surer, in dispute a question."""

from __future__ import annotations

from api.documents.reading.agreement import agreed, offered
from api.documents.reading.field import Field, Source


def _field(value: str, confidence: float = 0.8) -> Field:
    return Field(value, confidence, Source.OCR, 0, None, ("labelled",), score=confidence)


def test_what_both_read_is_surer_than_what_either_does() -> None:
    found = agreed({"total": _field("12.00", 0.7)}, {"total": _field("12.00", 0.9)})["total"]
    assert found.confidence > 0.9
    assert found.score == found.confidence
    assert found.evidence == ("labelled", "two readers agree")
    assert (
        agreed({"buyer": _field("Müller  AG")}, {"buyer": _field("Muller AG")})["buyer"].confidence
        > 0.8
    )


def test_what_they_dispute_is_the_surer_ones_and_doubted() -> None:
    found = agreed({"total": _field("12.00", 0.7)}, {"total": _field("72.00", 0.9)})["total"]
    assert found.value == "72.00"
    assert found.confidence < 0.6
    assert found.against == ("another reader reads '12.00'",)


def test_what_only_one_found_is_less_sure_than_he_thought() -> None:
    only = {"number": _field("4711", 0.9)}
    for first, second in ((only, {}), ({}, only)):
        assert 0.6 < agreed(first, second)["number"].confidence < 0.9


def test_a_person_chooses_first_from_what_the_readers_said() -> None:
    read = ({"total": _field("12.00")}, {"total": _field("72.00")})
    found = offered({"total": ("99.00", "12.00")}, {"total": ("72.00", "5.00")}, read)
    assert found == {"total": ("12.00", "72.00", "99.00", "5.00")}
