"""The marketplace: what can be funded now."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, Response, Router, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromQuery, QueryParameter

from api.access import SHARED
from api.database import Database
from api.documentation import answers
from api.errors import invalid_field
from api.marketplace.schemas import FacetsAnswer, OffersAnswer
from api.reads import answer, read
from api.values import Amount, AnyAddress, ContractAddress
from projections.marketplace import Search, Sort, facets, open_invoices
from projections.query import CursorError


def provide_search(  # noqa: PLR0913, PLR0917 -- each is a wish of its own
    sort: FromQuery[Sort] = "newest",
    asset: FromQuery[ContractAddress | None] = None,
    seller: FromQuery[AnyAddress | None] = None,
    debtor: FromQuery[AnyAddress | None] = None,
    max_days: Annotated[int | None, QueryParameter(ge=0, le=3650)] = None,
    min_yield: Annotated[str | None, QueryParameter(pattern=r"^[0-9]{1,3}(\.[0-9]{1,6})?$")] = None,
    min_remaining: FromQuery[Amount | None] = None,
    acknowledged: FromQuery[bool | None] = None,
    text: Annotated[str | None, QueryParameter(pattern=r"^(INV-|inv-)?[0-9A-Fa-f]{0,64}$")] = None,
) -> Search:
    """What is looked for. `text` is the beginning of an invoice's name or id."""
    return Search(
        sort=sort,
        asset=asset,
        seller=seller,
        debtor=debtor,
        max_days=max_days,
        min_yield=min_yield,
        min_remaining=min_remaining,
        acknowledged=acknowledged,
        text=text,
    )


@get(
    "/", opt=SHARED, summary="Invoices open for funding", responses=answers(OffersAnswer, 404, 422)
)
async def list_offers(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    search: NamedDependency[Search],
    at: NamedDependency[int | None],
    limit: Annotated[int, QueryParameter(ge=1, le=100)] = 25,
    after: FromQuery[str | None] = None,
) -> Response[bytes]:
    """By `sort`: newest, highest yield, due first, closing first, most still wanted.

    Follow `next` through the pages with the same wishes.
    """
    try:
        query = open_invoices(limit, after, search)
    except CursorError as error:
        raise invalid_field("?after", f"{error}.") from error
    async with database.public() as connection:
        return answer(request, await read(connection, query, at), what="marketplace")


@get(
    "/facets", opt=SHARED, summary="How many offers fit", responses=answers(FacetsAnswer, 404, 422)
)
async def count_offers(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    search: NamedDependency[Search],
    at: NamedDependency[int | None],
) -> Response[bytes]:
    """Counts over all pages: each facet as if nothing had been wished of it."""
    async with database.public() as connection:
        return answer(request, await read(connection, facets(search), at), what="marketplace")


router = Router(
    "/v1/marketplace",
    route_handlers=[list_offers, count_offers],
    dependencies={"search": Provide(provide_search, sync_to_thread=False)},
    tags=["marketplace"],
)
