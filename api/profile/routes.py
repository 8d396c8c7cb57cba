"""Routes of one's own profile and preferences."""

from __future__ import annotations

from litestar import Response, Router, get, put
from litestar.di import NamedDependency
from litestar.params import JSONBody

from api.access import BY_HAND, PRIVATE
from api.errors import documented
from api.profile.schemas import Preference, PreferenceRequest, Profile, ProfileRequest
from api.profile.service import Profiles
from api.security import SIGNED_IN, Subject

_NO_STORE = {"Cache-Control": "no-store"}


@get("/profile", opt=PRIVATE, security=SIGNED_IN, summary="Your profile",
     responses=documented(401))  # fmt: skip
async def get_profile(
    profiles: NamedDependency[Profiles], subject: NamedDependency[Subject]
) -> Response[Profile]:
    """What you told of yourself."""
    return Response(await profiles.profile(subject.owner), headers=_NO_STORE)


@put("/profile", opt=BY_HAND, security=SIGNED_IN, summary="Change your profile",
     responses=documented(400, 401, 413, 422))  # fmt: skip
async def put_profile(
    data: JSONBody[ProfileRequest],
    profiles: NamedDependency[Profiles],
    subject: NamedDependency[Subject],
) -> Response[Profile]:
    """All of it; what is left out is forgotten."""
    return Response(await profiles.put_profile(subject.owner, data), headers=_NO_STORE)


@get("/preferences", opt=PRIVATE, security=SIGNED_IN, summary="How you want things",
     responses=documented(401))  # fmt: skip
async def get_preferences(
    profiles: NamedDependency[Profiles], subject: NamedDependency[Subject]
) -> Response[Preference]:
    """Language, time zone, number format, and what to be told of."""
    return Response(await profiles.preference(subject.owner), headers=_NO_STORE)


@put("/preferences", opt=PRIVATE, security=SIGNED_IN, summary="Say how you want things",
     responses=documented(400, 401, 413, 422))  # fmt: skip
async def put_preferences(
    data: JSONBody[PreferenceRequest],
    profiles: NamedDependency[Profiles],
    subject: NamedDependency[Subject],
) -> Response[Preference]:
    """All of it; what is left out is as it is for everybody."""
    return Response(await profiles.put_preference(subject.owner, data), headers=_NO_STORE)


router = Router(
    "/v1/me",
    route_handlers=[get_profile, put_profile, get_preferences, put_preferences],
    tags=["accounts"],
)
