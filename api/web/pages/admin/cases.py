"""KYC: the queue, and one case with what was told, decided by two people."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from api.errors import Problem
from api.kyc.fields import FIELDS
from api.kyc.review import Review
from api.kyc.routes import STAFF as COMPLIANCE
from api.kyc.schemas import Approval, Decided, Question, Rejection, Status
from api.roles import Roles
from api.security import Subject
from api.web.forms import converted, typed_into, whole
from api.web.names import case_states
from api.web.pages.admin.frame import shown
from api.web.site import Site

_MANY = 200
_ASKED = "field."


@get("/admin/kyc", opt=COMPLIANCE, include_in_schema=False)
async def get_cases(
    request: Request[Any, Any, Any],
    site: NamedDependency[Site],
    roles: NamedDependency[Roles],
    subject: NamedDependency[Subject],
    review: NamedDependency[Review],
    status: FromQuery[Status] = "PROCESSING",
) -> Response[str]:
    """Cases of a status, what is due first at the front."""
    return await shown(
        request,
        site,
        roles,
        subject,
        "cases.html",
        cases=await review.queue(subject, status, _MANY),
        chosen=status,
        states=case_states(site.pages.translate(request)),
    )


@get("/admin/kyc/{case_id:uuid}", opt=COMPLIANCE, include_in_schema=False)
async def get_case(
    request: Request[Any, Any, Any],
    case_id: FromPath[UUID],
    site: NamedDependency[Site],
    roles: NamedDependency[Roles],
    subject: NamedDependency[Subject],
    review: NamedDependency[Review],
) -> Response[str]:
    """What was told, in clear: that it was opened, and by whom, is in the audit log."""
    return await _case(request, site, roles, subject, review, case_id)


@post("/admin/kyc/{case_id:uuid}", opt=COMPLIANCE, include_in_schema=False, status_code=303)
async def decide_case(
    request: Request[Any, Any, Any],
    case_id: FromPath[UUID],
    site: NamedDependency[Site],
    roles: NamedDependency[Roles],
    subject: NamedDependency[Subject],
    review: NamedDependency[Review],
) -> Response[Any]:
    """`do` says what: take, approve, reject, ask, admit. The last approval leads to signing."""
    typed = typed_into(await request.body())
    try:
        intent = await _done(review, subject, case_id, typed)
    except Problem as problem:
        return await _case(request, site, roles, subject, review, case_id, problem)
    to = f"/admin/kyc/{case_id}" if intent is None else f"/tx/{intent}"
    return Redirect(to, status_code=303)


async def _done(review: Review, subject: Subject, case: UUID, typed: dict[str, str]) -> str | None:
    """Does what the form wants; the id of a transaction that is to be signed then, if any."""
    match typed.get("do"):
        case "take":
            await review.assign(subject, case)
        case "approve":
            wanted = {"revision": _revision(typed), "days": whole("days", typed.get("days", ""))}
            return _to_sign(await review.approve(subject, case, converted(wanted, Approval)))
        case "admit":
            return _to_sign(await review.admit(subject, case))
        case "reject":
            await review.reject(subject, case, converted(_message(typed), Rejection))
        case "ask":
            names = [name.removeprefix(_ASKED) for name in typed if name.startswith(_ASKED)]
            await review.ask(
                subject, case, converted(_message(typed) | {"fields": names}, Question)
            )
        case _:
            raise Problem("bad-request", "The form does not say what is to be done.")
    return None


def _revision(typed: dict[str, str]) -> int:
    return whole("revision", typed.get("revision", ""))


def _message(typed: dict[str, str]) -> dict[str, Any]:
    return {"revision": _revision(typed), "message": typed.get("message", "").strip()}


def _to_sign(decided: Decided) -> str | None:
    return None if decided.intent is None else str(decided.intent.id)


async def _case(  # noqa: PLR0913, PLR0917 -- a page and what went wrong on it
    request: Request[Any, Any, Any],
    site: Site,
    roles: Roles,
    subject: Subject,
    review: Review,
    case_id: UUID,
    problem: Problem | None = None,
) -> Response[str]:
    case = await review.open(subject, case_id)
    answer = await shown(
        request,
        site,
        roles,
        subject,
        "case.html",
        case=case,
        asked=FIELDS[case.kind],
        own=case.owner == subject.owner,
        approved=case.first_approver == subject.owner,
        states=case_states(site.pages.translate(request)),
        problem=problem,
    )
    answer.status_code = 200 if problem is None else problem.kind.status
    return answer
