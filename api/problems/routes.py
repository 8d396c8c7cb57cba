"""Pages about problems: the `type` of every problem leads here."""

from __future__ import annotations

from litestar import Response, Router, get
from litestar.params import FromPath

from api.access import PUBLIC
from api.errors import Problem, documented
from api.problems.catalogue import BY_SLUG, KINDS, Kind
from api.problems.schemas import ProblemIndex, ProblemPage

_CACHED = {"Cache-Control": "public, max-age=300"}


def _page(kind: Kind) -> ProblemPage:
    return ProblemPage(
        type=kind.type,
        title=kind.title,
        status=kind.status,
        sentence=kind.sentence,
        remedy=kind.remedy,
        code=kind.code,
        contract=kind.contract,
        action=kind.action,
    )


@get("/", opt=PUBLIC, summary="All kinds of problem", responses=documented())
async def list_problems() -> Response[ProblemIndex]:
    """Every way in which a request can fail, with the contracts' error codes."""
    return Response(ProblemIndex(tuple(_page(kind) for kind in KINDS)), headers=_CACHED)


@get("/{slug:str}", opt=PUBLIC, summary="One kind of problem", responses=documented(404))
async def explain_problem(slug: FromPath[str]) -> Response[ProblemPage]:
    """What a problem means and what to do about it."""
    if slug not in BY_SLUG:
        raise Problem("not-found", "There is no problem of that name.")
    return Response(_page(BY_SLUG[slug]), headers=_CACHED)


router = Router("/problems", route_handlers=[list_problems, explain_problem], tags=["problems"])
