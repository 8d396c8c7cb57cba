"""What you hold."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from litestar import Request, Response, Router, get
from litestar.di import NamedDependency

from api.access import PRIVATE
from api.database import Database
from api.documentation import answers
from api.errors import Problem, documented
from api.investments.schemas import Outlook, OutlookAnswer, PortfolioAnswer, PositionOutlook
from api.invoices.ladders import Ladders, written
from api.reads import Meta, answer, read
from api.security import SIGNED_IN, Subject
from projections.analytics import whatif
from projections.positions import portfolio


@get("/", opt=PRIVATE, security=SIGNED_IN, summary="Your holdings",
     responses=answers(PortfolioAnswer, 401, 404, 422))  # fmt: skip
async def get_portfolio(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    subject: NamedDependency[Subject],
    at: NamedDependency[int | None],
) -> Response[bytes]:
    """Every position with its invoice, what it brought and what you can claim now."""
    async with database.private(subject.owner) as connection:
        found = await read(connection, portfolio(subject.address), at)
    return answer(request, found, subject=subject, what="account")


@get("/outlook", opt=PRIVATE, security=SIGNED_IN, summary="What your holdings would bring",
     responses=documented(401, 404, 422))  # fmt: skip
async def get_outlook(
    ladders: NamedDependency[Ladders],
    subject: NamedDependency[Subject],
    at: NamedDependency[int | None],
) -> Response[OutlookAnswer]:
    """Each position that waits for its debtor: paid on time, late, half, not at all."""
    mark, rungs = await ladders.outlook(subject.address, at)
    if not mark.ledger:
        raise Problem("not-read-yet")
    positions = [
        PositionOutlook(
            invoice_id=invoice.hex(),
            stake=str(found[0].stake),
            rungs=[written(rung) for rung in found],
        )
        for invoice, found in ((key, list(group)) for key, group in groupby(rungs, _invoice))
    ]
    body = Outlook(address=subject.address, positions=positions)
    meta = Meta(mark.ledger, mark.closed_at)
    return Response(OutlookAnswer(body, meta), headers={"Cache-Control": "private, no-store"})


def _invoice(rung: whatif.Rung) -> bytes:
    return rung.invoice


router = Router("/v1/portfolio", route_handlers=[get_portfolio, get_outlook], tags=["investments"])
