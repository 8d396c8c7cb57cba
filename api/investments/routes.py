"""What you hold."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, Router, get
from litestar.di import NamedDependency

from api.access import PRIVATE
from api.database import Database
from api.documentation import answers
from api.investments.schemas import PortfolioAnswer
from api.reads import answer, read
from api.security import SIGNED_IN, Subject
from projections.positions import portfolio


@get("/", opt=PRIVATE, security=SIGNED_IN, summary="Your holdings",
     responses=answers(PortfolioAnswer, 401))  # fmt: skip
async def get_portfolio(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    subject: NamedDependency[Subject],
) -> Response[bytes]:
    """Every position with its invoice, what it brought and what you can claim now."""
    async with database.private(subject.owner) as connection:
        found = await read(connection, portfolio(subject.address))
    return answer(request, found, subject=subject, what="account")


router = Router("/v1/portfolio", route_handlers=[get_portfolio], tags=["investments"])
