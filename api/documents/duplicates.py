"""The same invoice twice: the same file, the same natural identity, nearly the same page, on chain.

What a person is shown of a stranger's document is that there is one, and nothing else; reviewers of
the platform see which and whose.
"""

from __future__ import annotations

from typing import Final, Literal
from uuid import UUID

import msgspec

from api.database import Connection
from api.documents.reading import likeness
from api.documents.reading.likeness import Likeness
from api.documents.records import Record

_ALIKE: Final = 0.8
"""Of all numbers, dates and amounts so many are the same; next month's invoice shares fewer."""
_SAME_PICTURE: Final = 12
"""Bits of 256 that differ between two scans of a page."""

_SAME: Final = """
    SELECT id, owner, extract(epoch FROM created_at)::bigint AS at, sha256 = %(sha256)s AS same_file
    FROM app.document
    WHERE id <> %(id)s AND state NOT IN ('receiving', 'refused', 'erased')
      AND (sha256 = %(sha256)s OR "natural" = %(natural)s)
    ORDER BY created_at
"""
_NEAR: Final = """
    SELECT d.id, d.owner, extract(epoch FROM d.created_at)::bigint AS at,
        p.words, p.figures, p.picture
    FROM app.document_print AS p JOIN app.document AS d ON d.id = p.document
    WHERE p.bands && (SELECT bands FROM app.document_print WHERE document = %(id)s)
      AND d.id <> %(id)s AND d.sha256 <> %(sha256)s
      AND d.state NOT IN ('receiving', 'refused', 'erased')
    ORDER BY d.created_at
"""
_PRINT: Final = "SELECT words, figures, picture FROM app.document_print WHERE document = %s"
_LISTED: Final = """
    SELECT encode(t.invoice, 'hex') AS invoice, t.created_at AS at
    FROM read.terms AS t WHERE t."natural" = %s AND t.doc_hash IS DISTINCT FROM %s
    ORDER BY t.created_at
"""

Kind = Literal["same_file", "same_invoice", "near_duplicate", "on_chain"]


class Duplicate(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Another document or invoice that may be the same one.

    `similarity` is the share of figures in common, from 0 to 1. Of a stranger's document a person
    is told `kind` only.
    """

    kind: Kind
    yours: bool
    document: UUID | None = None
    owner: str | None = None
    invoice_id: str | None = None
    similarity: float | None = None
    at: int | None = None
    """When it was uploaded, or listed: Unix seconds."""


async def remember(connection: Connection, document: UUID, found: Likeness) -> None:
    """What the document looks like."""
    await connection.execute(
        """
        INSERT INTO app.document_print (document, bands, words, figures, picture)
        VALUES (%s, %s, %s, %s, %s) ON CONFLICT (document) DO NOTHING
        """,
        (document, likeness.bands(found), found.words, found.figures, found.picture),
    )


async def find(
    connection: Connection, record: Record, natural: bytes | None
) -> tuple[Duplicate, ...]:
    """All of them, as a reviewer sees them; the connection is a worker's."""
    asked = {"id": record.id, "sha256": record.sha256, "natural": natural}
    same = [
        Duplicate(
            kind="same_file" if row["same_file"] else "same_invoice",
            yours=row["owner"] == record.owner,
            document=row["id"],
            owner=row["owner"],
            at=row["at"],
        )
        for row in await (await connection.execute(_SAME, asked)).fetchall()
    ]
    found = {each.document for each in same}
    near = [each for each in await _near(connection, record) if each.document not in found]
    rows = await (await connection.execute(_LISTED, (natural, record.commitment))).fetchall()
    listed = [
        Duplicate(kind="on_chain", yours=False, invoice_id=row["invoice"], at=row["at"])
        for row in rows
    ]
    return (*listed, *same, *near)


def shown_to_owner(found: tuple[Duplicate, ...]) -> tuple[Duplicate, ...]:
    """What is anybody's or one's own; of strangers' documents each kind once, and no more."""
    known = [
        each if each.yours or each.kind == "on_chain" else Duplicate(kind=each.kind, yours=False)
        for each in found
    ]
    return tuple(dict.fromkeys(known))


async def _near(connection: Connection, record: Record) -> list[Duplicate]:
    row = await (await connection.execute(_PRINT, (record.id,))).fetchone()
    if row is None:
        return []
    mine = Likeness(**row)
    asked = {"id": record.id, "sha256": record.sha256}
    rows = await (await connection.execute(_NEAR, asked)).fetchall()
    found = []
    for other in rows:
        theirs = Likeness(other["words"], other["figures"], other["picture"])
        if (alike := _alike(mine, theirs)) is not None:
            found.append(
                Duplicate(
                    kind="near_duplicate",
                    yours=other["owner"] == record.owner,
                    document=other["id"],
                    owner=other["owner"],
                    similarity=alike,
                    at=other["at"],
                )
            )
    return found


def _alike(mine: Likeness, theirs: Likeness) -> float | None:
    """How much two documents are the same, if they are nearly."""
    figures = likeness.similarity(mine.figures, theirs.figures)
    if figures >= _ALIKE:
        return round(figures, 3)
    distance = likeness.picture_distance(mine.picture, theirs.picture)
    if figures == 0 and distance is not None and distance <= _SAME_PICTURE:
        return round(1 - distance / 256, 3)
    return None
