"""The places of fields drawn onto a page's picture, for people who look at how it was read."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Final

import msgspec
from PIL import Image, ImageDraw

from api.documents.reading.drawing import DPI
from api.documents.reading.field import Field

_SURE, _DOUBTED = (0, 128, 64), (208, 80, 0)
_ENOUGH: Final = 0.9
_AROUND: Final = 2
_LETTERS: Final = 12


def drawn(png: bytes, fields: Mapping[str, Field], page: int) -> bytes:
    """The picture that `drawing.page_image` made of `page`, with a named box around each field.

    Green is sure, orange is to be checked.
    """
    image = Image.open(io.BytesIO(png)).convert("RGB")
    pen = ImageDraw.Draw(image)
    for name, field in fields.items():
        if field.page != page or field.box is None:
            continue
        left, top, right, bottom = (side * DPI / 72 for side in msgspec.structs.astuple(field.box))
        colour = _SURE if field.confidence >= _ENOUGH and not field.against else _DOUBTED
        pen.rectangle(
            (left - _AROUND, top - _AROUND, right + _AROUND, bottom + _AROUND),
            outline=colour,
            width=2,
        )
        label = f"{name} {field.confidence:.2f}"
        pen.text((left, top - _LETTERS - 2 * _AROUND), label, fill=colour, font_size=_LETTERS)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
