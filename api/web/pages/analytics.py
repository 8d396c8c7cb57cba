"""Where risk sits: yields, maturity, defaults and what came back, concentration; for everybody."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency

from api.access import BY_HAND, VISITED
from api.reads import read
from api.security import Subject
from api.web.charts import Chart
from api.web.names import Translate
from api.web.numbers import Writer
from api.web.pages import risk, statistics
from api.web.sheet import Sheet
from api.web.site import Site
from projections.platform import overview

_MINE = ("M10.investor", "M11.investor", "M19.investor")


@get("/analytics", opt=VISITED, include_in_schema=False)
async def get_analytics(
    request: Request[Any, Any, Any],
    site: NamedDependency[Site],
    at: NamedDependency[int | None],
) -> Response[str]:
    """The whole platform, each asset apart."""
    return await _shown(request, site, None, at)


@get("/investor/analytics", opt=BY_HAND, include_in_schema=False)
async def get_own_analytics(
    request: Request[Any, Any, Any],
    site: NamedDependency[Site],
    subject: NamedDependency[Subject],
    at: NamedDependency[int | None],
) -> Response[str]:
    """The same, with one's own holdings beside it."""
    return await _shown(request, site, subject, at)


async def _shown(
    request: Request[Any, Any, Any], site: Site, subject: Subject | None, at: int | None
) -> Response[str]:
    async with site.database.public() as connection:
        found = await read(connection, overview(), at)
    sheet = Sheet(await site.figures.dashboard("risk", None, at))
    own = None
    if subject is not None:
        answers = await site.figures.dashboard("investor", subject.address, at)
        own = Sheet(answer for answer in answers if answer.table in _MINE)
    write, translate = site.pages.writer(request), site.pages.translate(request)
    charts = {
        f"{name}-{asset}": chart
        for asset in sheet.assets()
        for name, chart in _charts(sheet, asset, write, translate).items()
    }
    return site.pages.page(
        request,
        "analytics/analytics.html",
        standing=site.pages.standing(found),
        sheet=sheet,
        own=own,
        proof="/prove/platform",
        spreads=risk.spreads(translate),
        charts=charts,
        symbols=await site.assets.symbols(set(sheet.assets())),
    )


def _charts(
    sheet: Sheet, asset: str, write: Writer, translate: Translate
) -> dict[str, Chart | None]:
    return {
        "yields": risk.yields(sheet, asset, write, translate),
        "released": risk.released(sheet, asset, write, translate),
        "maturity": risk.maturity(sheet, asset, write, translate),
        "receipts": statistics.receipts(sheet, asset, write, translate),
        "lateness": risk.lateness(sheet, asset, write, translate),
        "cohorts": statistics.cohorts(sheet, asset, write, translate),
        "rolls": risk.rolls(sheet, asset, write, translate),
        "losses": risk.losses(sheet, asset, write, translate),
        "recovery": risk.recovery(sheet, asset, write, translate),
        "spread": risk.spread(sheet, asset, write, translate),
    }
