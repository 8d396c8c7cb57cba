"""Routes about ledgers themselves."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, Response, Router, get
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromQuery, QueryParameter

from api.access import PUBLIC
from api.database import Database
from api.documentation import answers
from api.errors import Problem, documented, invalid_field
from api.ledgers.comparisons import Comparisons
from api.ledgers.schemas import Difference, DifferenceAnswer, LedgerAnswer
from api.reads import Meta, answer, cache_control, read
from api.values import Hash32
from projections import ledgers
from projections.model import Mark

_LARGEST = 2**31 - 1
From = Annotated[int, QueryParameter(name="from", ge=1, le=_LARGEST, description="A ledger")]
To = Annotated[int, QueryParameter(name="to", ge=1, le=_LARGEST, description="A later ledger")]
_COMPARED = ResponseSpec(DifferenceAnswer, generate_examples=False, description="What changed")


@get("/ledgers", opt=PUBLIC, summary="The ledger of a moment",
     responses=answers(LedgerAnswer, 404, 422))  # fmt: skip
async def get_ledger(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    moment: Annotated[
        int | None,
        QueryParameter(name="at", ge=0, le=2**53, description="Unix seconds [default: now]"),
    ] = None,
) -> Response[bytes]:
    """The newest ledger that is known to have closed by then; its number serves as `as_of`."""
    async with database.public() as connection:
        found = await read(connection, ledgers.at(moment))
    if found.body is None:
        raise Problem("ledger-too-early", "No ledger that was read here had closed by then.")
    return answer(request, found, what="ledger")


@get("/diff", opt=PUBLIC, summary="Two ledgers compared",
     responses={200: _COMPARED, **documented(404, 422)})  # fmt: skip
async def get_difference(
    comparisons: NamedDependency[Comparisons],
    first: From,
    last: To,
    invoice: FromQuery[Hash32 | None] = None,
) -> Response[DifferenceAnswer]:
    """What changed after ledger `from` up to ledger `to`: of one invoice, or of the platform."""
    if first > last:
        raise invalid_field("?to", "It comes before the ledger to compare it with.")
    found = await comparisons.between(first, last, invoice)
    if found is None:
        raise Problem("not-found", f"There is no invoice of that id as of ledger {last}.")
    data = Difference(
        first=_meta(found.first),
        last=_meta(found.last),
        invoice=None if invoice is None else invoice.hex(),
        events=found.events,
        changes=found.changes,
        left_out=found.left_out,
        invoices=found.invoices,
    )
    headers = {"Cache-Control": cache_control(past=True, private=False)}
    return Response(DifferenceAnswer(data, _meta(found.last)), headers=headers)


def _meta(mark: Mark) -> Meta:
    return Meta(mark.ledger, mark.closed_at)


router = Router("/v1", route_handlers=[get_ledger, get_difference], tags=["ledgers"])
