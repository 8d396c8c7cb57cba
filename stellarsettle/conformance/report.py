"""What a replay found, as text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from stellarsettle.conformance.recording import Request
from stellarsettle.conformance.replay import Outcome, Verdict

_SHOWN = 160
"""Characters of a value that differs."""


def is_conformant(outcome: Outcome) -> bool:
    """Whether nothing differs without a reason."""
    return all(verdict.is_equal or verdict.is_explained for verdict in outcome.verdicts)


def lines(outcome: Outcome) -> Iterator[str]:
    """The report: shares per method and per family of steps, reasons, what has none."""
    yield from _shares("method", outcome, lambda request: request.method or "(raw request)")
    yield ""
    yield from _shares("steps", outcome, lambda request: request.family)
    yield ""
    yield from _reasons(outcome)
    yield ""
    if outcome.corrected:
        yield f"kept in step: {len(outcome.corrected)} entries were given the recorded form, so"
        yield f"that no difference counts twice ({_counted(outcome.corrected)})"
        yield ""
    if outcome.withheld:
        yield f"withheld: {outcome.withheld} requests were replayed without an answer to compare"
        yield ""
    yield from _unexplained(outcome)


def _shares(title: str, outcome: Outcome, group: Callable[[Request], str]) -> Iterator[str]:
    yield f"{title:24}{'asked':>7}{'equal':>7}{'explained':>11}{'unexplained':>13}{'agrees':>9}"
    groups: dict[str, list[Verdict]] = {}
    for verdict in outcome.verdicts:
        groups.setdefault(group(verdict.request), []).append(verdict)
    for name, verdicts in groups.items():
        yield _share(name, verdicts)
    yield _share("all", list(outcome.verdicts))


def _share(name: str, verdicts: list[Verdict]) -> str:
    equal = sum(verdict.is_equal for verdict in verdicts)
    explained = sum(verdict.is_explained for verdict in verdicts)
    open_ = len(verdicts) - equal - explained
    share = 100 * (equal + explained) / max(len(verdicts), 1)
    return f"{name:24}{len(verdicts):>7}{equal:>7}{explained:>11}{open_:>13}{share:>8.1f}%"


def _reasons(outcome: Outcome) -> Iterator[str]:
    places: Counter[str] = Counter()
    answers: Counter[str] = Counter()
    for verdict in outcome.verdicts:
        reasons = [one.reason for one in verdict.found if one.reason is not None]
        places.update(reasons)
        answers.update(set(reasons))
    yield f"{'answers':>8}{'places':>8}  why they differ"
    for reason, count in answers.most_common():
        yield f"{count:>8}{places[reason]:>8}  {reason}"


def _unexplained(outcome: Outcome) -> Iterator[str]:
    unexplained = [
        (verdict.request, one.difference)
        for verdict in outcome.verdicts
        for one in verdict.found
        if one.reason is None
    ]
    if not unexplained:
        yield "unexplained: nothing"
        return
    yield f"unexplained: {len(unexplained)} differences"
    for request, difference in unexplained:
        where = ".".join(map(str, difference.place.path))
        yield f"  {request.n} {request.step} {where}"
        yield f"      recorded {_shown(difference.recorded)}"
        yield f"      here     {_shown(difference.ours)}"


def _shown(value: object) -> str:
    text = str(value).replace("\n", "\\n")
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _counted(corrected: tuple[str, ...]) -> str:
    kinds = Counter(one.rsplit(" ", 1)[-1].lower() for one in corrected)
    return ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
