"""What happened, as it concerns oneself, and how one wants to be told."""

from __future__ import annotations

import zoneinfo
from typing import Any, get_args

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Redirect

from api.access import BY_HAND
from api.errors import Problem
from api.notifications.kinds import Topic
from api.notifications.service import Notifications
from api.profile.schemas import Channel, NumberFormat, PreferenceRequest, ProfileRequest
from api.profile.service import Profiles
from api.security import Subject
from api.web.forms import converted, typed_into
from api.web.names import channels, topics
from api.web.pages.account.frame import shown
from api.web.site import Site

_MANY = 25
_LAST = 2**53 - 1


@get("/notifications", opt=BY_HAND, include_in_schema=False)
async def get_notifications(
    request: Request[Any, Any, Any],
    site: NamedDependency[Site],
    notifications: NamedDependency[Notifications],
    subject: NamedDependency[Subject],
    after: FromQuery[int | None] = None,
    unread: FromQuery[str] = "",
) -> Response[Any]:
    """Newest first, in one's own language."""
    after = after if after is not None and 0 < after <= _LAST else None
    page = await notifications.page(subject.owner, limit=_MANY, after=after, unread=bool(unread))
    kept = "&unread=yes" if unread else ""
    return shown(
        request,
        site,
        "notifications.html",
        page=page,
        only_unread=bool(unread),
        next=f"/notifications?after={page.next}{kept}" if page.next else None,
        topics=topics(site.pages.translate(request)),
    )


@post("/notifications/read", opt=BY_HAND, include_in_schema=False, status_code=303)
async def read_notifications(
    request: Request[Any, Any, Any],
    notifications: NamedDependency[Notifications],
    subject: NamedDependency[Subject],
) -> Redirect:
    """Marks all up to the newest that was shown."""
    through = typed_into(await request.body()).get("through", "")
    if through.isdecimal() and len(through) < len(str(_LAST)):
        await notifications.read(subject.owner, int(through), only=False)
    return Redirect("/notifications", status_code=303)


@get("/account/preferences", opt=BY_HAND, include_in_schema=False)
async def get_preferences(
    request: Request[Any, Any, Any],
    site: NamedDependency[Site],
    profiles: NamedDependency[Profiles],
    subject: NamedDependency[Subject],
    said: FromQuery[str] = "",
) -> Response[Any]:
    """Name and address, language, zone, and what to be told of by which way."""
    return await _preferences(request, site, profiles, subject, said=said)


@post("/account/profile", opt=BY_HAND, include_in_schema=False, status_code=303)
async def put_profile(
    request: Request[Any, Any, Any],
    site: NamedDependency[Site],
    profiles: NamedDependency[Profiles],
    notifications: NamedDependency[Notifications],
    subject: NamedDependency[Subject],
) -> Response[Any]:
    """Keeps name and address; another address is asked by mail whether it is one's own."""
    typed = typed_into(await request.body())
    wanted: dict[str, str | None] = {
        name: typed[name].strip() or None for name in ("name", "email") if name in typed
    }
    said = "kept"
    try:
        kept = await profiles.put_profile(subject.owner, converted(wanted, ProfileRequest))
        if kept.email and kept.email_confirmed_at is None:
            await notifications.ask_address(subject.owner)
            said = "asked"
    except Problem as problem:
        return await _preferences(request, site, profiles, subject, problem=problem)
    return Redirect(f"/account/preferences?said={said}", status_code=303)


@post("/account/preferences", opt=BY_HAND, include_in_schema=False, status_code=303)
async def put_preferences(
    request: Request[Any, Any, Any],
    site: NamedDependency[Site],
    profiles: NamedDependency[Profiles],
    subject: NamedDependency[Subject],
) -> Response[Any]:
    """Keeps what is wanted; a box that is not ticked is off."""
    typed = typed_into(await request.body())
    wanted: dict[str, Any] = {
        name: typed[name] for name in ("language", "time_zone", "number_format") if name in typed
    }
    wanted["notifications"] = {
        topic: {channel: f"{topic}.{channel}" in typed for channel in get_args(Channel)}
        for topic in get_args(Topic)
    }
    try:
        await profiles.put_preference(subject.owner, converted(wanted, PreferenceRequest))
    except Problem as problem:
        return await _preferences(request, site, profiles, subject, problem=problem)
    return Redirect("/account/preferences?said=kept", status_code=303)


async def _preferences(
    request: Request[Any, Any, Any],
    site: Site,
    profiles: Profiles,
    subject: Subject,
    *,
    said: str = "",
    problem: Problem | None = None,
) -> Response[Any]:
    translate = site.pages.translate(request)
    return shown(
        request,
        site,
        "preferences.html",
        problem,
        profile=await profiles.profile(subject.owner),
        preference=await profiles.preference(subject.owner),
        said=said,
        topics=topics(translate),
        channels=channels(translate),
        formats=get_args(NumberFormat),
        zones=[*sorted(zone for zone in zoneinfo.available_timezones() if "/" in zone), "UTC"],
    )
