"""What goes in and out of sessions."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from api.reads import Moment

Kind = Literal["token", "cookie"]


class BearerToken(msgspec.Struct, frozen=True, kw_only=True):
    """A JWT (EdDSA) for the header `Authorization: Bearer ...`, and what renews it.

    `token` is valid until `expires_at`, 15 minutes. `refresh_token` is good once: POST
    /auth/refresh gives both anew. One that was used before ends the session.
    """

    token: str
    expires_at: Moment
    refresh_token: str
    session_id: str


class CookieSession(msgspec.Struct, frozen=True, kw_only=True):
    """A browser's session: the cookie came with this answer.

    Send `csrf_token` in the header `X-CSRF-Token`, or the form field `csrf_token`, with
    everything but GET.
    """

    csrf_token: str
    session_id: str


class RefreshRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What POST /auth/refresh takes."""

    refresh_token: Annotated[
        str,
        msgspec.Meta(min_length=1, max_length=256, examples=["0123456789abcdef.0.c2VhbA"]),
    ]


class SessionAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A sign-in that is still good."""

    id: str
    method: str
    client_domain: str | None
    kind: Kind
    agent: str | None
    created_at: Moment
    renewed_at: Moment
    expires_at: Moment
    current: bool
    """Whether it is the one that asks."""


class SessionsAnswer(msgspec.Struct, frozen=True):
    """Own sessions that are still good, the newest first."""

    data: tuple[SessionAnswer, ...]


class CurrentAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, and how."""

    owner: str
    address: str
    via: Literal["token", "cookie", "key"]
    roles: tuple[str, ...]
    """On the chain, and scopes of the staff (`staff:risk`); none for an account that is shared."""
    session_id: str | None
    csrf_token: str | None
    """For a browser's session: what everything but GET has to carry."""


class EndedAnswer(msgspec.Struct, frozen=True):
    """How many sessions were ended."""

    ended: int
