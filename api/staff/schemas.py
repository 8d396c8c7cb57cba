"""What goes in and out of the list of staff."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from api.reads import Moment

Scope = Literal["operations", "risk", "compliance", "finance"]


class StaffRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The scopes an account is to have from now on, instead of those it had."""

    scopes: Annotated[
        tuple[Scope, ...], msgspec.Meta(min_length=1, max_length=4, examples=[["operations"]])
    ]


class StaffMember(msgspec.Struct, frozen=True, kw_only=True):
    """An account of the staff: its scopes, by whom and when they were given."""

    address: str
    scopes: tuple[Scope, ...]
    given_by: str
    given_at: Moment


class StaffAnswer(msgspec.Struct, frozen=True):
    """Everybody on the staff, by address."""

    data: tuple[StaffMember, ...]
