"""Routes of notifications, and of webhooks that carry them."""

from __future__ import annotations

import uuid
from typing import Annotated

from litestar import Response, Router, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from api.access import BY_HAND, PRIVATE, PUBLIC, own
from api.errors import documented
from api.notifications.schemas import (
    DeliveryPage,
    EmailToken,
    NotificationPage,
    ReadThrough,
    Unread,
    Webhook,
    WebhookList,
    WebhookRequest,
)
from api.notifications.service import Notifications
from api.notifications.webhooks import Webhooks
from api.security import SIGNED_IN, Subject

_NO_STORE = {"Cache-Control": "no-store"}

Limit = Annotated[int, QueryParameter(ge=1, le=100)]
After = Annotated[int | None, QueryParameter(ge=1, le=2**53 - 1)]


@get("/", opt=PRIVATE, security=SIGNED_IN, summary="What happened, as it concerns you",
     responses=documented(401, 422))  # fmt: skip
async def list_notifications(
    notifications: NamedDependency[Notifications],
    subject: NamedDependency[Subject],
    limit: Limit = 20,
    after: After = None,
    *,
    unread: Annotated[bool, QueryParameter(description="Only what was not read yet")] = False,
) -> Response[NotificationPage]:
    """Newest first, in your language."""
    page = await notifications.page(subject.owner, limit=limit, after=after, unread=unread)
    return Response(page, headers=_NO_STORE)


@get("/unread", opt=PRIVATE, security=SIGNED_IN, summary="How many you have not read",
     responses=documented(401))  # fmt: skip
async def count_unread(
    notifications: NamedDependency[Notifications], subject: NamedDependency[Subject]
) -> Response[Unread]:
    """For a badge."""
    return Response(Unread(await notifications.unread(subject.owner)), headers=_NO_STORE)


@post("/read", opt=PRIVATE, security=SIGNED_IN, status_code=200, summary="Mark all up to one read",
      responses=documented(400, 401, 413, 422))  # fmt: skip
async def read_through(
    data: JSONBody[ReadThrough],
    notifications: NamedDependency[Notifications],
    subject: NamedDependency[Subject],
) -> Response[Unread]:
    """What came after it stays unread."""
    left = await notifications.read(subject.owner, data.through, only=False)
    return Response(Unread(left), headers=_NO_STORE)


@post("/{number:int}/read", opt=PRIVATE, security=SIGNED_IN, status_code=200,
      summary="Mark one read", responses=documented(401, 404, 422))  # fmt: skip
async def read_one(
    number: FromPath[int],
    notifications: NamedDependency[Notifications],
    subject: NamedDependency[Subject],
) -> Response[Unread]:
    """Again, or about another's, changes nothing."""
    left = await notifications.read(subject.owner, min(number, 2**53 - 1), only=True)
    return Response(Unread(left), headers=_NO_STORE)


@post("/email/confirmation", opt=BY_HAND, security=SIGNED_IN, status_code=204,
      summary="Have your address asked", responses=documented(401, 409))  # fmt: skip
async def ask_address(
    notifications: NamedDependency[Notifications], subject: NamedDependency[Subject]
) -> None:
    """A mail with a link goes to the address of your profile."""
    await notifications.ask_address(subject.owner)


@post("/email/confirm", opt=PUBLIC, status_code=204, summary="Confirm an address by its link",
      responses=documented(400, 409, 413, 422))  # fmt: skip
async def confirm_address(
    data: JSONBody[EmailToken], notifications: NamedDependency[Notifications]
) -> None:
    """Whoever has the link may: it went to that address alone."""
    await notifications.confirm_address(data.token)


@get("/", opt=PRIVATE, security=SIGNED_IN, summary="Your webhooks", responses=documented(401))
async def list_webhooks(
    webhooks: NamedDependency[Webhooks], subject: NamedDependency[Subject]
) -> Response[WebhookList]:
    """Without their secrets."""
    return Response(WebhookList(await webhooks.all(subject.owner)), headers=_NO_STORE)


@post("/", opt=BY_HAND, security=SIGNED_IN, summary="Have your programs told",
      responses=documented(400, 401, 409, 413, 422))  # fmt: skip
async def add_webhook(
    data: JSONBody[WebhookRequest],
    webhooks: NamedDependency[Webhooks],
    subject: NamedDependency[Subject],
) -> Response[Webhook]:
    """Signed as Standard Webhooks are; the secret is in this answer and nowhere else."""
    return Response(await webhooks.add(subject.owner, data), headers=_NO_STORE)


@delete("/{webhook_id:uuid}", opt=own("webhook", by_hand=True), security=SIGNED_IN,
        summary="Remove a webhook", responses=documented(401, 404, 422))  # fmt: skip
async def remove_webhook(
    webhook_id: FromPath[uuid.UUID],
    webhooks: NamedDependency[Webhooks],
    subject: NamedDependency[Subject],
) -> None:
    """What waits for it is not sent any more."""
    await webhooks.remove(subject.owner, webhook_id)


@post("/{webhook_id:uuid}/secret", opt=own("webhook", by_hand=True), security=SIGNED_IN,
      summary="A new secret", responses=documented(401, 404, 422))  # fmt: skip
async def rotate_secret(
    webhook_id: FromPath[uuid.UUID],
    webhooks: NamedDependency[Webhooks],
    subject: NamedDependency[Subject],
) -> Response[Webhook]:
    """For a day messages carry a signature of the former one as well."""
    return Response(await webhooks.rotate(subject.owner, webhook_id), headers=_NO_STORE)


@get("/{webhook_id:uuid}/deliveries", opt=own("webhook"), security=SIGNED_IN,
     summary="What was sent, and what came of it", responses=documented(401, 404, 422))  # fmt: skip
async def list_deliveries(
    webhook_id: FromPath[uuid.UUID],
    webhooks: NamedDependency[Webhooks],
    subject: NamedDependency[Subject],
    limit: Limit = 20,
    after: After = None,
) -> Response[DeliveryPage]:
    """Newest first, with the last answer of each."""
    page = await webhooks.deliveries(subject.owner, webhook_id, limit=limit, after=after)
    return Response(page, headers=_NO_STORE)


@post("/{webhook_id:uuid}/deliveries/{delivery_id:uuid}/replay", opt=own("webhook"),
      security=SIGNED_IN, status_code=204, summary="Send it again",
      responses=documented(401, 404, 422))  # fmt: skip
async def replay_delivery(
    webhook_id: FromPath[uuid.UUID],
    delivery_id: FromPath[uuid.UUID],
    webhooks: NamedDependency[Webhooks],
    subject: NamedDependency[Subject],
) -> None:
    """Under the same id, whatever came of it before."""
    await webhooks.replay(subject.owner, webhook_id, delivery_id)


router = Router(
    "/v1",
    route_handlers=[
        Router(
            "/notifications",
            route_handlers=[
                list_notifications,
                count_unread,
                read_through,
                read_one,
                ask_address,
                confirm_address,
            ],
        ),
        Router(
            "/webhooks",
            route_handlers=[
                list_webhooks,
                add_webhook,
                remove_webhook,
                rotate_secret,
                list_deliveries,
                replay_delivery,
            ],
        ),
    ],
    tags=["notifications"],
)
