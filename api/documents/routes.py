"""Routes of documents: upload, review, confirm, open, erase."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.exceptions import InternalServerException
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import OpenAPIFormat, OpenAPIMediaType, Operation, RequestBody
from litestar.openapi.spec import Schema as OpenApiSchema
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.response import Stream

from api.access import PRIVATE, PUBLIC, UNTIMED, only, own
from api.documents import facts, review
from api.documents.facts import Facts
from api.documents.intake import BrokenOffError, parse_digest
from api.documents.reading.container import MAX_BYTES
from api.documents.records import Purpose, Record
from api.documents.schemas import (
    AccessList,
    Corrections,
    DocumentList,
    Hold,
    Opening,
    Review,
    Support,
    UploadProgress,
)
from api.documents.service import Documents
from api.errors import Problem, documented
from api.security import SIGNED_IN, Subject
from api.values import Hash32, encode

_PRIVATE: Final = {"Cache-Control": "private, no-store", "Vary": "Authorization"}
_BYTES: Final = "application/octet-stream"
_NAME_LENGTH: Final = 200
_OWN: Final = own("document")
_OWN_BY_HAND: Final = own("document", by_hand=True)
_REVIEWERS: Final = only("verifier", "compliance")


class _UploadOperation(Operation):
    """The file itself is the body."""

    def __post_init__(self) -> None:
        schema = OpenApiSchema(description="The file, at most 20 MB", format=OpenAPIFormat.BINARY)
        self.request_body = RequestBody(
            required=True, content={_BYTES: OpenAPIMediaType(schema=schema)}
        )


def _answer(body: Any, *, status: int = 200, version: int | None = None) -> Response[bytes]:
    headers = dict(_PRIVATE)
    if version is not None:
        headers["ETag"] = f'"{version}"'
    content = msgspec.json.encode(body, enc_hook=encode)
    return Response(content, status_code=status, headers=headers, media_type="application/json")


def _file(what: str, media: str) -> dict[int, ResponseSpec]:
    return {200: ResponseSpec(bytes, description=what, generate_examples=False, media_type=media)}


def _says(model: type[Any], what: str, status: int = 200) -> dict[int, ResponseSpec]:
    return {status: ResponseSpec(model, description=what, generate_examples=False)}


async def _seen(
    request: Request[Any, Any, Any], documents: Documents, subject: Subject, document: UUID
) -> Record:
    """The document, if it is at the version that the caller saw. Raises Problem."""
    record = await documents.desk.document(subject.owner, document)
    given = request.headers.get("if-match", "")
    if not given:
        raise Problem("precondition-required")
    if given not in ("*", f'"{record.version}"'):
        raise Problem("precondition-failed")
    return record


async def _shown(documents: Documents, subject: Subject, record: Record) -> Response[bytes]:
    shown = await documents.desk.review(subject.owner, record)
    return _answer(shown, version=record.version)


@post("/", opt=PRIVATE | UNTIMED, security=SIGNED_IN, summary="Upload a document",
      operation_class=_UploadOperation, request_max_body_size=None,
      responses={**_says(Review, "Taken in; what was there already is answered with 200", 201),
                 **_says(Review, "You uploaded this file before"),
                 **documented(401, 403, 409, 413, 415, 422, 429)})  # fmt: skip
async def upload(
    request: Request[Any, Any, Any],
    documents: NamedDependency[Documents],
    subject: NamedDependency[Subject],
    name: FromQuery[
        Annotated[str | None, msgspec.Meta(max_length=_NAME_LENGTH, description="The file's name")]
    ] = None,
) -> Response[bytes]:
    """The body is the file. With `Content-Digest: sha-256=:...:` (RFC 9530) an upload that breaks
    off is kept for a day: ask how far it came, and send the rest with `Upload-Offset`.
    """  # noqa: D205 -- the OpenAPI document shows it as it stands
    digest, offset = _digest(request), _offset(request)
    _refuse_announced_size(request)
    try:
        received = await documents.intake.receive(
            subject.owner, _pieces(request), name=name, digest=digest, offset=offset
        )
    except BrokenOffError as error:
        raise Problem("bad-request", "The upload broke off.") from error
    shown = await documents.desk.review(subject.owner, received.record)
    return _answer(shown, status=201 if received.new else 200, version=received.record.version)


async def _pieces(request: Request[Any, Any, Any]) -> AsyncIterator[bytes]:
    try:
        async for piece in request.stream():
            yield piece
    except InternalServerException as error:  # the framework's word for a client that is gone
        raise BrokenOffError from error


def _digest(request: Request[Any, Any, Any]) -> bytes | None:
    header = request.headers.get("content-digest")
    if header is None:
        return None
    try:
        return parse_digest(header)
    except ValueError as error:
        raise Problem("bad-request", "Content-Digest is written sha-256=:base64:.") from error


def _offset(request: Request[Any, Any, Any]) -> int:
    header = request.headers.get("upload-offset", "0")
    if not (header.isascii() and header.isdecimal()) or len(header) > 12:
        raise Problem("bad-request", "Upload-Offset is a number of bytes.")
    return int(header)


def _refuse_announced_size(request: Request[Any, Any, Any]) -> None:
    """A file that says that it is too large is not read at all."""
    announced = request.headers.get("content-length", "0")
    if announced.isdecimal() and int(announced) > MAX_BYTES:
        raise Problem("document-too-large")


@get("/uploads/{digest:str}", opt=PRIVATE, security=SIGNED_IN, summary="How far an upload came",
     responses={**_says(UploadProgress, "Bytes that arrived"),
                **documented(401, 404, 409, 422)})  # fmt: skip
async def upload_progress(
    documents: NamedDependency[Documents],
    subject: NamedDependency[Subject],
    digest: FromPath[Hash32],
) -> Response[bytes]:
    """`digest` is the file's SHA-256 in hexadecimal."""
    received = await documents.intake.received(subject.owner, bytes(digest))
    return _answer(UploadProgress(received))


@get("/", opt=PRIVATE, security=SIGNED_IN, summary="Your documents",
     responses={**_says(DocumentList, "Newest first"), **documented(401, 422)})  # fmt: skip
async def list_documents(
    documents: NamedDependency[Documents],
    subject: NamedDependency[Subject],
    before: FromQuery[UUID | None] = None,
    limit: FromQuery[Annotated[int, msgspec.Meta(ge=1, le=100)]] = 25,
) -> Response[bytes]:
    """Newest first; `before` the last one's id goes on."""
    found = await documents.desk.documents(subject.owner, before, limit)
    return _answer(DocumentList(tuple(review.view(each) for each in found)))


@get("/{document_id:uuid}", opt=_OWN, security=SIGNED_IN, summary="A document under review",
     responses={**_says(Review, "With fields, checks, duplicates"),
                **documented(401, 404)})  # fmt: skip
async def get_document(
    documents: NamedDependency[Documents],
    subject: NamedDependency[Subject],
    document_id: FromPath[UUID],
) -> Response[bytes]:
    """Where it stands, what was read with its place, what a person has to confirm."""
    record = await documents.desk.document(subject.owner, document_id)
    return await _shown(documents, subject, record)


@patch("/{document_id:uuid}", opt=_OWN_BY_HAND, security=SIGNED_IN,
       summary="Confirm or correct fields",
       responses={**_says(Review, "As it is now"),
                  **documented(401, 403, 404, 409, 412, 422, 428)})  # fmt: skip
async def correct(
    request: Request[Any, Any, Any],
    documents: NamedDependency[Documents],
    subject: NamedDependency[Subject],
    document_id: FromPath[UUID],
    data: JSONBody[Corrections],
) -> Response[bytes]:
    """Saying a field's value confirms it, the one that was read or another."""
    record = await _seen(request, documents, subject, document_id)
    changed = await documents.desk.correct(subject.owner, record, data.fields)
    return await _shown(documents, subject, changed)


@post("/{document_id:uuid}/confirmation", opt=_OWN_BY_HAND, security=SIGNED_IN, status_code=200,
      summary="Confirm the document",
      responses={**_says(Review, "Confirmed"),
                 **documented(401, 403, 404, 409, 412, 422, 428)})  # fmt: skip
async def confirm(
    request: Request[Any, Any, Any],
    documents: NamedDependency[Documents],
    subject: NamedDependency[Subject],
    document_id: FromPath[UUID],
) -> Response[bytes]:
    """Final: the facts are what a draft is made of, and cannot be changed any more."""
    record = await _seen(request, documents, subject, document_id)
    return await _shown(documents, subject, await documents.desk.confirm(subject.owner, record))


@put("/{document_id:uuid}/support", opt=_OWN_BY_HAND, security=SIGNED_IN,
     summary="Make it a supporting document",
     responses={**_says(Review, "Supports the invoice"),
                **documented(401, 403, 404, 409, 412, 422, 428)})  # fmt: skip
async def support(
    request: Request[Any, Any, Any],
    documents: NamedDependency[Documents],
    subject: NamedDependency[Subject],
    document_id: FromPath[UUID],
    data: JSONBody[Support],
) -> Response[bytes]:
    """A delivery note, a contract: the platform's reviewers see it beside the invoice."""
    record = await _seen(request, documents, subject, document_id)
    changed = await documents.desk.support(
        subject.owner, record, data.invoice, Purpose(data.purpose)
    )
    return await _shown(documents, subject, changed)


@get("/{document_id:uuid}/supporting", opt=_OWN, security=SIGNED_IN,
     summary="What supports an invoice",
     responses={**_says(DocumentList, "In order"), **documented(401, 404)})  # fmt: skip
async def list_supporting(
    documents: NamedDependency[Documents],
    subject: NamedDependency[Subject],
    document_id: FromPath[UUID],
) -> Response[bytes]:
    """Delivery notes, contracts and others."""
    record = await documents.desk.document(subject.owner, document_id)
    found = await documents.desk.supporting(subject.owner, record.id)
    return _answer(DocumentList(tuple(review.view(each) for each in found)))


@get("/{document_id:uuid}/facts", opt=_OWN, security=SIGNED_IN, summary="What was confirmed",
     responses={**_says(Facts, "For a draft, and for create-escrow"),
                **documented(401, 404, 409)})  # fmt: skip
async def get_facts(
    documents: NamedDependency[Documents],
    subject: NamedDependency[Subject],
    document_id: FromPath[UUID],
) -> Response[bytes]:
    """The invoice's facts with `doc_hash` and `natural_key` as `create-escrow` takes them."""
    record = await documents.desk.document(subject.owner, document_id)
    return _answer(facts.confirmed(record))


@get("/{document_id:uuid}/pages/{number:int}", opt=_OWN, security=SIGNED_IN,
     summary="A page as a picture",
     responses={**_file("PNG of 110 dots an inch", "image/png"),
                **documented(401, 404, 409, 410, 422)})  # fmt: skip
async def get_page(
    documents: NamedDependency[Documents],
    subject: NamedDependency[Subject],
    document_id: FromPath[UUID],
    number: FromPath[int],
) -> Response[bytes]:
    """Pages count from 0. The access is logged."""
    record = await documents.desk.document(subject.owner, document_id)
    image = await documents.desk.page(subject.owner, record, number)
    return Response(image, media_type="image/png", headers=_PRIVATE)


@get("/{document_id:uuid}/copy", opt=_OWN, security=SIGNED_IN, summary="A copy for reading",
     responses={**_file("PDF, marked with who took it and when", "application/pdf"),
                **documented(401, 404, 409, 410, 422)})  # fmt: skip
async def get_copy(
    documents: NamedDependency[Documents],
    subject: NamedDependency[Subject],
    document_id: FromPath[UUID],
) -> Response[bytes]:
    """For everybody who may see the document. The access is logged."""
    record = await documents.desk.document(subject.owner, document_id)
    copy = await documents.desk.copy(subject.owner, record)
    headers = {**_PRIVATE, "Content-Disposition": f'attachment; filename="{record.id}.pdf"'}
    return Response(copy, media_type="application/pdf", headers=headers)


@get("/{document_id:uuid}/original", opt=_OWN | UNTIMED, security=SIGNED_IN,
     summary="The very file that was uploaded",
     responses={**_file("The file", _BYTES), **documented(401, 403, 404, 409, 410)})  # fmt: skip
async def get_original(
    documents: NamedDependency[Documents],
    subject: NamedDependency[Subject],
    document_id: FromPath[UUID],
) -> Stream:
    """For the owner and the platform's reviewers. The access is logged."""
    record = await documents.desk.document(subject.owner, document_id)
    pieces = await documents.desk.original(subject.owner, record)
    headers = {**_PRIVATE, "Content-Disposition": f'attachment; filename="{record.id}"'}
    return Stream(pieces, media_type=_BYTES, headers=headers)


@get("/{document_id:uuid}/opening", opt=_OWN, security=SIGNED_IN,
     summary="What opens the commitment",
     responses={**_says(Opening, "Salt and hash"),
                **documented(401, 403, 404, 409, 410)})  # fmt: skip
async def get_opening(
    documents: NamedDependency[Documents],
    subject: NamedDependency[Subject],
    document_id: FromPath[UUID],
) -> Response[bytes]:
    """With the file it proves what `doc_hash` on the ledger speaks of. The access is logged."""
    record = await documents.desk.document(subject.owner, document_id)
    return _answer(await documents.desk.opening(subject.owner, record))


@get("/{document_id:uuid}/accesses", opt=_OWN, security=SIGNED_IN, summary="Who opened it",
     responses={**_says(AccessList, "Newest first"), **documented(401, 404)})  # fmt: skip
async def list_accesses(
    documents: NamedDependency[Documents],
    subject: NamedDependency[Subject],
    document_id: FromPath[UUID],
) -> Response[bytes]:
    """The last 200; others than the owner see their own."""
    record = await documents.desk.document(subject.owner, document_id)
    return _answer(AccessList(await documents.desk.accesses(subject.owner, record)))


@delete("/{document_id:uuid}", opt=_OWN_BY_HAND, security=SIGNED_IN, status_code=200,
        summary="Erase a document",
        responses={**_says(Review, "Erased"),
                   **documented(401, 403, 404, 409, 412, 428)})  # fmt: skip
async def erase(
    request: Request[Any, Any, Any],
    documents: NamedDependency[Documents],
    subject: NamedDependency[Subject],
    document_id: FromPath[UUID],
) -> Response[bytes]:
    """Key and salt are destroyed; the certificate says so to anybody."""
    record = await _seen(request, documents, subject, document_id)
    return await _shown(documents, subject, await documents.desk.erase(subject.owner, record))


@put("/{document_id:uuid}/hold", opt=_REVIEWERS, security=SIGNED_IN, summary="Hold a document",
     responses={**_says(Review, "Held"),
                **documented(401, 403, 404, 412, 422, 428)})  # fmt: skip
async def hold(
    request: Request[Any, Any, Any],
    documents: NamedDependency[Documents],
    subject: NamedDependency[Subject],
    document_id: FromPath[UUID],
    data: JSONBody[Hold],
) -> Response[bytes]:
    """For the platform's verifiers and compliance: it must not be erased."""
    record = await _seen(request, documents, subject, document_id)
    held = await documents.desk.hold(subject.owner, record, data.reason)
    return await _shown(documents, subject, held)


@delete("/{document_id:uuid}/hold", opt=_REVIEWERS, security=SIGNED_IN, status_code=200,
        summary="Release a document",
        responses={**_says(Review, "Released"),
                   **documented(401, 403, 404, 412, 428)})  # fmt: skip
async def release(
    request: Request[Any, Any, Any],
    documents: NamedDependency[Documents],
    subject: NamedDependency[Subject],
    document_id: FromPath[UUID],
) -> Response[bytes]:
    """It may be erased again."""
    record = await _seen(request, documents, subject, document_id)
    released = await documents.desk.hold(subject.owner, record, None)
    return await _shown(documents, subject, released)


@get("/{document_id:uuid}/certificate", opt=PUBLIC, summary="The certificate of an erasure",
     responses={**_says(dict[str, str], "Signed as SEP-53 says"), **documented(404)})  # fmt: skip
async def get_certificate(
    documents: NamedDependency[Documents], document_id: FromPath[UUID]
) -> Response[bytes]:
    """`signature` is by SIGNING_KEY of stellar.toml over `message` (SEP-53)."""
    return _answer(await documents.desk.certificate(document_id))


router = Router(
    "/v1/documents",
    route_handlers=[
        upload, upload_progress, list_documents, get_document, correct, confirm, support,
        list_supporting, get_facts,
        get_page, get_copy, get_original, get_opening, list_accesses, erase, hold, release,
        get_certificate,
    ],
    tags=["documents"],
)  # fmt: skip
