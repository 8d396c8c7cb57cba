"""What documents that are nearly the same have in common, small enough to keep and compare.

Two sketches (MinHash): of the runs of three words, which invoices of one layout share, and of
everything with a digit in it, which tells one invoice from the next. And the first page's picture
as 256 bits (is a spot darker than the one beside it), for scans.
"""

from __future__ import annotations

import hashlib
import itertools
import struct
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
from PIL import Image

from api.documents.reading.page import Page
from api.documents.reading.values import plain

_SKETCH: Final = 64
_BAND: Final = 2
_SIDE: Final = 16
_MASK: Final = (1 << 64) - 1
_EMPTY: Final = b"\xff" * (4 * _SKETCH)


def _constants() -> list[tuple[int, int]]:
    """A multiplier (odd) and a summand for each place of a sketch, the same for ever."""
    found = []
    for place in range(_SKETCH):
        digest = hashlib.sha256(b"stellarsettle likeness %d" % place).digest()
        multiplier, summand = struct.unpack_from("<2Q", digest)
        found.append((multiplier | 1, summand))
    return found


_CONSTANTS: Final = _constants()


class Likeness(msgspec.Struct, frozen=True):
    """Two sketches of 64 numbers of 4 bytes, and a picture of 32 bytes (empty for none)."""

    words: bytes
    figures: bytes
    picture: bytes


def of(pages: Sequence[Page], picture: Image.Image | None) -> Likeness:
    """The likeness of a document."""
    words = [plain(word.text) for page in pages for row in page.rows for word in row.words]
    runs = {" ".join(run) for run in zip(words, words[1:], words[2:], strict=False)}
    figures = {word for word in words if sum(map(str.isdigit, word)) > 1}
    return Likeness(_sketch(runs), _sketch(figures), _bits(picture) if picture else b"")


def similarity(one: bytes, other: bytes) -> float:
    """About the share that two sketched sets have in common, 0 to 1; empty sets share nothing."""
    if _EMPTY in (one, other):
        return 0.0
    pairs = zip(_numbers(one), _numbers(other), strict=True)
    return sum(mine == theirs for mine, theirs in pairs) / _SKETCH


def picture_distance(one: bytes, other: bytes) -> int | None:
    """Bits in which two pictures differ, of 256; None where one has none."""
    if not one or not other:
        return None
    return (int.from_bytes(one) ^ int.from_bytes(other)).bit_count()


def bands(likeness: Likeness) -> list[int]:
    """Numbers of which documents that share most of their figures surely share one.

    Documents without figures share one if their pictures differ in fewer than 16 bits.
    """
    whole, step = likeness.figures, 4 * _BAND
    if whole == _EMPTY:
        whole, step = likeness.picture, 2
    return [_band(step, start, whole[start : start + step]) for start in range(0, len(whole), step)]


def _band(step: int, start: int, part: bytes) -> int:
    digest = hashlib.blake2b(b"%d %d %s" % (step, start, part), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)


def _sketch(texts: Iterable[str]) -> bytes:
    hashed = [
        int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()) for text in texts
    ]
    if not hashed:
        return _EMPTY
    least = (
        min(((value * multiplier + summand) & _MASK) >> 32 for value in hashed)
        for multiplier, summand in _CONSTANTS
    )
    return struct.pack(f"<{_SKETCH}I", *least)


def _numbers(sketch: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{_SKETCH}I", sketch)


def _bits(picture: Image.Image) -> bytes:
    small = picture.convert("L").resize((_SIDE + 1, _SIDE), Image.Resampling.BOX)
    spots = list(small.tobytes())
    rows = [spots[at : at + _SIDE + 1] for at in range(0, len(spots), _SIDE + 1)]
    darker = [left < right for row in rows for left, right in itertools.pairwise(row)]
    return sum(1 << place for place, dark in enumerate(darker) if dark).to_bytes(_SIDE * _SIDE // 8)
