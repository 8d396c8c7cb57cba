"""Routes of own sessions. An API key knows of none."""

from __future__ import annotations

import uuid
from typing import Any

import msgspec
from litestar import Request, Response, Router, delete, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from api.access import BY_HAND, PRIVATE, own
from api.errors import Problem, documented
from api.roles import Roles
from api.security import SIGNED_IN, Subject, set_cookie
from api.sessions.schemas import CurrentAnswer, EndedAnswer, SessionAnswer, SessionsAnswer
from api.sessions.service import Sessions

_NO_STORE = {"Cache-Control": "no-store"}


@get("/", opt=BY_HAND, security=SIGNED_IN, summary="Where you are signed in",
     responses=documented(401))  # fmt: skip
async def list_sessions(
    sessions: NamedDependency[Sessions], subject: NamedDependency[Subject]
) -> Response[SessionsAnswer]:
    """Own sessions that are good, the newest first."""
    current = str(subject.session)
    found = [
        msgspec.convert({**row, "current": row["id"] == current}, SessionAnswer)
        for row in await sessions.own(subject.owner)
    ]
    return Response(SessionsAnswer(tuple(found)), headers=_NO_STORE)


@get("/current", opt=PRIVATE, security=SIGNED_IN, summary="Who asks",
     responses=documented(401))  # fmt: skip
async def get_current(
    sessions: NamedDependency[Sessions],
    roles: NamedDependency[Roles],
    subject: NamedDependency[Subject],
) -> Response[CurrentAnswer]:
    """As whom you are known here, with which roles, and what a page needs to do anything."""
    csrf = None
    if subject.via == "cookie" and subject.session is not None:
        csrf = sessions.csrf_token(subject.session)
    answer = CurrentAnswer(
        owner=subject.owner,
        address=subject.address,
        via=subject.via,
        roles=tuple(sorted(await roles.of(subject))),
        session_id=None if subject.session is None else str(subject.session),
        csrf_token=csrf,
    )
    return Response(answer, headers=_NO_STORE)


@delete("/current", opt=BY_HAND, security=SIGNED_IN, status_code=200, summary="Sign out",
        responses=documented(401))  # fmt: skip
async def sign_out(
    request: Request[Any, Any, Any],
    sessions: NamedDependency[Sessions],
    subject: NamedDependency[Subject],
) -> Response[EndedAnswer]:
    """Ends the session that asks; a browser's cookie is taken away."""
    ended = 0 if subject.session is None else await sessions.end(subject.owner, subject.session)
    return _ended(request, subject, ended)


@delete("/", opt=BY_HAND, security=SIGNED_IN, status_code=200, summary="Sign out everywhere",
        responses=documented(401))  # fmt: skip
async def sign_out_everywhere(
    request: Request[Any, Any, Any],
    sessions: NamedDependency[Sessions],
    subject: NamedDependency[Subject],
) -> Response[EndedAnswer]:
    """Ends all own sessions, this one too. API keys stay good: revoke them on their own."""
    return _ended(request, subject, await sessions.end(subject.owner, None))


@delete(
    "/{session_id:uuid}",
    opt=own("session", by_hand=True),
    security=SIGNED_IN,
    status_code=204,
    summary="End one session",
    responses=documented(401, 404, 422),
)
async def end_session(
    session_id: FromPath[uuid.UUID],
    sessions: NamedDependency[Sessions],
    subject: NamedDependency[Subject],
) -> None:
    """Its refresh token is refused at once, its token within five seconds."""
    if not await sessions.end(subject.owner, session_id):
        raise Problem("not-found", "You have no session of that id.")


def _ended(request: Request[Any, Any, Any], subject: Subject, ended: int) -> Response[EndedAnswer]:
    if subject.via == "cookie":
        set_cookie(request, "", seconds=0)
    return Response(EndedAnswer(ended), headers=_NO_STORE)


router = Router(
    "/v1/sessions",
    route_handlers=[list_sessions, get_current, sign_out, sign_out_everywhere, end_session],
    tags=["accounts"],
)
