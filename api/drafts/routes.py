"""Routes of drafts: changes say which version they were made of (If-Match)."""

from __future__ import annotations

import uuid
from typing import Annotated, Any, Final

from litestar import Request, Response, Router, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, HeaderParameter, JSONBody, QueryParameter

from api.access import PRIVATE, own
from api.documents import facts
from api.documents.service import Documents
from api.drafts.schemas import Content, Draft, DraftPage, DraftRequest, History
from api.drafts.service import Drafts
from api.errors import Problem, documented
from api.security import SIGNED_IN, Subject
from api.transactions.schemas import Intent

_NO_STORE: Final = {"Cache-Control": "no-store"}
_OWN: Final = own("draft")
_CHANGED: Final = documented(400, 401, 404, 409, 412, 413, 422, 428)

Seen = Annotated[str | None, HeaderParameter(name="If-Match", description="The ETag you saw")]


@post("/", opt=PRIVATE, security=SIGNED_IN, summary="Begin an invoice",
      responses=documented(400, 401, 404, 409, 413, 422))  # fmt: skip
async def begin_draft(
    data: JSONBody[DraftRequest],
    drafts: NamedDependency[Drafts],
    files: NamedDependency[Documents | None],
    subject: NamedDependency[Subject],
) -> Response[Draft]:
    """Empty, with what is told, or with what a confirmed document of yours says."""
    known = None
    if data.document_id is not None:
        if files is None:
            raise Problem("documents-off")
        known = facts.confirmed(await files.desk.document(subject.owner, data.document_id))
    draft = await drafts.begin(subject.owner, data, known)
    return _whole(draft, Location=f"/v1/drafts/{draft.id}")


@get("/", opt=PRIVATE, security=SIGNED_IN, summary="Invoices you are writing",
     responses=documented(401, 422))  # fmt: skip
async def list_drafts(
    drafts: NamedDependency[Drafts],
    subject: NamedDependency[Subject],
    *,
    q: Annotated[str | None, QueryParameter(max_length=100, description="Number or party")] = None,
    organisation_id: FromQuery[uuid.UUID | None] = None,
    after: Annotated[int | None, QueryParameter(ge=1, le=2**53 - 1)] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=100)] = 50,
) -> Response[DraftPage]:
    """Your own and those of your organisations, the newest first."""
    page = await drafts.page(
        subject.owner, organisation=organisation_id, words=q, after=after, limit=limit
    )
    return Response(page, headers=_NO_STORE)


@get("/{draft_id:uuid}", opt=_OWN, security=SIGNED_IN, summary="An invoice you are writing",
     responses=documented(401, 404, 422))  # fmt: skip
async def get_draft(
    draft_id: FromPath[uuid.UUID],
    drafts: NamedDependency[Drafts],
    subject: NamedDependency[Subject],
) -> Response[Draft]:
    """With what stands against publishing it, each by its JSON pointer."""
    return _whole(await drafts.one(subject.owner, draft_id))


@patch("/{draft_id:uuid}", opt=_OWN, security=SIGNED_IN, summary="Change an invoice",
       responses=_CHANGED)  # fmt: skip
async def change_draft(
    request: Request[Any, Any, Any],
    draft_id: FromPath[uuid.UUID],
    data: JSONBody[Content],  # noqa: ARG001 -- checks the form; null means something in a merge
    drafts: NamedDependency[Drafts],
    subject: NamedDependency[Subject],
    if_match: Seen = None,
) -> Response[Draft]:
    """Merged into what is there (RFC 7396). It may be incomplete until it is published."""
    seen = _seen(if_match)
    return _whole(await drafts.change(subject.owner, draft_id, seen, await request.json()))


@delete("/{draft_id:uuid}", opt=_OWN, security=SIGNED_IN, status_code=204,
        summary="Throw a draft away", responses=documented(401, 404, 412, 422, 428))  # fmt: skip
async def discard_draft(
    draft_id: FromPath[uuid.UUID],
    drafts: NamedDependency[Drafts],
    subject: NamedDependency[Subject],
    if_match: Seen = None,
) -> None:
    """With its history. What is on the ledger stays there."""
    await drafts.discard(subject.owner, draft_id, _seen(if_match))


@post("/{draft_id:uuid}/publication", opt=own("draft", scope="transactions"), security=SIGNED_IN,
      summary="Have the transaction of a draft built", responses=_CHANGED)  # fmt: skip
async def publish_draft(
    draft_id: FromPath[uuid.UUID],
    drafts: NamedDependency[Drafts],
    subject: NamedDependency[Subject],
    if_match: Seen = None,
) -> Response[Intent]:
    """Checked first; then it is `create-escrow`, signed by you as the seller."""
    intent = await drafts.publish(subject.owner, draft_id, _seen(if_match))
    location = {"Location": f"/v1/transactions/{intent.id}"}
    return Response(intent, headers={**_NO_STORE, **location})


@get("/{draft_id:uuid}/history", opt=_OWN, security=SIGNED_IN, summary="Who changed what",
     responses=documented(401, 404, 422))  # fmt: skip
async def get_history(
    draft_id: FromPath[uuid.UUID],
    drafts: NamedDependency[Drafts],
    subject: NamedDependency[Subject],
) -> Response[History]:
    """The newest first."""
    return Response(History(await drafts.history(subject.owner, draft_id)), headers=_NO_STORE)


def _whole(draft: Draft, **headers: str) -> Response[Draft]:
    return Response(draft, headers={**_NO_STORE, "ETag": f'"{draft.version}"', **headers})


def _seen(if_match: str | None) -> int | None:
    """The version of an ETag; one that is none of ours was never seen."""
    if if_match is None:
        return None
    text = if_match.strip().removeprefix("W/").strip('"')
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


router = Router(
    "/v1/drafts",
    route_handlers=[
        begin_draft,
        list_drafts,
        get_draft,
        change_draft,
        discard_draft,
        publish_draft,
        get_history,
    ],
    tags=["invoices"],
)
