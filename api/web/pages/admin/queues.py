"""What waits on the chain for a verifier or an arbiter, and who looks after it."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from api.admin.routes import REVIEWERS, RULERS
from api.admin.service import Administration
from api.kyc.review import Review
from api.kyc.routes import STAFF as COMPLIANCE
from api.roles import Roles
from api.security import Subject
from api.web.pages.admin.frame import EVERYBODY, may, shown
from api.web.pages.reference import invoice_named
from api.web.site import Site

_MANY = 200


@get("/admin", opt=EVERYBODY, include_in_schema=False)
async def get_overview(
    request: Request[Any, Any, Any],
    site: NamedDependency[Site],
    roles: NamedDependency[Roles],
    subject: NamedDependency[Subject],
    administration: NamedDependency[Administration],
    review: NamedDependency[Review],
) -> Response[str]:
    """How much waits in each queue that this person may work on, and what is late of it."""
    held = await roles.of(subject)
    waiting: dict[str, tuple[int, int]] = {}
    if may(held, REVIEWERS):
        waiting["reviews"] = _counted((await administration.reviews(subject)).data)
    if may(held, RULERS):
        waiting["disputes"] = _counted((await administration.disputes(subject)).data)
    if may(held, COMPLIANCE):
        waiting["kyc"] = _counted(await review.queue(subject, "PROCESSING", _MANY))
    return await shown(request, site, roles, subject, "overview.html", waiting=waiting)


def _counted(queue: Any) -> tuple[int, int]:
    """How many wait, and how many of them too long."""
    return len(queue), sum(item.overdue for item in queue)


@get("/admin/reviews", opt=REVIEWERS, include_in_schema=False)
async def get_reviews(
    request: Request[Any, Any, Any],
    site: NamedDependency[Site],
    roles: NamedDependency[Roles],
    subject: NamedDependency[Subject],
    administration: NamedDependency[Administration],
) -> Response[str]:
    """Invoices that no verifier approved yet, the oldest first."""
    found = (await administration.reviews(subject)).data
    symbols = await site.assets.symbols({item.invoice.asset for item in found})
    return await shown(
        request, site, roles, subject, "reviews.html", items=found, symbols=symbols, me=subject
    )


@get("/admin/disputes", opt=RULERS, include_in_schema=False)
async def get_disputes(
    request: Request[Any, Any, Any],
    site: NamedDependency[Site],
    roles: NamedDependency[Roles],
    subject: NamedDependency[Subject],
    administration: NamedDependency[Administration],
) -> Response[str]:
    """Disputes to rule on, the one that ends by itself first at the front."""
    found = (await administration.disputes(subject)).data
    symbols = await site.assets.symbols({item.invoice.asset for item in found})
    return await shown(
        request, site, roles, subject, "disputes.html", items=found, symbols=symbols, me=subject
    )


@post("/admin/reviews/{invoice_id:str}", opt=REVIEWERS, include_in_schema=False, status_code=303)
async def take_review(
    invoice_id: FromPath[str],
    administration: NamedDependency[Administration],
    subject: NamedDependency[Subject],
) -> Redirect:
    """Look after it oneself, instead of whoever did."""
    await administration.assign(subject, "reviews", invoice_named(invoice_id))
    return Redirect("/admin/reviews", status_code=303)


@post("/admin/disputes/{invoice_id:str}", opt=RULERS, include_in_schema=False, status_code=303)
async def take_dispute(
    invoice_id: FromPath[str],
    administration: NamedDependency[Administration],
    subject: NamedDependency[Subject],
) -> Redirect:
    """Look after it oneself, instead of whoever did."""
    await administration.assign(subject, "disputes", invoice_named(invoice_id))
    return Redirect("/admin/disputes", status_code=303)
