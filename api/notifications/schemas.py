"""What goes in and out of notifications and webhooks."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated, Literal, get_args

import msgspec

from api.notifications.kinds import Topic
from api.notifications.store import Kept
from api.notifications.words import Reader, told
from api.reads import Moment
from api.values import END

_URL = msgspec.Meta(
    max_length=500,
    pattern=r"^https?://[^\s/?#@]+([/?][^\s#]*)?" + END,
    description="Where to POST: https, on the open network",
    examples=["https://books.example.com/stellarsettle"],
)


class Notification(msgspec.Struct, frozen=True, kw_only=True):
    """What happened, in words and in figures; `amount` in base units, `kind` the event's name."""

    number: int
    kind: str
    topic: Topic
    title: str
    sentence: str
    ledger: int
    time: Moment
    invoice: str | None
    actor: str | None
    amount: str | None
    intent: uuid.UUID | None
    read_at: Moment | None

    @classmethod
    def of(cls, kept: Kept, reader: Reader) -> Notification:
        """As this reader wants it written."""
        words = told(kept.facts, reader)
        return cls(title=words.title, sentence=words.sentence, **msgspec.structs.asdict(kept))


class NotificationPage(msgspec.Struct, frozen=True):
    """Newest first; `next` is the `after` of the following page."""

    data: tuple[Notification, ...]
    unread: int
    next: int | None


class Unread(msgspec.Struct, frozen=True):
    """How many were not read yet."""

    unread: int


class ReadThrough(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All up to this one were seen."""

    through: Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1, examples=[4711])]


class EmailToken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the link of a confirmation holds."""

    token: Annotated[str, msgspec.Meta(min_length=20, max_length=1_000)]


class WebhookRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where one's own programs are to be told, and of which topics; of none named: of all."""

    url: Annotated[str, _URL]
    topics: Annotated[tuple[Topic, ...], msgspec.Meta(max_length=len(get_args(Topic)))] = ()


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook; `ended` says why nothing is sent there any more."""

    id: uuid.UUID
    url: str
    topics: tuple[Topic, ...]
    created_at: dt.datetime
    former_until: dt.datetime | None = None
    """Until then each message is signed with the secret before, too."""
    ended: str | None = None
    secret: str | None = None
    """Shown once, when it is made: keep it."""


class WebhookList(msgspec.Struct, frozen=True):
    """All of one's webhooks."""

    data: tuple[Webhook, ...]


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One notification for one webhook; `id` is the webhook-id of every try."""

    id: uuid.UUID
    notification: int
    kind: str
    state: Literal["waiting", "delivered", "failed"]
    tries: int
    replays: int
    status: int | None
    error: str | None
    created_at: dt.datetime
    delivered_at: dt.datetime | None


class DeliveryPage(msgspec.Struct, frozen=True):
    """Newest first; `next` is the `after` of the following page."""

    data: tuple[Delivery, ...]
    next: int | None


class Message(msgspec.Struct, frozen=True):
    """What is posted to a webhook: the notification, its kind, and when it was made."""

    type: str
    timestamp: dt.datetime
    data: Notification
