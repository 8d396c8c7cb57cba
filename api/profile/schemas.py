"""What goes in and out of profile and preferences."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from api.reads import Moment
from api.values import END

NumberFormat = Literal["1,234.56", "1.234,56", "1 234,56", "1'234.56"]
Channel = Literal["app", "email", "webhook"]
_SIGN = r"[^@\s.,;:<>()\[\]\\\x22]"
"""Nothing that separates, quotes or comments addresses in a header: one address, no more."""
EmailAddress = Annotated[
    str,
    msgspec.Meta(
        max_length=254,
        pattern=rf"^({_SIGN}|\.){{1,64}}@({_SIGN}+\.)+{_SIGN}+" + END,
        description="An e-mail address",
        examples=["ada@example.com"],
    ),
]
_LANGUAGE = msgspec.Meta(
    pattern=r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?" + END,
    description="BCP 47",
    examples=["en"],
)
_TOPIC = msgspec.Meta(pattern=r"^[a-z][a-z0-9_.-]{0,49}" + END, examples=["payment"])


class ProfileRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who you are, as you would like to be called and reached."""

    name: Annotated[str, msgspec.Meta(max_length=120, examples=["Ada"])] | None = None
    email: EmailAddress | None = None


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """Your profile. Mail is sent to an address once it is confirmed."""

    name: str | None = None
    email: str | None = None
    email_confirmed_at: Moment | None = None


class PreferenceRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How you want things shown and told, instead of how it was."""

    language: Annotated[str, _LANGUAGE] = "en"
    time_zone: Annotated[
        str, msgspec.Meta(max_length=64, description="IANA", examples=["Europe/Berlin"])
    ] = "UTC"
    number_format: NumberFormat = "1,234.56"
    notifications: Annotated[
        dict[Annotated[str, _TOPIC], dict[Channel, bool]], msgspec.Meta(max_length=50)
    ] = {}
    """Topic to channel to whether it is wanted; what is not in it is on."""


class Preference(PreferenceRequest, frozen=True, kw_only=True):
    """How you want things shown and told."""
