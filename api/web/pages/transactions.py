"""One transaction: asked for by a form, signed by a wallet, followed until it is shown here."""

from __future__ import annotations

import uuid
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from api.access import BY_HAND, own
from api.config import ApiConfig
from api.errors import Problem
from api.security import Subject
from api.transactions.actions import ACTIONS
from api.transactions.schemas import Intent
from api.transactions.service import Intents
from api.web.forms import body_of, typed_into
from api.web.numbers import label
from api.web.pages.reference import local
from api.web.site import Site
from contracts.wire import Contract

_STEPS = ("built", "submitted", "in_ledger", "projected")
_BAD = ("failed", "expired", "replaced", "unknown")


@post("/act/{name:str}", opt=BY_HAND, include_in_schema=False, status_code=303)
async def act(
    request: Request[Any, Any, Any],
    name: FromPath[str],
    site: NamedDependency[Site],
    intents: NamedDependency[Intents],
    subject: NamedDependency[Subject],
) -> Response[Any]:
    """Builds the transaction of a form and leads to its page; a refusal says what is in the way."""
    action = ACTIONS.get(name)
    if action is None:
        raise Problem("not-found", "There is no such action.")
    fields = typed_into(await request.body())
    try:
        body = body_of(action, fields, site.pages.writer(request).locale)
        intent = await intents.build(subject.owner, action, body, key=None)
    except Problem as problem:
        return site.pages.page(
            request,
            "transactions/refused.html",
            standing=None,
            status=problem.kind.status,
            action=action,
            problem=problem,
            back=local(fields.get("back", "/")),
        )
    return Redirect(f"/tx/{intent.id}", status_code=303)


@get("/tx/{intent_id:uuid}", opt=own("intent", by_hand=True), include_in_schema=False)
async def get_transaction(
    request: Request[Any, Any, Any],
    intent_id: FromPath[uuid.UUID],
    site: NamedDependency[Site],
    intents: NamedDependency[Intents],
    config: NamedDependency[ApiConfig],
    subject: NamedDependency[Subject],
) -> Response[str]:
    """The stepper, as far as it has come; it survives reloads, and other devices see the same."""
    intent = await intents.get(subject.owner, intent_id)
    standing = await site.standing()
    moved = {move.token for move in intent.moves}
    return site.pages.page(
        request,
        "transactions/transaction.html",
        standing=standing,
        intent=intent,
        steps=_steps(intent),
        open=intent.status not in (*_BAD, "projected"),
        late=intent.status == "built" and standing.time > intent.valid_until,
        rpc=intent.rpc_url,
        sep7=intent.sep7,
        symbols=await site.assets.symbols(moved) | _shares(config, intent),
    )


def _shares(config: ApiConfig, intent: Intent) -> dict[str, str]:
    """The name of the invoice's shares, which no asset's contract tells."""
    if intent.invoice_id is None:
        return {}
    token = config.address_of(Contract.TOKEN, bytes.fromhex(intent.invoice_id))
    return {token: label(intent.invoice_id)}


def _steps(intent: Intent) -> list[tuple[str, str, int | None]]:
    """Each state, how it stands (done, now, bad or nothing) and the ledger it was reached in."""
    reached: dict[str, int] = {step.state: step.ledger for step in intent.steps}
    shown: list[tuple[str, str, int | None]] = []
    for state in _STEPS:
        if state == "submitted" and state not in reached and intent.status != "built":
            continue
        mark = "now" if intent.status == state else "done" if state in reached else ""
        if state == "projected" and intent.status == state:
            mark = "done"
        shown.append((state, mark, reached.get(state)))
    if intent.status in _BAD:
        shown = [step for step in shown if step[1]] + [(intent.status, "bad", intent.ledger)]
    return shown
