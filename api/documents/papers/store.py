"""Rows of papers and of their signatures."""

from __future__ import annotations

import datetime as dt
from typing import Final
from uuid import UUID

import msgspec

from api.database import Connection
from api.documents.papers.filling import Kind
from api.documents.papers.signing import Signature

_COLUMNS: Final = "id, document, owner, counterparty, kind, version, sha256, recourse, created_at"


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """One row of `app.paper` without its file."""

    id: UUID
    document: UUID
    owner: str
    counterparty: str | None
    kind: Kind
    version: int
    sha256: bytes
    recourse: bool
    created_at: dt.datetime


async def add(connection: Connection, paper: Paper, pdf: bytes) -> Paper:
    """The paper, or the one that is there already with this very file."""
    values = msgspec.structs.asdict(paper) | {"kind": paper.kind.value, "pdf": pdf}
    statement = f"""
        INSERT INTO app.paper ({_COLUMNS}, pdf)
        VALUES (%(id)s, %(document)s, %(owner)s, %(counterparty)s, %(kind)s, %(version)s,
                %(sha256)s, %(recourse)s, %(created_at)s, %(pdf)s)
        ON CONFLICT (document, sha256) DO UPDATE SET document = excluded.document
        RETURNING {_COLUMNS}
    """  # noqa: S608 -- column names of ours
    (row,) = await (await connection.execute(statement.encode(), values)).fetchall()
    return msgspec.convert(row, Paper)


async def one(connection: Connection, paper: UUID) -> Paper | None:
    """The paper, if whoever the connection speaks for may see it."""
    query = f"SELECT {_COLUMNS} FROM app.paper WHERE id = %s"  # noqa: S608 -- as above
    row = await (await connection.execute(query.encode(), (paper,))).fetchone()
    return None if row is None else msgspec.convert(row, Paper)


async def of_document(connection: Connection, document: UUID) -> list[Paper]:
    """The papers about a document, newest first."""
    query = f"""
        SELECT {_COLUMNS} FROM app.paper WHERE document = %s ORDER BY created_at DESC, id LIMIT 100
    """  # noqa: S608 -- as above
    rows = await (await connection.execute(query.encode(), (document,))).fetchall()
    return [msgspec.convert(row, Paper) for row in rows]


async def pdf(connection: Connection, paper: UUID) -> bytes | None:
    """The file; None once it was erased."""
    query = "SELECT pdf FROM app.paper WHERE id = %s"
    row = await (await connection.execute(query, (paper,))).fetchone()
    return None if row is None else row["pdf"]


async def sign(connection: Connection, paper: UUID, owner: str, given: Signature) -> None:
    """Keep a signature; a second one of the same person changes nothing."""
    await connection.execute(
        """
        INSERT INTO app.paper_signature (paper, owner, signer, message, signature, at)
        VALUES (%s, %s, %s, %s, %s, to_timestamp(%s)) ON CONFLICT DO NOTHING
        """,
        (paper, owner, given.signer, given.message, given.signature, given.at),
    )


async def signatures(connection: Connection, paper: UUID) -> tuple[Signature, ...]:
    """Who accepted it, in order."""
    query = """
        SELECT signer, message, signature, extract(epoch FROM at)::bigint AS at
        FROM app.paper_signature WHERE paper = %s ORDER BY at, signer
    """
    rows = await (await connection.execute(query, (paper,))).fetchall()
    return tuple(msgspec.convert(row, Signature) for row in rows)
