"""What goes in and out of API keys."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from api.reads import Moment

Scope = Literal["read", "write", "transactions"]


class KeyRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A key to make."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=80, examples=["book-keeping"])]
    scopes: Annotated[
        tuple[Scope, ...], msgspec.Meta(min_length=1, max_length=3, examples=[["read"]])
    ]
    days: Annotated[int, msgspec.Meta(ge=1, le=366, description="How long it is good")] = 90


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """A key as it is listed: all but its secret."""

    id: str
    name: str
    scopes: tuple[Scope, ...]
    created_at: Moment
    expires_at: Moment
    used_at: Moment | None = None
    """When it was last used, to the minute."""
    revoked_at: Moment | None = None


class NewKey(Key, frozen=True, kw_only=True):
    """A key just made. `key` is shown this once: `Authorization: Bearer KEY`."""

    key: str


class KeysAnswer(msgspec.Struct, frozen=True):
    """Own keys, the newest first, those that are over too."""

    data: tuple[Key, ...]
