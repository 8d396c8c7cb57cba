"""Who else may act for an account: browsers, keys of programs, webhooks, organisations."""

from __future__ import annotations

import uuid
from typing import Any, get_args

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from api.access import BY_HAND, own
from api.errors import Problem
from api.keys.schemas import KeyRequest, NewKey, Scope
from api.keys.service import Keys
from api.notifications.kinds import Topic
from api.notifications.schemas import Webhook, WebhookRequest
from api.notifications.webhooks import Webhooks
from api.organisations.schemas import OrganisationRequest
from api.organisations.service import Organisations
from api.security import Subject, set_cookie
from api.sessions.service import Sessions
from api.web.forms import converted, typed_into, whole
from api.web.names import topics
from api.web.pages.account.frame import shown
from api.web.site import Site


@post("/account/sessions/end", opt=BY_HAND, include_in_schema=False, status_code=303)
async def end_sessions(
    request: Request[Any, Any, Any],
    sessions: NamedDependency[Sessions],
    subject: NamedDependency[Subject],
) -> Redirect:
    """Signs out one browser or program, or all of them; one's own ends with all."""
    which = typed_into(await request.body()).get("session", "")
    try:
        session = uuid.UUID(which) if which else None
    except ValueError as error:
        raise Problem("not-found", "You have no session of that id.") from error
    await sessions.end(subject.owner, session)
    if session in (None, subject.session):
        set_cookie(request, "", seconds=0)
        return Redirect("/", status_code=303, headers={"Cache-Control": "no-store"})
    return Redirect("/account", status_code=303)


@get("/account/keys", opt=BY_HAND, include_in_schema=False)
async def get_keys(
    request: Request[Any, Any, Any],
    site: NamedDependency[Site],
    keys: NamedDependency[Keys],
    subject: NamedDependency[Subject],
) -> Response[Any]:
    """Keys of one's programs, all but their secrets."""
    return await _keys(request, site, keys, subject)


@post("/account/keys", opt=BY_HAND, include_in_schema=False, status_code=200)
async def make_key(
    request: Request[Any, Any, Any],
    site: NamedDependency[Site],
    keys: NamedDependency[Keys],
    subject: NamedDependency[Subject],
) -> Response[Any]:
    """Makes a key, which is shown this once: there is no way back to this page."""
    typed = typed_into(await request.body())
    scopes = [scope for scope in get_args(Scope) if f"scope.{scope}" in typed]
    wanted: dict[str, Any] = {"name": typed.get("name", "").strip(), "scopes": scopes}
    try:
        wanted["days"] = whole("days", typed.get("days", ""))
        made = await keys.make(subject.owner, converted(wanted, KeyRequest))
    except Problem as problem:
        return await _keys(request, site, keys, subject, problem=problem)
    return await _keys(request, site, keys, subject, made=made)


@post("/account/keys/{key_id:uuid}/revoke", opt=own("key", by_hand=True),
      include_in_schema=False, status_code=303)  # fmt: skip
async def revoke_key(
    key_id: FromPath[uuid.UUID], keys: NamedDependency[Keys], subject: NamedDependency[Subject]
) -> Redirect:
    """It is refused from now on."""
    await keys.revoke(subject.owner, key_id)
    return Redirect("/account/keys", status_code=303)


async def _keys(
    request: Request[Any, Any, Any],
    site: Site,
    keys: Keys,
    subject: Subject,
    *,
    made: NewKey | None = None,
    problem: Problem | None = None,
) -> Response[Any]:
    return shown(
        request, site, "keys.html", problem, keys=await keys.own(subject.owner), made=made,
        scopes=get_args(Scope),
    )  # fmt: skip


@get("/account/webhooks", opt=BY_HAND, include_in_schema=False)
async def get_webhooks(
    request: Request[Any, Any, Any],
    site: NamedDependency[Site],
    webhooks: NamedDependency[Webhooks],
    subject: NamedDependency[Subject],
) -> Response[Any]:
    """Where one's programs are told."""
    return await _webhooks(request, site, webhooks, subject)


@post("/account/webhooks", opt=BY_HAND, include_in_schema=False, status_code=200)
async def add_webhook(
    request: Request[Any, Any, Any],
    site: NamedDependency[Site],
    webhooks: NamedDependency[Webhooks],
    subject: NamedDependency[Subject],
) -> Response[Any]:
    """Adds one; its secret is shown this once."""
    typed = typed_into(await request.body())
    chosen = [topic for topic in get_args(Topic) if f"topic.{topic}" in typed]
    wanted = {"url": typed.get("url", "").strip(), "topics": chosen}
    try:
        made = await webhooks.add(subject.owner, converted(wanted, WebhookRequest))
    except Problem as problem:
        return await _webhooks(request, site, webhooks, subject, problem=problem)
    return await _webhooks(request, site, webhooks, subject, made=made)


@post("/account/webhooks/{webhook_id:uuid}/remove", opt=own("webhook", by_hand=True),
      include_in_schema=False, status_code=303)  # fmt: skip
async def remove_webhook(
    webhook_id: FromPath[uuid.UUID],
    webhooks: NamedDependency[Webhooks],
    subject: NamedDependency[Subject],
) -> Redirect:
    """What waits for it is not sent any more."""
    await webhooks.remove(subject.owner, webhook_id)
    return Redirect("/account/webhooks", status_code=303)


async def _webhooks(
    request: Request[Any, Any, Any],
    site: Site,
    webhooks: Webhooks,
    subject: Subject,
    *,
    made: Webhook | None = None,
    problem: Problem | None = None,
) -> Response[Any]:
    return shown(
        request, site, "webhooks.html", problem, webhooks=await webhooks.all(subject.owner),
        made=made, topics=topics(site.pages.translate(request)),
    )  # fmt: skip


@get("/account/organisations", opt=BY_HAND, include_in_schema=False)
async def get_organisations(
    request: Request[Any, Any, Any],
    site: NamedDependency[Site],
    organisations: NamedDependency[Organisations],
    subject: NamedDependency[Subject],
) -> Response[Any]:
    """Organisations one is a member of, and founding or joining another."""
    found = await organisations.own(subject.owner)
    return shown(request, site, "organisations.html", organisations=found)


@post("/account/organisations", opt=BY_HAND, include_in_schema=False, status_code=303)
async def found_or_join(
    request: Request[Any, Any, Any],
    site: NamedDependency[Site],
    organisations: NamedDependency[Organisations],
    subject: NamedDependency[Subject],
) -> Response[Any]:
    """Founds one by its name, or joins by what an invitation holds."""
    typed = typed_into(await request.body())
    try:
        if token := typed.get("token", "").strip():
            await organisations.accept(subject.owner, token)
        else:
            wanted = converted({"name": typed.get("name", "").strip()}, OrganisationRequest)
            await organisations.found(subject.owner, wanted)
    except Problem as problem:
        found = await organisations.own(subject.owner)
        return shown(request, site, "organisations.html", problem, organisations=found)
    return Redirect("/account/organisations", status_code=303)
