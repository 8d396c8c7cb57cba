"""Routes of the staff's list, for the escrow's owner."""

from __future__ import annotations

from litestar import Response, Router, delete, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from api.access import ADMIN, only
from api.errors import documented, invalid_field
from api.security import SIGNED_IN, Subject
from api.staff.schemas import StaffAnswer, StaffMember, StaffRequest
from api.staff.service import Staff
from api.values import AccountAddress

_NO_STORE = {"Cache-Control": "no-store"}


def _account(text: str) -> str:
    try:
        return AccountAddress.parse(text)
    except ValueError as error:
        raise invalid_field("address", f"{error}.".capitalize()) from error


@get("/", opt=only(ADMIN), security=SIGNED_IN, summary="The platform's staff (the owner)",
     responses=documented(401))  # fmt: skip
async def list_staff(
    staff: NamedDependency[Staff], subject: NamedDependency[Subject]
) -> Response[StaffAnswer]:
    """Accounts with scopes, by address. Roles on the chain are not here."""
    return Response(StaffAnswer(await staff.everybody(subject)), headers=_NO_STORE)


@put("/{address:str}", opt=only(ADMIN), security=SIGNED_IN,
     summary="Give an account scopes (the owner)",
     responses=documented(400, 401, 413, 422))  # fmt: skip
async def put_staff(
    address: FromPath[str],
    data: JSONBody[StaffRequest],
    staff: NamedDependency[Staff],
    subject: NamedDependency[Subject],
) -> Response[StaffMember]:
    """Instead of those it had."""
    return Response(await staff.put(subject, _account(address), data), headers=_NO_STORE)


@delete("/{address:str}", opt=only(ADMIN), security=SIGNED_IN, status_code=204,
        summary="Take an account off the staff (the owner)",
        responses=documented(401, 404, 422))  # fmt: skip
async def remove_staff(
    address: FromPath[str], staff: NamedDependency[Staff], subject: NamedDependency[Subject]
) -> None:
    """It may do nothing more from the next request on."""
    await staff.remove(subject, _account(address))


router = Router("/v1/staff", route_handlers=[list_staff, put_staff, remove_staff], tags=["admin"])
