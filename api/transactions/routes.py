"""Routes of intents: one POST per action, and following what became of them."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg, FromPath, HeaderParameter, QueryParameter

from api.errors import documented
from api.security import BEARER, PRIVATE, Subject
from api.transactions.actions import ACTIONS, Action
from api.transactions.examples import EXAMPLES
from api.transactions.schemas import Intent, IntentPage
from api.transactions.service import Intents

_NO_STORE = {"Cache-Control": "no-store"}

IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        max_length=128,
        min_length=1,
        description="Repeat a request with the same key: you get the same transaction.",
    ),
]


def _builder(action: Action[Any]) -> HTTPRouteHandler:
    """The route of one action. Its body's type is known only here, hence the annotation."""

    async def build(
        data: Any,
        intents: NamedDependency[Intents],
        subject: NamedDependency[Subject],
        idempotency_key: IdempotencyKey = None,
    ) -> Response[Intent]:
        intent = await intents.build(subject.address, action, data, key=idempotency_key)
        where = {"Location": f"/v1/transactions/{intent.id}"}
        return Response(intent, headers={**_NO_STORE, **where})

    build.__name__ = f"build_{action.name.replace('-', '_')}"
    build.__doc__ = (
        "An unsigned transaction, simulated against the newest ledger. Sign it with the account "
        "you are signed in with and submit it yourself; nothing is stored if the ledger refuses."
    )
    example = Example(summary=action.title, value=EXAMPLES[action.request])
    body = BodyKwarg(media_type=RequestEncodingType.JSON, examples=[example])
    build.__annotations__["data"] = Annotated[action.request, body]
    return post(
        f"/{action.name}",
        opt=PRIVATE,
        security=BEARER,
        status_code=201,
        summary=action.title,
        operation_id=f"Build{action.name.title().replace('-', '')}",
        responses=documented(400, 401, 409, 413, 422),
    )(build)


@get(
    "/",
    opt=PRIVATE,
    security=BEARER,
    summary="Own transactions, newest first",
    responses=documented(401, 422),
)
async def list_intents(
    intents: NamedDependency[Intents],
    subject: NamedDependency[Subject],
    limit: Annotated[int, QueryParameter(ge=1, le=50)] = 20,
    after: Annotated[uuid.UUID | None, QueryParameter()] = None,
) -> Response[IntentPage]:
    """Everything you had built and what became of it."""
    page = await intents.page(subject.address, limit=limit, after=after)
    return Response(page, headers=_NO_STORE)


@get("/{intent_id:uuid}", opt=PRIVATE, security=BEARER, summary="What became of one transaction",
     responses=documented(401, 404, 422))  # fmt: skip
async def get_intent(
    intent_id: FromPath[uuid.UUID],
    intents: NamedDependency[Intents],
    subject: NamedDependency[Subject],
) -> Response[Intent]:
    """From built to shown, with the ledger and time of each step; yours only."""
    return Response(await intents.get(subject.address, intent_id), headers=_NO_STORE)


router = Router(
    "/v1/transactions",
    route_handlers=[list_intents, get_intent, *(_builder(action) for action in ACTIONS.values())],
    tags=["transactions"],
)
