"""From the ledger's refusal to what a person can do about it: the read models say it in figures."""

from __future__ import annotations

from api.errors import Obstacle, Problem
from api.transactions.action import Action
from api.transactions.conditions import Broken, broken
from api.transactions.facts import Facts
from api.transactions.requests import Body
from api.values import AnyAddress

_WITHOUT_REASON = frozenset({"simulation-failed", "not-authorised"})
"""The ledger says no more than that: what the read models know comes first."""


def explainable(problem: Problem) -> bool:
    """Whether the ledger refused the call itself, rather than being out of reach."""
    return problem.kind.code is not None or problem.kind.slug in _WITHOUT_REASON


def explained(problem: Problem, action: Action, facts: Facts, body: Body) -> Problem:
    """The refusal with its reason in this case, and with everything else that is in the way."""
    known = broken(action.conditions, facts, body)
    if not known:
        return problem
    same = next((one for one in known if one.kind == problem.kind), None)
    if same is None and problem.kind.slug in _WITHOUT_REASON:
        same = known[0]
    first = same or Broken(problem.kind, problem.detail)
    others = [one for one in known if one is not same]
    obstacles = tuple(_obstacle(one) for one in (first, *others))
    return Problem("", first.detail, kind=first.kind, obstacles=obstacles)


def people_in(body: Body) -> set[str]:
    """The addresses that a request names."""
    values = (getattr(body, name) for name in body.__struct_fields__)
    return {str(value) for value in values if isinstance(value, AnyAddress)}


def _obstacle(one: Broken) -> Obstacle:
    return Obstacle(
        type=one.kind.type,
        title=one.kind.title,
        detail=one.detail,
        remedy=one.kind.remedy,
        code=one.kind.code,
        action=one.kind.action,
    )
