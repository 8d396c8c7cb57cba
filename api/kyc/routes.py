"""Routes of KYC: one's own case, and the staff's queue."""

from __future__ import annotations

import uuid
from typing import Annotated

from litestar import Response, Router, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from api.access import BY_HAND, only
from api.errors import documented
from api.kyc.review import COMPLIANCE, Review
from api.kyc.schemas import (
    Acceptances,
    Approval,
    Case,
    Cases,
    Decided,
    KycAnswer,
    KycRequest,
    OpenAcceptance,
    OpenCase,
    Question,
    Rejection,
    Status,
)
from api.kyc.service import Kyc
from api.security import SIGNED_IN, Subject

_NO_STORE = {"Cache-Control": "no-store"}
STAFF = only(COMPLIANCE, "staff:compliance")
_DECIDED = documented(400, 401, 404, 409, 413, 422)


@get("/", opt=BY_HAND, security=SIGNED_IN, summary="How far your KYC case is",
     responses=documented(401))  # fmt: skip
async def get_own(
    kyc: NamedDependency[Kyc], subject: NamedDependency[Subject]
) -> Response[KycAnswer]:
    """In SEP-12's words. What you told is not shown again."""
    return Response(await kyc.own(subject.owner), headers=_NO_STORE)


@put("/", opt=BY_HAND, security=SIGNED_IN, summary="Tell who you are",
     responses=documented(400, 401, 413, 422))  # fmt: skip
async def put_own(
    data: JSONBody[KycRequest], kyc: NamedDependency[Kyc], subject: NamedDependency[Subject]
) -> Response[KycAnswer]:
    """All at once or bit by bit, each sealed. What was decided before is over, and kept."""
    return Response(await kyc.put(subject.owner, data), headers=_NO_STORE)


@delete("/", opt=BY_HAND, security=SIGNED_IN, status_code=204, summary="Erase what you told",
        responses=documented(401, 404, 409))  # fmt: skip
async def forget_own(kyc: NamedDependency[Kyc], subject: NamedDependency[Subject]) -> None:
    """With its key. What was accepted is kept for as long as the law says, for compliance alone."""
    await kyc.forget(subject.owner)


@get("/", opt=STAFF, security=SIGNED_IN, summary="The KYC queue (compliance)",
     responses=documented(401, 422))  # fmt: skip
async def list_cases(
    review: NamedDependency[Review],
    subject: NamedDependency[Subject],
    status: FromQuery[Status] = "PROCESSING",
    limit: Annotated[int, QueryParameter(ge=1, le=200)] = 100,
) -> Response[Cases]:
    """What is due first comes first: age, deadline, who looks after it, who approved first."""
    return Response(Cases(await review.queue(subject, status, limit)), headers=_NO_STORE)


@get("/acceptances", opt=STAFF, security=SIGNED_IN, summary="What was accepted (compliance)",
     responses=documented(401, 422))  # fmt: skip
async def list_acceptances(
    review: NamedDependency[Review], subject: NamedDependency[Subject], owner: FromQuery[str]
) -> Response[Acceptances]:
    """Of one person (`owner` as in a case), whatever was told or erased since."""
    return Response(Acceptances(await review.acceptances(subject, owner)), headers=_NO_STORE)


@get("/acceptances/{acceptance_id:uuid}", opt=STAFF, security=SIGNED_IN,
     summary="What an acceptance rests on (compliance)",
     responses=documented(401, 404, 422))  # fmt: skip
async def open_acceptance(
    acceptance_id: FromPath[uuid.UUID],
    review: NamedDependency[Review],
    subject: NamedDependency[Subject],
) -> Response[OpenAcceptance]:
    """In clear. That you looked is in the audit log."""
    return Response(await review.acceptance(subject, acceptance_id), headers=_NO_STORE)


@get("/{case_id:uuid}", opt=STAFF, security=SIGNED_IN, summary="A KYC case (compliance)",
     responses=documented(401, 404, 422))  # fmt: skip
async def open_case(
    case_id: FromPath[uuid.UUID],
    review: NamedDependency[Review],
    subject: NamedDependency[Subject],
) -> Response[OpenCase]:
    """What was told, in clear. That you looked is in the audit log."""
    return Response(await review.open(subject, case_id), headers=_NO_STORE)


@post("/{case_id:uuid}/assignment", opt=STAFF, security=SIGNED_IN, status_code=200,
      summary="Look after a case (compliance)", responses=documented(401, 404, 422))  # fmt: skip
async def assign_case(
    case_id: FromPath[uuid.UUID],
    review: NamedDependency[Review],
    subject: NamedDependency[Subject],
) -> Response[Case]:
    """Yourself, instead of whoever did."""
    return Response(await review.assign(subject, case_id), headers=_NO_STORE)


@post("/{case_id:uuid}/approval", opt=STAFF, security=SIGNED_IN, status_code=200,
      summary="Approve a case (compliance)", responses=_DECIDED)  # fmt: skip
async def approve_case(
    case_id: FromPath[uuid.UUID],
    data: JSONBody[Approval],
    review: NamedDependency[Review],
    subject: NamedDependency[Subject],
) -> Response[Decided]:
    """Two people have to. With the second the transaction that admits the member is built."""
    return Response(await review.approve(subject, case_id, data), headers=_NO_STORE)


@post("/{case_id:uuid}/admission", opt=only(COMPLIANCE), security=SIGNED_IN, status_code=200,
      summary="Have the admission built (role compliance)", responses=_DECIDED)  # fmt: skip
async def admit_member(
    case_id: FromPath[uuid.UUID],
    review: NamedDependency[Review],
    subject: NamedDependency[Subject],
) -> Response[Decided]:
    """Of an accepted case: the unsigned `set-member`, until the acceptance ends."""
    return Response(await review.admit(subject, case_id), headers=_NO_STORE)


@post("/{case_id:uuid}/rejection", opt=STAFF, security=SIGNED_IN, status_code=200,
      summary="Reject a case (compliance)", responses=_DECIDED)  # fmt: skip
async def reject_case(
    case_id: FromPath[uuid.UUID],
    data: JSONBody[Rejection],
    review: NamedDependency[Review],
    subject: NamedDependency[Subject],
) -> Response[Case]:
    """The person is told why, and may tell more."""
    return Response(await review.reject(subject, case_id, data), headers=_NO_STORE)


@post("/{case_id:uuid}/question", opt=STAFF, security=SIGNED_IN, status_code=200,
      summary="Want fields anew (compliance)", responses=_DECIDED)  # fmt: skip
async def question_case(
    case_id: FromPath[uuid.UUID],
    data: JSONBody[Question],
    review: NamedDependency[Review],
    subject: NamedDependency[Subject],
) -> Response[Case]:
    """The person is told which, and why."""
    return Response(await review.ask(subject, case_id, data), headers=_NO_STORE)


router = Router("/v1/kyc", route_handlers=[get_own, put_own, forget_own], tags=["accounts"])
staff_router = Router(
    "/v1/admin/kyc",
    route_handlers=[
        list_cases,
        list_acceptances,
        open_acceptance,
        open_case,
        assign_case,
        approve_case,
        admit_member,
        reject_case,
        question_case,
    ],
    tags=["admin"],
)
