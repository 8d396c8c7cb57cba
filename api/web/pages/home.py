"""The first page: what this is, how much of it there is, three ways in."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency

from api.access import VISITED
from api.reads import read
from api.web.sheet import Sheet
from api.web.site import Site
from projections.platform import overview


@get("/", opt=VISITED, include_in_schema=False)
async def get_home(
    request: Request[Any, Any, Any],
    site: NamedDependency[Site],
    at: NamedDependency[int | None],
) -> Response[str]:
    """The platform in figures that hold now, and ways in for sellers, investors, debtors."""
    async with site.database.public() as connection:
        found = await read(connection, overview(), at)
    sheet = Sheet(await site.figures.tables("M23.platform", "M02.invoice", at=at))
    return site.pages.page(
        request,
        "home/home.html",
        standing=site.pages.standing(found),
        sheet=sheet,
        proof="/prove/platform",
        symbols=await site.assets.symbols(set(sheet.assets())),
    )
