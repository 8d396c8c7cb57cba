"""The stream of hints."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, Router, get
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import HeaderParameter, QueryParameter
from litestar.response import Stream as StreamResponse

from api.access import PUBLIC, UNTIMED
from api.errors import Problem, documented, invalid_field
from api.limits.service import Limiter
from api.live import topics
from api.live.hub import Hub
from api.live.schemas import LiveHint
from api.live.stream import Stream
from api.security import WWW_AUTHENTICATE, Subject
from api.values import END

_MOST_TOPICS = 50
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}

_TOPICS = "; ".join(
    f"`{name}`: {words}" for name, words in (topics.PUBLIC | topics.PRIVATE).items()
)
_DESCRIPTION = (
    f"Topics, separated by commas, {_MOST_TOPICS} at most. {_TOPICS}; `invoice:ID`: whatever "
    f"happens to one invoice. {', '.join(f'`{name}`' for name in topics.PRIVATE)} need a token."
)

Wanted = Annotated[
    str,
    QueryParameter(
        name="topics",
        pattern=f"^{topics.PATTERN}(,{topics.PATTERN})*{END}",
        max_length=4_000,
        description=_DESCRIPTION,
    ),
]
LastEventId = Annotated[
    str | None,
    HeaderParameter(
        name="Last-Event-ID",
        max_length=32,
        description="The ledger of the last hint that was taken: the stream goes on from there.",
    ),
]


@get(
    "/",
    opt=PUBLIC | UNTIMED,
    summary="What changes, as it changes (server-sent events)",
    responses={
        200: ResponseSpec(
            LiveHint,
            generate_examples=False,
            media_type="text/event-stream",
            description="Events `hint`, each with this as its data",
        ),
        **documented(401, 422),
    },
)
async def follow(
    request: Request[Any, Any, Any],
    hub: NamedDependency[Hub],
    limiter: NamedDependency[Limiter],
    visitor: NamedDependency[Subject | None],
    wanted: Wanted,
    last_event_id: LastEventId = None,
) -> StreamResponse:
    """Hints to read something again: no content, so that nobody sees what he may not read.

    A comment comes every 15 seconds. A stream of somebody signed in ends with the token,
    after 15 minutes at the latest: come again. What waits for a client that does not keep up is
    merged into one hint.
    """
    asked = wanted.split(",")
    if len(asked) > _MOST_TOPICS:
        raise invalid_field("?topics", f"At most {_MOST_TOPICS} topics.")
    if visitor is None and not topics.PRIVATE.keys().isdisjoint(asked):
        raise Problem("sign-in-required", headers=WWW_AUTHENTICATE)
    address = limiter.address(request.scope)
    hub.require_place(address)
    stream = Stream(asked, visitor, address=address)
    messages = hub.follow(stream, _ledger(last_event_id))
    return StreamResponse(messages, media_type="text/event-stream", headers=_HEADERS)


def _ledger(last_event_id: str | None) -> int | None:
    """The ledger that a client has seen; what is no ledger of ours has seen nothing of it."""
    if not last_event_id:
        return None
    return int(last_event_id) if last_event_id.isascii() and last_event_id.isdigit() else 2**62


router = Router("/v1/events", route_handlers=[follow], tags=["live"])
