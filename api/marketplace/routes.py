"""The marketplace: what can be funded now."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter

from api.access import PUBLIC
from api.database import Database
from api.documentation import answers
from api.errors import invalid_field
from api.marketplace.schemas import OffersAnswer
from api.reads import answer, read
from projections.marketplace import open_invoices
from projections.query import CursorError


@get("/", opt=PUBLIC, summary="Invoices open for funding", responses=answers(OffersAnswer, 422))
async def list_offers(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    limit: Annotated[int, QueryParameter(ge=1, le=100)] = 25,
    after: FromQuery[str | None] = None,
) -> Response[bytes]:
    """Newest first. Follow `next` through the pages."""
    try:
        query = open_invoices(limit, after)
    except CursorError as error:
        raise invalid_field("?after", f"{error}.") from error
    async with database.public() as connection:
        return answer(request, await read(connection, query), what="marketplace")


router = Router("/v1/marketplace", route_handlers=[list_offers], tags=["marketplace"])
