"""Small PDFs that become huge when they are opened. To be run in the sandbox only.

A stream may unpack to a thousand times its size, and a form may draw forms that draw forms: ten
kilobytes are minutes of work. Both can be told before anything is drawn.
"""

from __future__ import annotations

import re
import zlib
from typing import Any, Final

import pikepdf

from api.documents.reading.refusal import Refusal, RefusedError

_UNPACKED: Final = 64 << 20
"""Bytes that all streams but pictures may unpack to."""
_DRAWN: Final = 64 << 20
"""Bytes of drawing that one page may be, forms counted as often as they are drawn."""
_MAX_SIDE: Final = 10_000
_MAX_PIXELS: Final = 50_000_000
_DRAWS: Final = re.compile(rb"/([^\s/<>()\[\]{}%]+)\s+Do\b")
_DEEP: Final = 24
_STEP: Final = 1 << 20


def refuse(pdf: pikepdf.Pdf) -> None:
    """Raises RefusedError for what would become too much."""
    left = _UNPACKED
    for item in pdf.objects:
        if not isinstance(item, pikepdf.Stream):
            continue
        if item.get("/Subtype") == pikepdf.Name.Image:
            _refuse_picture(item)
        else:
            left -= len(_unpacked(item, left))
    known: dict[tuple[int, int], int] = {}
    for page in pdf.pages:
        if _page(page, known) > _DRAWN:
            raise _bomb("draws far more than a page shows")


def _bomb(what: str) -> RefusedError:
    return RefusedError(Refusal.BOMB, f"The PDF {what}.")


def _refuse_picture(image: pikepdf.Stream) -> None:
    width, height = int(image.get("/Width", 0)), int(image.get("/Height", 0))
    if max(width, height) > _MAX_SIDE or width * height > _MAX_PIXELS:
        raise RefusedError(Refusal.IMAGE_TOO_LARGE, f"A picture is {width} by {height} pixels.")


def _unpacked(stream: pikepdf.Stream, most: int) -> bytes:
    """A stream's content, as far as its filters are those that can make much of little."""
    data = stream.read_raw_bytes()
    filters: Any = stream.get("/Filter", [])
    names = [filters] if isinstance(filters, pikepdf.Name) else list(filters)
    for name in names:
        if name not in (pikepdf.Name.FlateDecode, pikepdf.Name.Fl):
            break
        data = _inflated(data, most)
    if len(data) > most:
        raise _bomb("unpacks to far more than an invoice needs")
    return data


def _inflated(data: bytes, most: int) -> bytes:
    """Raises RefusedError over `most` bytes; what is broken is as long as it gets."""
    inflater, parts, size = zlib.decompressobj(), [], 0
    try:
        while data and not inflater.eof:
            part = inflater.decompress(data, _STEP)
            size += len(part)
            if size > most:
                raise _bomb("unpacks to far more than an invoice needs")
            parts.append(part)
            data = inflater.unconsumed_tail
    except zlib.error:
        pass
    return b"".join(parts)


def _page(page: pikepdf.Page, known: dict[tuple[int, int], int]) -> int:
    contents: Any = page.obj.get("/Contents", [])
    streams = [contents] if isinstance(contents, pikepdf.Stream) else list(contents)
    drawn = b"\n".join(
        _unpacked(each, _UNPACKED) for each in streams if isinstance(each, pikepdf.Stream)
    )
    return _drawing(drawn, page.obj.get("/Resources"), known, ())


def _form(
    form: pikepdf.Stream, known: dict[tuple[int, int], int], above: tuple[tuple[int, int], ...]
) -> int:
    """How much a form draws; one that draws itself never ends."""
    if form.objgen in above or len(above) > _DEEP:
        raise _bomb("draws a form inside itself")
    if form.objgen not in known:
        known[form.objgen] = _drawing(
            _unpacked(form, _UNPACKED), form.get("/Resources"), known, (*above, form.objgen)
        )
    return known[form.objgen]


def _drawing(
    content: bytes,
    resources: pikepdf.Object | None,
    known: dict[tuple[int, int], int],
    above: tuple[tuple[int, int], ...],
) -> int:
    forms: Any = resources.get("/XObject", {}) if isinstance(resources, pikepdf.Dictionary) else {}
    size = len(content)
    for name in _DRAWS.findall(content):
        form = forms.get(f"/{name.decode('latin-1')}")
        if isinstance(form, pikepdf.Stream) and form.get("/Subtype") == pikepdf.Name.Form:
            size += _form(form, known, above)
    return size
