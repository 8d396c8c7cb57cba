"""What all pages of the platform's own people share: who sees them, and the way between them."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response

from api.access import ACCESS, ROLES, Access, only
from api.admin.routes import KEEPERS, OPERATORS, REVIEWERS, RULERS
from api.audit.routes import READERS
from api.kyc.routes import STAFF as COMPLIANCE
from api.roles import Roles
from api.security import Subject
from api.web.rendering import Standing
from api.web.site import Site
from api.web.words import marked

AUDITORS = only(*READERS)
EVERYBODY = only(*ROLES)
"""Route option: whoever holds any role at all."""

PLACES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("/admin", marked("Overview"), EVERYBODY),
    ("/admin/reviews", marked("Reviews"), REVIEWERS),
    ("/admin/disputes", marked("Disputes"), RULERS),
    ("/admin/kyc", marked("KYC"), COMPLIANCE),
    ("/admin/members", marked("Members"), KEEPERS),
    ("/admin/params", marked("Parameters"), EVERYBODY),
    ("/admin/money", marked("Money"), EVERYBODY),
    ("/admin/system", marked("System"), OPERATORS),
    ("/admin/audit", marked("Audit log"), AUDITORS),
)
"""Address, name and who may go there, in the order in which they are shown."""


def may(held: frozenset[str], option: dict[str, Any]) -> bool:
    """Whether somebody with these roles may ask a route with this option."""
    access: Access = option[ACCESS]
    return bool(held & set(access.roles))


async def shown(
    request: Request[Any, Any, Any],
    site: Site,
    roles: Roles,
    subject: Subject,
    template: str,
    *,
    standing: Standing | None = None,
    **values: Any,
) -> Response[str]:
    """A page with the ways that this person may go; no browser keeps it."""
    held, translate = await roles.of(subject), site.pages.translate(request)
    page = site.pages.page(
        request,
        f"admin/{template}",
        standing=standing or await site.standing(),
        places=[(url, translate(name)) for url, name, option in PLACES if may(held, option)],
        held=held,
        **values,
    )
    page.headers["Cache-Control"] = "no-store"
    return page
