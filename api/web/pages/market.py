"""The market: what can be funded now, to search, compare and choose."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter

from api.access import VISITED
from api.errors import invalid_field
from api.marketplace.schemas import Facets, Offer, Offers
from api.reads import read
from api.values import ContractAddress
from api.web.charts import Chart, Dot, scatter
from api.web.names import SORTS, Translate
from api.web.numbers import Writer, label, typed_percent
from api.web.site import Site
from projections.marketplace import Search, Sort, facets, open_invoices
from projections.query import CursorError

_MOST_DAYS = 3650


@get("/market", opt=VISITED, include_in_schema=False)
async def get_market(  # noqa: PLR0913, PLR0917 -- each is a wish of its own
    request: Request[Any, Any, Any],
    site: NamedDependency[Site],
    at: NamedDependency[int | None],
    limit: Annotated[int, QueryParameter(ge=1, le=100)] = 25,
    after: FromQuery[str | None] = None,
    sort: FromQuery[Sort] = "newest",
    asset: FromQuery[str] = "",
    max_days: FromQuery[str] = "",
    min_yield: FromQuery[str] = "",
    acknowledged: FromQuery[str] = "",
    text: FromQuery[str] = "",
) -> Response[str]:
    """A page of open invoices. The address is the search: it can be kept and passed on."""
    write, translate = site.pages.writer(request), site.pages.translate(request)
    search = Search(
        sort=sort,
        asset=_asset(asset),
        max_days=_days(max_days),
        min_yield=_yield(min_yield, write),
        acknowledged=True if acknowledged == "yes" else None,
        text=text.strip() or None,
    )
    try:
        query = open_invoices(limit, after, search)
    except CursorError as error:
        raise invalid_field("?after", f"{error}.") from error
    async with site.database.snapshot() as connection:
        found, counted = (
            await read(connection, query, at),
            await read(connection, facets(search), at),
        )
    offers = msgspec.json.decode(found.body or b"", type=Offers)
    counts = msgspec.json.decode(counted.body or b"", type=Facets)
    wishes = {
        "sort": sort if sort != "newest" else "",
        "asset": asset,
        "max_days": max_days,
        "min_yield": min_yield,
        "acknowledged": acknowledged,
        "text": text,
    }
    assets = {offer.asset for offer in offers.items} | {one.value for one in counts.asset}
    return site.pages.page(
        request,
        "market/market.html",
        standing=site.pages.standing(found),
        offers=offers.items,
        facets=counts,
        wishes=wishes,
        wished=any(value for name, value in wishes.items() if name != "sort"),
        sorts={code: translate(name) for code, name in SORTS.items()},
        charts={"yields": _chart(offers.items, write, translate)},
        next=None if offers.next is None else _further(wishes, limit, offers.next),
        first=after is None,
        symbols=await site.assets.symbols(assets),
    )


def _further(wishes: dict[str, str], limit: int, after: str) -> str:
    kept = {name: value for name, value in wishes.items() if value}
    return f"/market?{urlencode({**kept, 'limit': limit, 'after': after})}"


def _asset(typed: str) -> str | None:
    try:
        return ContractAddress.parse(typed) if typed else None
    except ValueError as error:
        raise invalid_field("?asset", str(error)) from error


def _days(typed: str) -> int | None:
    if not typed.strip():
        return None
    digits = typed.strip()
    if not digits.isdecimal() or len(digits) > len(str(_MOST_DAYS)) or int(digits) > _MOST_DAYS:
        raise invalid_field("?max_days", f"Write a number of days up to {_MOST_DAYS}.")
    return int(digits)


def _yield(typed: str, write: Writer) -> str | None:
    """A percentage a year as the ratio that the query compares with."""
    try:
        return f"{Decimal(typed_percent(typed, write.locale)) / 10_000}" if typed.strip() else None
    except ValueError as error:
        raise invalid_field("?min_yield", str(error)) from error


def _chart(offers: list[Offer], write: Writer, translate: Translate) -> Chart | None:
    """Tenor against yield: where an offer lies among the others of its page."""
    dots = []
    for offer in offers:
        if offer.simple_yield is None:
            continue
        name, rate = label(offer.id), write.percent(offer.simple_yield)
        dots.append(
            Dot(
                x=float(offer.days),
                y=float(offer.simple_yield),
                say=f"{name}: {rate}, {offer.days} d",
                cells=(name, f"{offer.days} d", rate),
                href=f"/market/{offer.id}",
            )
        )
    if len(dots) < 2:
        return None
    return scatter(
        translate("Yield a year (up) against days until due (right) of the offers below."),
        (translate("Invoice"), translate("Days until due"), translate("Yield a year")),
        dots,
        lambda days: f"{days:g} d",
        lambda rate: f"{100 * rate:g}\u00a0%",
    )
