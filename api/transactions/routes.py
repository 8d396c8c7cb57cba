"""Routes of intents: one POST per action, and following what became of them."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg, FromPath, HeaderParameter, JSONBody, QueryParameter

from api.access import PRIVATE, own, scoped
from api.errors import documented
from api.security import SIGNED_IN, Subject
from api.transactions.action import Action
from api.transactions.actions import ACTIONS
from api.transactions.examples import example
from api.transactions.requests import Recovery, Submitted
from api.transactions.schemas import AuthorizationRequest, Intent, IntentPage
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


def _builder(action: Action) -> HTTPRouteHandler:
    """The route of one action. Its body's type is known only here, hence the annotation."""

    async def build(
        data: Any,
        intents: NamedDependency[Intents],
        subject: NamedDependency[Subject],
        idempotency_key: IdempotencyKey = None,
    ) -> Response[Intent]:
        intent = await intents.build(subject.owner, action, data, key=idempotency_key)
        where = {"Location": f"/v1/transactions/{intent.id}"}
        return Response(intent, headers={**_NO_STORE, **where})

    build.__name__ = f"build_{action.name.replace('-', '_')}"
    build.__doc__ = _description(action)
    shown = Example(summary=action.title, value=example(action.request))
    body = BodyKwarg(media_type=RequestEncodingType.JSON, examples=[shown])
    build.__annotations__["data"] = Annotated[action.request, body]
    return post(
        f"/{action.name}",
        opt=scoped("transactions"),
        security=SIGNED_IN,
        status_code=201,
        summary=f"{action.title} ({action.who.who})",
        operation_id=f"Build{action.name.title().replace('-', '')}",
        responses=documented(400, 401, 409, 413, 422),
    )(build)


def _description(action: Action) -> str:
    """What the OpenAPI document says of an action, from its declaration."""
    text = (
        "An unsigned transaction, simulated against the newest ledger. Sign it with the account "
        "you are signed in with and submit it yourself; nothing is stored if the ledger refuses."
    )
    if action.two_signers:
        text += " The other signer's authorization comes first: POST .../authorization."
    types = dict.fromkeys(f"`{one.kind.type}`" for one in action.needs)
    return f"{text} Known refusals: {', '.join(types)}." if types else text


@post(
    "/recover-position/authorization",
    opt=scoped("transactions"),
    security=SIGNED_IN,
    status_code=200,
    summary="What the second signer of a recovery signs (role compliance or arbiter)",
    responses=documented(400, 401, 409, 413, 422),
)
async def ask_authorization(
    data: JSONBody[Recovery],
    intents: NamedDependency[Intents],
    subject: NamedDependency[Subject],
) -> Response[AuthorizationRequest]:
    """For the one of the two who does not submit: sign it with `signAuthEntry`, pass it on."""
    asked = await intents.authorization(subject.owner, ACTIONS["recover-position"], data)
    return Response(asked, headers=_NO_STORE)


@get(
    "/",
    opt=PRIVATE,
    security=SIGNED_IN,
    summary="Own transactions, newest first",
    responses=documented(401, 422),
)
async def list_intents(
    intents: NamedDependency[Intents],
    subject: NamedDependency[Subject],
    limit: Annotated[int, QueryParameter(ge=1, le=50)] = 20,
    after: Annotated[uuid.UUID | None, QueryParameter()] = None,
    *,
    only_open: Annotated[
        bool,
        QueryParameter(name="open", description="Only those that something may still become of"),
    ] = False,
) -> Response[IntentPage]:
    """Everything you had built and what became of it."""
    page = await intents.page(subject.owner, limit=limit, after=after, only_open=only_open)
    return Response(page, headers=_NO_STORE)


@get(
    "/{intent_id:uuid}",
    opt=own("intent"),
    security=SIGNED_IN,
    summary="What became of one transaction",
    responses=documented(401, 404, 422),
)
async def get_intent(
    intent_id: FromPath[uuid.UUID],
    intents: NamedDependency[Intents],
    subject: NamedDependency[Subject],
) -> Response[Intent]:
    """From built to shown, with the ledger and time of each step; yours only."""
    return Response(await intents.get(subject.owner, intent_id), headers=_NO_STORE)


@post(
    "/{intent_id:uuid}/hint",
    opt=own("intent", scope="transactions"),
    security=SIGNED_IN,
    status_code=200,
    summary="The wallet has submitted it",
    responses=documented(400, 401, 404, 413, 422),
)
async def hint_at_intent(
    intent_id: FromPath[uuid.UUID],
    data: JSONBody[Submitted],
    intents: NamedDependency[Intents],
    subject: NamedDependency[Subject],
) -> Response[Intent]:
    """Say under which hash: it is followed closely from now on, also if the wallet altered it."""
    told = await intents.report(subject.owner, intent_id, data.hash.hex())
    return Response(told, headers=_NO_STORE)


router = Router(
    "/v1/transactions",
    route_handlers=[
        list_intents,
        get_intent,
        hint_at_intent,
        ask_authorization,
        *(_builder(action) for action in ACTIONS.values()),
    ],
    tags=["transactions"],
)
