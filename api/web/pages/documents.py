"""From an uploaded file to confirmed facts: the page beside its fields, each said by a person."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from api.access import BY_HAND, own
from api.documents import review
from api.documents.records import Record
from api.documents.schemas import Review
from api.documents.service import Documents
from api.errors import Problem
from api.security import Subject
from api.web.forms import typed_into
from api.web.names import fields as field_names
from api.web.site import Site

_OWN_BY_HAND = own("document", by_hand=True)
_MANY = 50
_OPEN = ("receiving", "received", "scanned", "read")


@get("/seller/documents", opt=BY_HAND, include_in_schema=False)
async def get_documents(
    request: Request[Any, Any, Any],
    site: NamedDependency[Site],
    documents: NamedDependency[Documents],
    subject: NamedDependency[Subject],
) -> Response[str]:
    """Own documents, the newest first, and where to drop another."""
    found = await documents.desk.documents(subject.owner, None, _MANY)
    return site.pages.page(
        request,
        "documents/documents.html",
        standing=await site.standing(),
        documents=[review.view(record) for record in found],
    )


@get("/seller/documents/{document_id:uuid}", opt=_OWN_BY_HAND, include_in_schema=False)
async def get_document_page(
    request: Request[Any, Any, Any],
    document_id: FromPath[UUID],
    site: NamedDependency[Site],
    documents: NamedDependency[Documents],
    subject: NamedDependency[Subject],
) -> Response[str]:
    """How far it has come; once it is read, its pages and what they say."""
    return await _shown(request, site, documents, subject, document_id)


@post(
    "/seller/documents/{document_id:uuid}",
    opt=_OWN_BY_HAND,
    include_in_schema=False,
    status_code=303,
)
async def say_fields(
    request: Request[Any, Any, Any],
    document_id: FromPath[UUID],
    site: NamedDependency[Site],
    documents: NamedDependency[Documents],
    subject: NamedDependency[Subject],
) -> Response[Any]:
    """What a person says of the fields; with `confirm` it is final and leads to the terms.

    Somebody else's change in the meantime is told, and nothing is overwritten.
    """
    typed = typed_into(await request.body())
    said: dict[str, str | None] = {
        name.removeprefix("field."): value.strip()
        for name, value in typed.items()
        if name.startswith("field.") and value.strip()
    }
    try:
        record = await _seen(documents, subject, document_id, typed.get("version", ""))
        if said:
            record = await documents.desk.correct(subject.owner, record, said)
        if "confirm" in typed:
            await documents.desk.confirm(subject.owner, record)
            return Redirect(f"/seller/new?document={document_id}", status_code=303)
    except Problem as problem:
        return await _shown(request, site, documents, subject, document_id, problem, said)
    return Redirect(f"/seller/documents/{document_id}", status_code=303)


async def _seen(documents: Documents, subject: Subject, which: UUID, version: str) -> Record:
    """The document, if it is at the version that the person saw. Raises Problem."""
    record = await documents.desk.document(subject.owner, which)
    if version != str(record.version):
        raise Problem("precondition-failed")
    return record


async def _shown(  # noqa: PLR0913, PLR0917 -- a page and what went wrong on it
    request: Request[Any, Any, Any],
    site: Site,
    documents: Documents,
    subject: Subject,
    document_id: UUID,
    problem: Problem | None = None,
    said: dict[str, str | None] | None = None,
) -> Response[str]:
    record = await documents.desk.document(subject.owner, document_id)
    shown = await documents.desk.review(subject.owner, record)
    return site.pages.page(
        request,
        "documents/document.html",
        standing=await site.standing(),
        status=200 if problem is None else problem.kind.status,
        document=shown,
        everywhere=_everywhere(shown),
        open=record.state.value in _OPEN,
        problem=problem,
        faults={} if problem is None else {f.pointer: f.detail for f in problem.faults},
        said=said or {},
        field_names=field_names(site.pages.translate(request)),
    )


def _everywhere(document: Review) -> set[str]:
    """What speaks against every field that was read: it stands among the checks, once."""
    against = [set(field.against) for field in document.fields.values() if field.source]
    return set.intersection(*against) if len(against) > 1 else set()
