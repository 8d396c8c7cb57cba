"""Replays a recording and tells what agreed, what differs for a reason, and what for none."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from stellarsettle.conformance import compare, explain, network
from stellarsettle.conformance.compare import Difference, Place
from stellarsettle.conformance.recording import Recording, Request

_META = "LedgerCloseMeta"


class Found(msgspec.Struct, frozen=True):
    """A difference and its reason, if there is one."""

    difference: Difference
    reason: str | None


class Verdict(msgspec.Struct, frozen=True):
    """How one answer compares with the recorded one."""

    request: Request
    found: tuple[Found, ...]

    @property
    def is_equal(self) -> bool:
        """Nothing differs."""
        return not self.found

    @property
    def is_explained(self) -> bool:
        """Something differs, all of it for a reason."""
        return bool(self.found) and all(one.reason is not None for one in self.found)


class Outcome(msgspec.Struct, frozen=True):
    """What came of a replay."""

    verdicts: tuple[Verdict, ...]
    withheld: int
    corrected: tuple[str, ...]


def replay(recording: Recording) -> Outcome:
    """Play the whole recording on a local ledger and judge every answer and every ledger."""
    compared: list[tuple[Request, list[Difference]]] = []
    withheld = 0
    with network.running(recording) as played:
        facts = explain.facts_of(recording, played.passphrase, played.refused)
        for request, ledger in zip(recording.requests, network.schedule(recording), strict=True):
            answer = played.ask(request, ledger)
            if request.withheld:
                withheld += 1
            else:
                compared.append((request, _compared(request, answer)))
        moved = 0
        for request, found in _ledgers(played, recording):
            moved += explain.drift(found)
            facts.drifts.add(moved)
            compared.append((request, found))
        verdicts = tuple(_judged(request, found, facts) for request, found in compared)
        return Outcome(verdicts, withheld, tuple(played.corrected))


def _compared(request: Request, answer: network.Answer) -> list[Difference]:
    method = request.method or ""
    found = compare.differences(method, request.response, answer.body)
    if answer.status != request.http_status:
        found.append(
            Difference(Place(method, ("http status",)), request.http_status, answer.status)
        )
    for name, recorded in (request.response_headers or {}).items():
        ours = answer.headers.get(name.lower(), compare.ABSENT)
        if name.lower() != "content-length" and ours != recorded:
            found.append(Difference(Place(method, ("http header", name)), recorded, ours))
    return found


def _ledgers(
    played: network.Network, recording: Recording
) -> Iterator[tuple[Request, list[Difference]]]:
    """The recorded ledgers against ours; the first two only set the stage."""
    for sequence in sorted(recording.ledgers)[2:]:
        if sequence > played.latest:
            return
        request = Request(sequence, "ledgers/meta", _META, None, 0.0)
        recorded = {"metadataXdr": recording.ledgers[sequence].xdr}
        ours = {"metadataXdr": played.meta(sequence)}
        yield request, compare.differences(_META, recorded, ours)


def _judged(request: Request, found: list[Difference], facts: explain.Facts) -> Verdict:
    case = explain.Case(request, tuple(found), facts)
    return Verdict(request, tuple(Found(one, explain.reason(case, one)) for one in found))
