"""What numbers mean and what can go wrong: the metric registry and the problem catalogue."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from api.access import VISITED
from api.errors import Problem
from api.problems.catalogue import KINDS
from api.values import Hash32
from api.web.language import COOKIE, LANGUAGES
from api.web.site import Site
from projections.analytics.metric import Reason
from projections.analytics.registry import METRICS

_YEAR = 31_536_000


@get("/metrics", opt=VISITED, include_in_schema=False, sync_to_thread=False)
def get_metrics(request: Request[Any, Any, Any], site: NamedDependency[Site]) -> Response[str]:
    """Every metric by its number."""
    return site.pages.page(
        request, "reference/metrics.html", standing=None, metrics=METRICS, reasons=list(Reason)
    )


@get("/metrics/{metric_id:str}", opt=VISITED, include_in_schema=False, sync_to_thread=False)
def get_metric(
    request: Request[Any, Any, Any], metric_id: FromPath[str], site: NamedDependency[Site]
) -> Response[str]:
    """One metric: its formulas, units, versions and reasons to be undefined."""
    found = next((metric for metric in METRICS if metric.id == metric_id), None)
    if found is None:
        raise Problem("not-found", "There is no metric of that number.")
    return site.pages.page(request, "reference/metric.html", standing=None, metric=found)


@get("/help", opt=VISITED, include_in_schema=False, sync_to_thread=False)
def get_help(request: Request[Any, Any, Any], site: NamedDependency[Site]) -> Response[str]:
    """How it works, the states of an invoice, and every problem with its remedy."""
    return site.pages.page(request, "reference/help.html", standing=None, kinds=KINDS)


@get("/language/{code:str}", opt=VISITED, include_in_schema=False, sync_to_thread=False)
def choose_language(code: FromPath[str], to: FromQuery[str] = "/") -> Redirect:
    """Remembers the reader's language and goes back to where they were."""
    if code not in LANGUAGES:
        raise Problem("not-found", "The pages are not written in that language.")
    cookie = Cookie(COOKIE, value=code, path="/", max_age=_YEAR, samesite="lax", httponly=True)
    return Redirect(local(to), cookies=[cookie], headers={"Cache-Control": "no-store"})


def invoice_named(text: str) -> bytes:
    """The id of an invoice in a page's address; raises "not-found" where it can be none's."""
    try:
        return Hash32.parse(text)
    except ValueError as error:
        raise Problem("not-found", "There is no invoice of that id.") from error


def local(path: str) -> str:
    """A path of this site; anything else leads to the first page."""
    plain = path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if plain and path.isprintable() else "/"
