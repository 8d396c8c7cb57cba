"""What kind of file it is, whether it may be opened at all, and what is packed into it.

The first checks look at bytes only; the others open the PDF with pikepdf, in the sandbox.
"""

from __future__ import annotations

import enum
import io
from collections.abc import Iterator
from typing import Final

import msgspec
import pikepdf

from api.documents.reading import bombs
from api.documents.reading.refusal import Refusal, RefusedError

MAX_BYTES: Final = 20 << 20
MAX_PAGES: Final = 20
_MAX_SIDE: Final = 1.5 / 0.0254 * 72
"""Points in 1.5 metres."""

_MAX_ATTACHMENTS: Final = 10
_MAX_ATTACHMENT_BYTES: Final = 5 << 20
_ACTIVE: Final = ("/JavaScript", "/JS", "/Launch", "/ImportData", "/SubmitForm", "/RichMedia")
_MAX_OBJECTS: Final = 200_000


class Kind(enum.Enum):
    """The types of files that are read, told by their content."""

    PDF = "pdf"
    PNG = "png"
    JPEG = "jpeg"
    TIFF = "tiff"
    XML = "xml"


class Attachment(msgspec.Struct, frozen=True):
    """A file inside a PDF: its name, its relationship as the PDF states it, its bytes."""

    name: str
    relationship: str | None
    data: bytes


class Container(msgspec.Struct, frozen=True):
    """What a PDF is besides its pages: for the rules of hybrid invoices.

    `profile` is the conformance level that the XMP metadata claim, `attached_name` the file name
    there; `associated`: the catalogue lists associated files; `intent`: it has an output intent.
    """

    pages: int
    attachments: tuple[Attachment, ...]
    associated: bool
    intent: bool
    profile: str | None
    attached_name: str | None


def kind_of(data: bytes) -> Kind:
    """The file's type by its first bytes. Raises RefusedError."""
    if not data:
        raise RefusedError(Refusal.EMPTY, "The file is empty.")
    if len(data) > MAX_BYTES:
        raise RefusedError(Refusal.TOO_LARGE, f"The file is larger than {MAX_BYTES >> 20} MB.")
    kind = _by_signature(data)
    if kind is Kind.PDF and b"PK\x05\x06" in data[-(1 << 16) :]:
        raise RefusedError(Refusal.POLYGLOT, "The file is a PDF and a ZIP archive at once.")
    return kind


def _by_signature(data: bytes) -> Kind:
    for signature, kind in (
        (b"%PDF-", Kind.PDF),
        (b"\x89PNG\r\n\x1a\n", Kind.PNG),
        (b"\xff\xd8\xff", Kind.JPEG),
        (b"II*\x00", Kind.TIFF),
        (b"MM\x00*", Kind.TIFF),
    ):
        if data.startswith(signature):
            return kind
    head = data[:512].removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(b"<") and not head[:64].lower().startswith((b"<!doctype html", b"<html")):
        return Kind.XML
    raise RefusedError(
        Refusal.UNKNOWN_TYPE, "The file is no PDF, PNG, JPEG, TIFF or XML invoice by its content."
    )


def open_pdf(data: bytes) -> Container:
    """Checks a PDF and takes out its attachments. Raises RefusedError."""
    try:
        with pikepdf.open(io.BytesIO(data)) as pdf:
            return _checked(pdf)
    except pikepdf.PasswordError as error:
        raise RefusedError(Refusal.ENCRYPTED, "The PDF is protected by a password.") from error
    except (pikepdf.PdfError, ValueError, TypeError, AttributeError, KeyError) as error:
        # What qpdf says begins with where it read from, which is memory of ours.
        words = str(error).rpartition(">: ")[2]
        raise RefusedError(Refusal.BROKEN, f"The PDF is broken: {words}.") from error


def _checked(pdf: pikepdf.Pdf) -> Container:
    if pdf.is_encrypted:
        raise RefusedError(Refusal.ENCRYPTED, "The PDF is encrypted.")
    # Asking for the number of pages is cheap; listing 200,000 of them is not.
    count = int(pdf.Root.Pages.get("/Count", 0))
    if count > MAX_PAGES:
        raise RefusedError(
            Refusal.TOO_MANY_PAGES, f"The PDF has {count} pages, {MAX_PAGES} are read."
        )
    if len(pdf.objects) > _MAX_OBJECTS:
        raise RefusedError(Refusal.BROKEN, "The PDF has far more objects than an invoice needs.")
    pages = list(pdf.pages)
    if not pages or len(pages) > MAX_PAGES:
        raise RefusedError(Refusal.BROKEN, f"The PDF has {len(pages)} pages.")
    for page in pages:
        _check_size(page)
    bombs.refuse(pdf)
    if name := _active(pdf):
        raise RefusedError(Refusal.ACTIVE_CONTENT, f"The PDF wants to run something ({name}).")
    profile, attached = _claims(pdf)
    return Container(
        pages=len(pages),
        attachments=tuple(_attachments(pdf)),
        associated="/AF" in pdf.Root,
        intent="/OutputIntents" in pdf.Root,
        profile=profile,
        attached_name=attached,
    )


def _check_size(page: pikepdf.Page) -> None:
    left, bottom, right, top = (float(side) for side in page.mediabox)
    unit = float(page.obj.get("/UserUnit", 1))
    if unit != 1 or max(abs(right - left), abs(top - bottom)) > _MAX_SIDE:
        raise RefusedError(Refusal.PAGE_TOO_LARGE, "A page is larger than 1.5 metres.")


def _active(pdf: pikepdf.Pdf) -> str | None:
    """The first thing in the PDF that would run, if any."""
    for item in pdf.objects:
        if isinstance(item, pikepdf.Dictionary | pikepdf.Stream):
            action = item.get("/S")
            if isinstance(action, pikepdf.Name) and str(action) in _ACTIVE:
                return str(action)
            if "/JS" in item or "/JavaScript" in item:
                return "/JavaScript"
    return None


def _attachments(pdf: pikepdf.Pdf) -> Iterator[Attachment]:
    specs = list(pdf.attachments.items())
    if len(specs) > _MAX_ATTACHMENTS:
        raise RefusedError(Refusal.ATTACHMENTS, f"The PDF has {len(specs)} attachments.")
    for name, spec in specs:
        data = spec.get_file().read_bytes()
        if len(data) > _MAX_ATTACHMENT_BYTES:
            raise RefusedError(Refusal.ATTACHMENTS, f"The attachment {name!r} is too large.")
        relationship = spec.obj.get("/AFRelationship")
        yield Attachment(name, str(relationship)[1:] if relationship is not None else None, data)


def _claims(pdf: pikepdf.Pdf) -> tuple[str | None, str | None]:
    """Conformance level and file name of the invoice as the XMP metadata have them."""
    if "/Metadata" not in pdf.Root:
        return None, None
    with pdf.open_metadata() as metadata:
        found: dict[str, str] = {}
        for key, value in metadata.items():
            found[key.rpartition("}")[2]] = str(value)
    return found.get("ConformanceLevel"), found.get("DocumentFileName")
