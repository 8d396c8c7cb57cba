"""The documentation of problems as JSON."""

from __future__ import annotations

import msgspec


class ProblemPage(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of problem: when it occurs and what to do."""

    type: str
    title: str
    status: int
    sentence: str
    remedy: str
    code: int | None = None
    contract: str | None = None
    action: str | None = None


class ProblemIndex(msgspec.Struct, frozen=True):
    """All kinds of problem."""

    data: tuple[ProblemPage, ...]
