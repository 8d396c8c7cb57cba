"""A recorded real network, replayed: every answer and every ledger agrees or says why not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stellarsettle.conformance import recording, report
from stellarsettle.conformance.recording import Recording, Request
from stellarsettle.conformance.replay import Outcome, replay


@pytest.fixture(scope="module")
def network(corpus: Path) -> Recording:
    folder = corpus / "network"
    return recording.read(folder / recording.REQUESTS, folder)


@pytest.fixture(scope="module")
def outcome(network: Recording) -> Outcome:
    return replay(network)


def test_nothing_differs_without_a_reason(outcome: Outcome) -> None:
    assert report.is_conformant(outcome), "\n".join(report.lines(outcome))


def test_every_request_and_ledger_is_judged(network: Recording, outcome: Outcome) -> None:
    """All but those whose answers are withheld, and the two ledgers that set the stage."""
    asked = [one for one in network.requests if not one.withheld]
    assert len(outcome.verdicts) == len(asked) + len(network.ledgers) - 2
    assert outcome.withheld == len(network.requests) - len(asked)


def test_most_answers_are_equal_to_the_last_byte(outcome: Outcome) -> None:
    """Statuses, codes, hashes, ids, cursors: only what a protocol or a build brings may differ."""
    answers = [one for one in outcome.verdicts if one.request.family != "ledgers"]
    sent = [one for one in answers if one.request.method == "sendTransaction"]
    assert sum(one.is_equal for one in sent) >= 0.95 * len(sent)
    assert sum(one.is_equal for one in answers) > len(answers) // 2


def test_the_report_counts_what_it_judges(outcome: Outcome) -> None:
    lines = list(report.lines(outcome))
    total = next(line for line in lines if line.startswith("all "))
    assert total.split()[1] == str(len(outcome.verdicts))
    assert lines[-1] == "unexplained: nothing"


def request(**fields: Any) -> Request:
    plain = {"n": 1, "step": "proto/x", "method": None, "params": None, "t": 0.0}
    return Request(**{**plain, **fields})


@pytest.mark.parametrize(
    ("fields", "body"),
    [
        ({"method": "getHealth"}, b'{"jsonrpc":"2.0","id":1,"method":"getHealth","params":{}}'),
        (
            {"method": "getHealth", "step": "static/getHealth-noparams"},
            b'{"jsonrpc":"2.0","id":1,"method":"getHealth"}',
        ),
        ({"raw_request": "[1,2"}, b"[1,2"),
        ({"raw_request": '{"x":{"y":"aa...(20 bytes)'}, b'{"x":{"y":"aaaaaa"}}'),
    ],
)
def test_what_was_sent_is_sent_again(fields: dict[str, Any], body: bytes) -> None:
    """A body that was recorded by its start and length has its middle repeated."""
    assert request(**fields).body == body
