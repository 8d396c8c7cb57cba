"""All pages, and the files they need."""

from __future__ import annotations

from litestar import Router

from api.web import static
from api.web.pages import home, invoices, market, reference, statistics

router = Router(
    "/",
    route_handlers=[
        static.router,
        home.get_home,
        market.get_market,
        invoices.get_invoice_page,
        statistics.get_statistics,
        reference.get_metrics,
        reference.get_metric,
        reference.get_help,
        reference.choose_language,
    ],
    include_in_schema=False,
)
