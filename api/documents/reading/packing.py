"""The files inside a file, so that each can be looked at by itself. To be run in the sandbox only.

ClamAV does not look into a compressed attachment of a PDF, nor into what an XML carries in base64.
"""

from __future__ import annotations

import base64
import binascii
import io
import zipfile
from collections.abc import Iterator
from typing import Final

from api.documents.reading import container, einvoice
from api.documents.reading.container import MAX_BYTES, Kind
from api.documents.reading.refusal import Refusal, RefusedError

_DEPTH: Final = 3
"""A file in a file in a file is looked at; whoever packs deeper does not send an invoice."""


_UNPACKED: Final = 64 << 20
"""Bytes that an attached archive may unpack to."""


def packed_in(data: bytes) -> Iterator[bytes]:
    """Every file inside `data`, and inside those. Raises RefusedError."""
    left = MAX_BYTES
    for inner in _inside(data, _DEPTH):
        left -= len(inner)
        if left < 0:
            raise RefusedError(Refusal.ATTACHMENTS, "The file's attachments are too large.")
        yield inner


def _inside(data: bytes, depth: int) -> Iterator[bytes]:
    for inner in _direct(data):
        if depth == 1:
            raise RefusedError(Refusal.ATTACHMENTS, "Files are packed into each other too deeply.")
        _refuse_archive_bomb(inner)
        yield inner
        yield from _inside_unknown(inner, depth - 1)


def _inside_unknown(data: bytes, depth: int) -> Iterator[bytes]:
    """What is in an attachment, which need not be of a kind that is read."""
    if data.startswith(b"%PDF-") or b"<" in data[:64]:
        yield from _inside(data, depth)


def _refuse_archive_bomb(data: bytes) -> None:
    """An archive is opened by nobody here, but by those who take it out. Raises RefusedError."""
    if not data.startswith(b"PK"):
        return
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except zipfile.BadZipFile as error:
        raise RefusedError(Refusal.ATTACHMENTS, "An attached archive is broken.") from error
    if unpacked > _UNPACKED:
        raise RefusedError(Refusal.BOMB, "An attached archive unpacks to far too much.")


def _direct(data: bytes) -> Iterator[bytes]:
    try:
        kind = container.kind_of(data)
    except RefusedError as error:
        if error.refusal is Refusal.UNKNOWN_TYPE:
            return
        raise
    if kind is Kind.PDF:
        yield from (each.data for each in container.open_pdf(data).attachments)
    elif kind is Kind.XML:
        yield from _in_xml(data)


def _in_xml(data: bytes) -> Iterator[bytes]:
    try:
        texts = einvoice.binary_objects(data)
    except einvoice.UnreadableXmlError as error:
        raise RefusedError(Refusal.NOT_AN_INVOICE, f"This is no e-invoice: {error}.") from error
    for text in texts:
        try:
            yield base64.b64decode("".join(text.split()), validate=True)
        except binascii.Error as error:
            raise RefusedError(Refusal.BROKEN, "The XML's attachment is no base64.") from error
