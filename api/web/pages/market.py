"""The market: what can be funded now, to compare and choose."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter

from api.access import VISITED
from api.errors import invalid_field
from api.marketplace.schemas import Offer, Offers
from api.reads import read
from api.web.charts import Chart, scatter
from api.web.charts.kinds import Dot
from api.web.numbers import Writer, label
from api.web.sheet import Row, Sheet
from api.web.site import Site
from projections.marketplace import open_invoices
from projections.query import CursorError

_DAY = 86_400


class Line(msgspec.Struct, frozen=True):
    """An offer with what it promises; `tenor` in days from the ledger shown."""

    offer: Offer
    discount: Row
    simple: Row
    effective: Row
    tenor: int


@get("/market", opt=VISITED, include_in_schema=False)
async def get_market(
    request: Request[Any, Any, Any],
    site: NamedDependency[Site],
    limit: Annotated[int, QueryParameter(ge=1, le=100)] = 25,
    after: FromQuery[str | None] = None,
) -> Response[str]:
    """A page of open invoices, the newest first, with yields by the registry's definitions."""
    try:
        query = open_invoices(limit, after)
    except CursorError as error:
        raise invalid_field("?after", f"{error}.") from error
    async with site.database.public() as connection:
        found = await read(connection, query)
    offers = msgspec.json.decode(found.body or b"", type=Offers)
    sheet = Sheet(await site.figures.tables("M01.invoice", "M02.invoice", "M03.invoice"))
    lines = [_line(offer, sheet, found.time) for offer in offers.items]
    write, translate = site.pages.writer(request), site.pages.translate(request)
    return site.pages.page(
        request,
        "market/market.html",
        standing=site.pages.standing(found),
        lines=lines,
        chart=_chart(lines, write, translate) if len(lines) > 1 else None,
        next=None if offers.next is None else f"/market?limit={limit}&after={offers.next}",
        first=after is None,
        symbols=await site.assets.symbols({offer.asset for offer in offers.items}),
    )


def _line(offer: Offer, sheet: Sheet, now: int) -> Line:
    """What the figures do not know yet (they may be a ledger behind) stays empty."""
    discount, simple, effective = (
        sheet.row(f"{metric}.invoice", invoice=offer.id) or {} for metric in ("M01", "M02", "M03")
    )
    return Line(offer, discount, simple, effective, max(0, offer.due_at - now) // _DAY)


def _chart(lines: list[Line], write: Writer, translate: Any) -> Chart | None:
    """Tenor against yield: where an offer lies among the others of its page."""
    dots = []
    for line in lines:
        promised = line.simple.get("promised")
        if promised is None or promised.value is None:
            continue
        name, rate = label(line.offer.id), write.percent(str(promised.value))
        dots.append(
            Dot(
                x=float(line.tenor),
                y=float(promised.value),
                say=f"{name}: {rate}, {line.tenor} d",
                cells=(name, f"{line.tenor} d", rate),
                href=f"/market/{line.offer.id}",
            )
        )
    if not dots:
        return None
    return scatter(
        translate("Yield a year (up) against days until due (right) of the offers below."),
        (translate("Invoice"), translate("Days until due"), translate("Yield a year")),
        dots,
        lambda days: f"{days:g} d",
        lambda rate: f"{100 * rate:g}\u00a0%",
    )
