"""The evaluation counts what it says, and reading does not get worse on real documents."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from api.documents.reading.reading import read
from stellarsettle import baselines, evaluation
from tests.api.documents import sheets


def _folder(folder: Path, labels: dict[str, object]) -> Path:
    (folder / "a.pdf").write_bytes(sheets.pdf())
    (folder / "a.pdf.json").write_bytes(msgspec.json.encode(labels))
    manifest = [{"file": "a.pdf", "group": "made", "layout": "one", "not_visible": ["tax"]}]
    (folder / "manifest.json").write_bytes(msgspec.json.encode(manifest))
    return folder


def test_right_and_wrong_are_counted(tmp_path: Path) -> None:
    labels = {"invoice_number": "2026-0815", "total": 1523.2, "net": 1.0, "tax": 9.0}
    report = evaluation.report(evaluation.evaluate(_folder(tmp_path, labels)))
    fields = report["groups"]["made"]["fields"]
    assert (fields["number"]["right"], fields["total"]["macro"]) == (1, 100.0)
    assert (fields["net"]["right"], fields["net"]["answered"]) == (0, 1)
    assert "tax" not in fields, "what no page shows is not asked of a page"
    assert report["groups"]["made"]["whole"] == 100.0


def test_a_baseline_tells_what_got_better_and_worse(tmp_path: Path) -> None:
    labels = {"invoice_number": "2026-0815", "total": 1523.2, "net": 1.0}
    report = evaluation.report(evaluation.evaluate(_folder(tmp_path, labels)))
    file = tmp_path / "baseline.json"
    baselines.save(file, "everything", report)
    baselines.save(file, "pages alone", report)
    assert baselines.compare(file, "everything", report) == []
    labels = {"invoice_number": "2026-0816", "total": 1523.2, "net": 1280.0}
    other = evaluation.report(evaluation.evaluate(_folder(tmp_path, labels)))
    found = {each.figure: each.worse for each in baselines.compare(file, "everything", other)}
    assert found["made (1) number %"]
    assert found["made (1) whole %"]
    assert not found["made (1) net %"]


_FLOORS = {
    "invoice2data": {"number": 95, "date": 95, "currency": 99, "total": 95},
    "zugferd-corpus": {"number": 95, "date": 95, "currency": 99, "total": 95, "due_date": 90},
}


@pytest.fixture(scope="module")
def by_text(corpus: Path) -> dict[str, Any]:
    judged = evaluation.evaluate(corpus / "invoices", _FLOORS, text_only=True, reader=read)
    groups: dict[str, Any] = evaluation.report(judged)["groups"]
    return groups


@pytest.mark.parametrize("group", _FLOORS)
def test_real_documents_are_read_from_their_text(by_text: dict[str, Any], group: str) -> None:
    fields = by_text[group]["fields"]
    assert {
        name for name, floor in _FLOORS[group].items() if fields[name]["macro"] < floor
    } == set()


def test_real_electronic_invoices_are_read_whole(corpus: Path) -> None:
    wanted = ("einvoice-xml", "zugferd-corpus")
    judged = evaluation.evaluate(corpus / "invoices", wanted, reader=read)
    for group, figures in evaluation.report(judged)["groups"].items():
        for name, field in figures["fields"].items():
            assert field["right"] == field["labelled"], (group, name)
