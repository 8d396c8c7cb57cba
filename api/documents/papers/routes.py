"""Routes of papers: fill, read, accept."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody

from api.access import BY_HAND, PRIVATE
from api.documents.papers.desk import Papers, Wanted
from api.documents.papers.filling import TITLES, Kind
from api.documents.papers.schemas import (
    MessageToSign,
    PaperAcceptance,
    PaperList,
    PaperRequest,
    PaperView,
    PaperWhole,
)
from api.documents.papers.signing import Signature
from api.documents.papers.store import Paper
from api.errors import documented
from api.security import SIGNED_IN, Subject

_NO_STORE: Final = {"Cache-Control": "private, no-store", "Vary": "Authorization"}
_PDF: Final = {
    200: ResponseSpec(
        bytes, description="PDF/A", generate_examples=False, media_type="application/pdf"
    )
}


def _members(paper: Paper) -> dict[str, Any]:
    return {
        "id": paper.id,
        "document": paper.document,
        "kind": paper.kind.value,
        "title": TITLES[paper.kind],
        "version": paper.version,
        "sha256": paper.sha256.hex(),
        "recourse": paper.recourse,
        "counterparty": paper.counterparty,
        "created_at": int(paper.created_at.timestamp()),
    }


def _whole(paper: Paper, signatures: tuple[Signature, ...]) -> Response[PaperWhole]:
    return Response(PaperWhole(**_members(paper), signatures=signatures), headers=_NO_STORE)


@post("/", opt=BY_HAND, security=SIGNED_IN, summary="Have a paper filled",
      responses=documented(401, 403, 404, 409, 422))  # fmt: skip
async def make_paper(
    data: JSONBody[PaperRequest],
    papers: NamedDependency[Papers],
    subject: NamedDependency[Subject],
) -> Response[PaperWhole]:
    """From the facts of a confirmed document of yours, as PDF/A; the same again is the same."""
    wanted = Wanted(
        document=data.document,
        kind=Kind(data.kind),
        recourse=data.recourse,
        counterparty=data.counterparty,
    )
    made = await papers.make(subject.owner, wanted)
    return _whole(*await papers.paper(subject.owner, made.id))


@get("/", opt=PRIVATE, security=SIGNED_IN, summary="Papers about a document",
     responses=documented(401, 422))  # fmt: skip
async def list_papers(
    papers: NamedDependency[Papers],
    subject: NamedDependency[Subject],
    document: FromQuery[UUID],
) -> Response[PaperList]:
    """Those that you may see, newest first."""
    found = await papers.about(subject.owner, document)
    shown = tuple(PaperView(**_members(each)) for each in found)
    return Response(PaperList(shown), headers=_NO_STORE)


@get("/{paper_id:uuid}", opt=PRIVATE, security=SIGNED_IN, summary="A paper and who accepted it",
     responses=documented(401, 404))  # fmt: skip
async def get_paper(
    paper_id: FromPath[UUID],
    papers: NamedDependency[Papers],
    subject: NamedDependency[Subject],
) -> Response[PaperWhole]:
    """`stellarsettle documents check-paper` checks it with its file, asking nobody."""
    return _whole(*await papers.paper(subject.owner, paper_id))


@get("/{paper_id:uuid}/file", opt=PRIVATE, security=SIGNED_IN, summary="A paper's file",
     responses={**_PDF, **documented(401, 404, 410)})  # fmt: skip
async def get_paper_file(
    paper_id: FromPath[UUID],
    papers: NamedDependency[Papers],
    subject: NamedDependency[Subject],
) -> Response[bytes]:
    """The bytes whose SHA-256 is accepted."""
    pdf = await papers.pdf(subject.owner, paper_id)
    headers = {**_NO_STORE, "Content-Disposition": f'attachment; filename="{paper_id}.pdf"'}
    return Response(pdf, media_type="application/pdf", headers=headers)


@get("/{paper_id:uuid}/message", opt=PRIVATE, security=SIGNED_IN,
     summary="The text that accepts a paper", responses=documented(401, 404))  # fmt: skip
async def get_paper_message(
    paper_id: FromPath[UUID],
    papers: NamedDependency[Papers],
    subject: NamedDependency[Subject],
) -> Response[MessageToSign]:
    """For your own account; it names the file's SHA-256."""
    message = await papers.message(subject.owner, paper_id)
    return Response(MessageToSign(message), headers=_NO_STORE)


@post("/{paper_id:uuid}/signatures", opt=BY_HAND, security=SIGNED_IN, status_code=200,
      summary="Accept a paper", responses=documented(401, 403, 404, 422))  # fmt: skip
async def accept_paper(
    paper_id: FromPath[UUID],
    data: JSONBody[PaperAcceptance],
    papers: NamedDependency[Papers],
    subject: NamedDependency[Subject],
) -> Response[PaperWhole]:
    """By the signature of your account's own key over the text of `message`."""
    await papers.accept(subject.owner, paper_id, data.signature)
    return _whole(*await papers.paper(subject.owner, paper_id))


router = Router(
    "/v1/papers",
    route_handlers=[
        make_paper, list_papers, get_paper, get_paper_file, get_paper_message, accept_paper,
    ],
    tags=["documents"],
)  # fmt: skip
