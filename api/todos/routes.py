"""Routes of what waits for you."""

from __future__ import annotations

from litestar import Response, Router, get
from litestar.di import NamedDependency

from api.access import PRIVATE
from api.errors import documented
from api.security import SIGNED_IN, Subject
from api.todos.schemas import Badges, Todos
from api.todos.service import Waiting

_NO_STORE = {"Cache-Control": "no-store"}


@get("/todos", opt=PRIVATE, security=SIGNED_IN, summary="What waits for you",
     responses=documented(401))  # fmt: skip
async def list_todos(
    waiting: NamedDependency[Waiting], subject: NamedDependency[Subject]
) -> Response[Todos]:
    """As seller, debtor, investor and in your roles; what is due first comes first."""
    return Response(await waiting.todos(subject), headers=_NO_STORE)


@get("/badges", opt=PRIVATE, security=SIGNED_IN, summary="How much waits for you",
     responses=documented(401))  # fmt: skip
async def get_badges(
    waiting: NamedDependency[Waiting], subject: NamedDependency[Subject]
) -> Response[Badges]:
    """Numbers for a header: what waits, what is unread, what could be claimed."""
    return Response(await waiting.badges(subject), headers=_NO_STORE)


router = Router("/v1/me", route_handlers=[list_todos, get_badges], tags=["accounts"])
