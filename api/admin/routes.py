"""Routes of the platform's own people. Parameters, fees, roles and pause are transactions."""

from __future__ import annotations

from typing import Annotated

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from api.access import ADMIN, only
from api.admin.schemas import Assigned, Disputes, Members, Reviews, System
from api.admin.service import Administration
from api.errors import documented, invalid_field
from api.security import SIGNED_IN, Subject
from api.values import Hash32

_NO_STORE = {"Cache-Control": "no-store"}
REVIEWERS = only("verifier", "staff:operations", "staff:risk")
RULERS = only("arbiter", "staff:operations", "staff:risk")
KEEPERS = only(ADMIN, "compliance", "staff:compliance", "staff:operations")
OPERATORS = only(ADMIN, "staff:operations")


def _invoice(text: str) -> bytes:
    try:
        return Hash32.parse(text)
    except ValueError as error:
        raise invalid_field("invoice_id", f"An invoice's id: {error}.") from error


@get("/reviews", opt=REVIEWERS, security=SIGNED_IN, summary="Invoices to review (staff)",
     responses=documented(401))  # fmt: skip
async def list_reviews(
    administration: NamedDependency[Administration], subject: NamedDependency[Subject]
) -> Response[Reviews]:
    """Those that no verifier approved yet, the oldest first: age, deadline, who looks after it."""
    return Response(await administration.reviews(subject), headers=_NO_STORE)


@post("/reviews/{invoice_id:str}/assignment", opt=REVIEWERS, security=SIGNED_IN, status_code=200,
      summary="Look after a review (staff)", responses=documented(401, 404, 422))  # fmt: skip
async def assign_review(
    invoice_id: FromPath[str],
    administration: NamedDependency[Administration],
    subject: NamedDependency[Subject],
) -> Response[Assigned]:
    """Yourself, instead of whoever did."""
    await administration.assign(subject, "reviews", _invoice(invoice_id))
    return Response(Assigned(subject.owner), headers=_NO_STORE)


@get("/disputes", opt=RULERS, security=SIGNED_IN, summary="Disputes to rule on (staff)",
     responses=documented(401))  # fmt: skip
async def list_disputes(
    administration: NamedDependency[Administration], subject: NamedDependency[Subject]
) -> Response[Disputes]:
    """The one that ends by itself first comes first."""
    return Response(await administration.disputes(subject), headers=_NO_STORE)


@post("/disputes/{invoice_id:str}/assignment", opt=RULERS, security=SIGNED_IN, status_code=200,
      summary="Look after a dispute (staff)", responses=documented(401, 404, 422))  # fmt: skip
async def assign_dispute(
    invoice_id: FromPath[str],
    administration: NamedDependency[Administration],
    subject: NamedDependency[Subject],
) -> Response[Assigned]:
    """Yourself, instead of whoever did."""
    await administration.assign(subject, "disputes", _invoice(invoice_id))
    return Response(Assigned(subject.owner), headers=_NO_STORE)


@get("/members", opt=KEEPERS, security=SIGNED_IN, summary="Members and roles (staff)",
     responses=documented(401, 422))  # fmt: skip
async def list_members(
    administration: NamedDependency[Administration],
    limit: Annotated[int, QueryParameter(ge=1, le=200)] = 100,
    after: Annotated[str, QueryParameter(max_length=56)] = "",
) -> Response[Members]:
    """As the contracts have it; changed by `set-member`, `grant-role`, `revoke-role`."""
    return Response(await administration.members(limit, after), headers=_NO_STORE)


@get("/system", opt=OPERATORS, security=SIGNED_IN, summary="How the system is (staff)",
     responses=documented(401))  # fmt: skip
async def get_system(administration: NamedDependency[Administration]) -> Response[System]:
    """Lag, gaps, quarantine, node, worker and outbox."""
    return Response(await administration.system(), headers=_NO_STORE)


router = Router(
    "/v1/admin",
    route_handlers=[
        list_reviews,
        assign_review,
        list_disputes,
        assign_dispute,
        list_members,
        get_system,
    ],
    tags=["admin"],
)
