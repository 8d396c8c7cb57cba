"""What pages of an account share: a page that says what went wrong on it."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response

from api.errors import Problem
from api.web.site import Site


def shown(
    request: Request[Any, Any, Any],
    site: Site,
    template: str,
    problem: Problem | None = None,
    **values: Any,
) -> Response[Any]:
    """A page of the account without a ledger: it shows what is. Nothing on it is kept."""
    page = site.pages.page(
        request,
        f"account/{template}",
        standing=None,
        status=200 if problem is None else problem.kind.status,
        problem=problem,
        faults={} if problem is None else {f.pointer: f.detail for f in problem.faults},
        **values,
    )
    page.headers |= {"Cache-Control": "no-store"}
    return page
