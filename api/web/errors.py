"""Problems as pages, for people: the same catalogue, the same words, a way on."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from litestar import Request, Response
from litestar.response import Redirect

from api.errors import Answering, Problem, as_json, request_id
from api.web.rendering import Pages


def answering(pages: Pages) -> Answering:
    """Who asks for HTML, as browsers do, gets a page; everybody else the problem as JSON."""

    def answer(request: Request[Any, Any, Any], problem: Problem) -> Response[Any]:
        if not _wants_page(request):
            return as_json(request, problem)
        if problem.kind.slug == "sign-in-required" and request.method == "GET":
            to = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            return Redirect(f"/login?to={quote(to)}", status_code=303)
        page = pages.page(
            request,
            "error.html",
            standing=None,
            status=problem.kind.status,
            problem=problem,
            request_id=request_id(request),
        )
        page.headers |= {"Cache-Control": "no-store"} | problem.headers
        return page

    return answer


def _wants_page(request: Request[Any, Any, Any]) -> bool:
    """Whether HTML is named before JSON; a client that takes anything gets JSON."""
    accepted = request.headers.get("accept", "")
    page, data = accepted.find("text/html"), accepted.find("json")
    return page >= 0 and (data < 0 or page < data)
