"""A document's row: its state, and each step from one state to the next as one statement."""

from __future__ import annotations

import datetime as dt
import enum
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final
from uuid import UUID

import msgspec

from api.database import Connection
from api.documents.reading import layouts
from api.documents.reading.field import Field
from api.documents.reading.known import Known, Party
from api.documents.reading.layouts import Layout, Places
from api.documents.reading.memory import Memory
from api.documents.reading.reading import Reading
from api.documents.storage.keys import Wrapped
from api.live.hints import hint


class State(enum.Enum):
    """Where a document stands. REFUSED and ERASED are ends; CONFIRMED can still be erased."""

    RECEIVING = "receiving"
    RECEIVED = "received"
    SCANNED = "scanned"
    READ = "read"
    NEEDS_REVIEW = "needs_review"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    ERASED = "erased"


class Purpose(enum.Enum):
    """What a document is: an invoice, or something that supports one."""

    INVOICE = "invoice"
    DELIVERY_NOTE = "delivery_note"
    CONTRACT = "contract"
    OTHER = "other"


class Stage(msgspec.Struct, frozen=True):
    """When a state was reached, Unix seconds."""

    state: State
    at: int


class Access(msgspec.Struct, frozen=True):
    """One use of a document's key: by whom (or the worker), for what, when in Unix seconds."""

    viewer: str
    action: str
    at: int


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One row of `app.document`; `facts` are the values a person confirmed, by field."""

    id: UUID
    owner: str
    name: str | None
    state: State
    stages: tuple[Stage, ...]
    reason: str | None
    message: str | None
    waiting: str | None
    sha256: bytes | None
    size: int
    cid: str | None
    commitment: bytes | None
    natural: bytes | None
    reading: Reading | None
    facts: dict[str, str]
    version: int
    hold: str | None
    certificate: dict[str, str] | None
    created_at: dt.datetime
    purpose: Purpose
    supports: UUID | None


_COLUMNS: Final = ", ".join(f'"{name}"' for name in Record.__struct_fields__)
_STAGE: Final = """
    stages = stages || jsonb_build_object(
        'state', %(state)s::text, 'at', extract(epoch FROM now())::bigint)
"""
_BEGIN: Final = f"""
INSERT INTO app.document (id, owner, name, state, sha256)
VALUES (%(id)s, %(owner)s, %(name)s, %(state)s, %(sha256)s)
RETURNING {_COLUMNS}
"""  # noqa: S608 -- column names of ours


_REMEMBERED: Final = 200
"""So many of somebody's documents teach the reader of his next one."""
_LAYOUTS_EACH: Final = 3
"""So many of one seller's last invoices tell where its fields stand."""


class ChangedError(Exception):
    """The row is not as it was thought to be: somebody else changed it in the meantime."""


async def one(connection: Connection, document: UUID, *, lock: bool = False) -> Record | None:
    """The document, if it is there for whoever the connection speaks for."""
    return await _one(connection, "id = %s", document, lock=lock)


async def live(connection: Connection, owner: str, sha256: bytes) -> Record | None:
    """The owner's document of a file, unless it was refused or erased."""
    where = "owner = %s AND sha256 = %s AND state NOT IN ('refused', 'erased')"
    return await _one(connection, where, owner, sha256)


async def _one(
    connection: Connection, where: str, *values: object, lock: bool = False
) -> Record | None:
    query = f"SELECT {_COLUMNS} FROM app.document WHERE {where}{' FOR UPDATE' if lock else ''}"  # noqa: S608
    row = await (await connection.execute(query.encode(), values)).fetchone()
    return None if row is None else _record(row)


async def of_owner(
    connection: Connection, owner: str, *, before: UUID | None, limit: int
) -> list[Record]:
    """The owner's documents, newest first, those before another one."""
    query = f"""
        SELECT {_COLUMNS} FROM app.document
        WHERE owner = %(owner)s AND (
            %(before)s::uuid IS NULL OR (created_at, id) < (
                    SELECT created_at, id FROM app.document
                WHERE id = %(before)s AND owner = %(owner)s))
        ORDER BY created_at DESC, id DESC LIMIT %(limit)s
    """  # noqa: S608 -- column names of ours
    values = {"owner": owner, "before": before, "limit": limit}
    rows = await (await connection.execute(query.encode(), values)).fetchall()
    return [_record(row) for row in rows]


class Held(msgspec.Struct, frozen=True):
    """What an owner has here: documents on their way, all that live, and their bytes."""

    waiting: int
    documents: int
    bytes: int


async def held(connection: Connection, owner: str) -> Held:
    """What the owner has; until the transaction ends nobody else counts the same."""
    await connection.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('documents of ' || %s, 0))", (owner,)
    )
    query = """
        SELECT count(*) FILTER (
                   WHERE state IN ('receiving', 'received', 'scanned', 'read')) AS waiting,
               count(*) AS documents, coalesce(sum(size), 0)::bigint AS bytes
        FROM app.document WHERE owner = %s AND state NOT IN ('refused', 'erased')
    """
    (row,) = await (await connection.execute(query, (owner,))).fetchall()
    return msgspec.convert(row, Held)


async def begin(
    connection: Connection,
    document: UUID,
    owner: str,
    *,
    name: str | None,
    sha256: bytes | None,
    wrapped: Wrapped,
) -> Record:
    """A document whose file is being received, and its secrets."""
    made = await connection.execute(
        _BEGIN.encode(),
        {"id": document, "owner": owner, "name": name, "sha256": sha256, "state": "receiving"},
    )
    await connection.execute(
        "INSERT INTO app.document_secret (document, key_version, wrapped) VALUES (%s, %s, %s)",
        (document, wrapped.version, wrapped.data),
    )
    (row,) = await made.fetchall()
    return _record(row)


async def discard(connection: Connection, document: UUID) -> None:
    """A document of which nothing came: no trace of it stays."""
    await forget(connection, document)
    await connection.execute("DELETE FROM app.document WHERE id = %s", (document,))


async def forget(connection: Connection, document: UUID) -> None:
    """Destroys key and salt, what would tell likeness, and papers: the file opens no more."""
    for table in ("document_secret", "document_print"):
        statement = f"DELETE FROM app.{table} WHERE document = %s"  # noqa: S608 -- two names
        await connection.execute(statement.encode(), (document,))
    await connection.execute("UPDATE app.paper SET pdf = NULL WHERE document = %s", (document,))


async def change(
    connection: Connection, record: Record, state: State | None = None, **columns: Any
) -> Record:
    """The row with other columns, and with a stage more if its state is another.

    Raises ChangedError if the row has another version than `record`.
    """
    values = {name: _stored(value) for name, value in columns.items()}
    sets = [f'"{name}" = %({name})s' for name in values]
    if state is not None:
        sets += ["state = %(state)s", _STAGE]
    statement = f"""
        UPDATE app.document SET {", ".join(sets)},
            version = version + 1, changed_at = now()
        WHERE id = %(id_)s AND version = %(version_)s
        RETURNING {_COLUMNS}
    """  # noqa: S608 -- column names of ours
    row = await (
        await connection.execute(
            statement.encode(),
            {
                **values,
                "state": state.value if state else None,
                "id_": record.id,
                "version_": record.version,
            },
        )
    ).fetchone()
    if row is None:
        raise ChangedError(f"document {record.id} is at another version than {record.version}")
    await hint(connection, record.owner, "documents")
    return _record(row)


async def refuse(connection: Connection, record: Record, reason: str, message: str) -> Record:
    """The end of this document: key and salt are destroyed, the reason stays."""
    await forget(connection, record.id)
    return await change(
        connection, record, State.REFUSED, reason=reason, message=message, waiting=None
    )


async def wait_for(connection: Connection, document: UUID, what: str) -> None:
    """Say what a document waits for; no change of the document itself."""
    await connection.execute("UPDATE app.document SET waiting = %s WHERE id = %s", (what, document))


async def wrapped(connection: Connection, document: UUID) -> Wrapped | None:
    """A document's secrets as they are stored; None once they are destroyed."""
    query = "SELECT key_version, wrapped FROM app.document_secret WHERE document = %s"
    row = await (await connection.execute(query, (document,))).fetchone()
    return None if row is None else Wrapped(row["key_version"], row["wrapped"])


async def wrapped_before(connection: Connection, version: int, limit: int) -> dict[UUID, Wrapped]:
    """Some of the secrets that an older master key wrapped, locked."""
    query = """
        SELECT document, key_version, wrapped FROM app.document_secret
        WHERE key_version < %s LIMIT %s FOR UPDATE SKIP LOCKED
    """
    rows = await (await connection.execute(query, (version, limit))).fetchall()
    return {row["document"]: Wrapped(row["key_version"], row["wrapped"]) for row in rows}


async def wrap_again(connection: Connection, document: UUID, wrapped: Wrapped) -> None:
    """The same secrets, wrapped by another master key."""
    await connection.execute(
        "UPDATE app.document_secret SET key_version = %s, wrapped = %s WHERE document = %s",
        (wrapped.version, wrapped.data, document),
    )


async def log_access(connection: Connection, document: UUID, viewer: str, action: str) -> None:
    """Who opened it, for what; in the transaction that reads the key."""
    await connection.execute(
        "INSERT INTO app.document_access (document, viewer, action) VALUES (%s, %s, %s)",
        (document, viewer, action),
    )


async def unfinished(connection: Connection, older: dt.timedelta) -> list[Record]:
    """Documents that nobody confirmed in so long, and those that support an invoice no more."""
    where = """
        state = 'needs_review' AND changed_at < now() - %s AND NOT EXISTS (
            SELECT FROM app.document AS invoice
            WHERE invoice.id = app.document.supports AND invoice.state <> 'erased')
    """
    return await _many(connection, where, older)


async def expired(connection: Connection, older: dt.timedelta) -> list[Record]:
    """Confirmed ones that were kept so long."""
    return await _many(connection, "state = 'confirmed' AND changed_at < now() - %s", older)


async def broken_off(connection: Connection, older: dt.timedelta) -> list[Record]:
    """Uploads that nobody went on with."""
    return await _many(connection, "state = 'receiving' AND created_at < now() - %s", older)


async def given_up(connection: Connection, kind: str) -> list[Record]:
    """Documents on their way whose work is dead."""
    where = """
        state IN ('received', 'scanned', 'read') AND EXISTS (
            SELECT FROM app.job AS j WHERE j.kind = %s AND j.state = 'dead'
              AND j.payload ->> 'document' = app.document.id::text)
    """
    return await _many(connection, where, kind)


async def on_their_way(connection: Connection) -> set[str]:
    """Ids of the documents whose files are in quarantine."""
    where = "state IN ('receiving', 'received', 'scanned', 'read')"
    return {str(record.id) for record in await _many(connection, where)}


async def kept(connection: Connection) -> list[Record]:
    """Documents whose files the stores keep."""
    return await _many(connection, "state IN ('needs_review', 'confirmed')")


async def _many(connection: Connection, where: str, *values: object) -> list[Record]:
    query = f"SELECT {_COLUMNS} FROM app.document WHERE {where} ORDER BY created_at"  # noqa: S608
    rows = await (await connection.execute(query.encode(), values)).fetchall()
    return [_record(row) for row in rows]


async def supporting(connection: Connection, document: UUID) -> list[Record]:
    """The documents that support an invoice's, those that the connection may see."""
    return await _many(connection, "supports = %s AND state <> 'erased'", document)


async def memory(connection: Connection, owner: str) -> Memory:
    """What the owner's confirmed documents teach: their parties and layouts, the last first."""
    query = """
        SELECT facts, reading -> 'places' AS places FROM app.document
        WHERE owner = %s AND state = 'confirmed' ORDER BY changed_at DESC LIMIT %s
    """
    rows = await (await connection.execute(query, (owner, _REMEMBERED))).fetchall()
    facts = [row["facts"] for row in rows]
    sellers = [Party(each["seller"], each["seller_tax_id"]) for each in facts]
    buyers = (Party(each["buyer"], each["buyer_tax_id"]) for each in facts)
    known = Known(tuple(dict.fromkeys(sellers)), tuple(dict.fromkeys(buyers)))
    return Memory(known, tuple(_layouts(zip(sellers, rows, strict=True))))


async def own_businesses(connection: Connection, owner: str) -> tuple[Party, ...]:
    """The organisations that the owner belongs to, which issue what he uploads."""
    query = """
        SELECT o.name, o.tax_id FROM app.organisation AS o
        JOIN app.organisation_member AS m ON m.organisation = o.id
        WHERE m.owner = %s AND o.tax_id IS NOT NULL ORDER BY o.name, o.id
    """
    rows = await (await connection.execute(query, (owner,))).fetchall()
    return tuple(Party(row["name"], row["tax_id"]) for row in rows)


def _layouts(confirmed: Iterable[tuple[Party, Mapping[str, Any]]]) -> Iterator[Layout]:
    """The last layouts of each seller."""
    seen: Counter[Party] = Counter()
    for seller, row in confirmed:
        if row["places"] is not None and seen[seller] < _LAYOUTS_EACH:
            seen[seller] += 1
            yield layouts.learned(seller, row["facts"], msgspec.convert(row["places"], Places))


async def accesses(connection: Connection, document: UUID) -> tuple[Access, ...]:
    """The uses of a document's key that the connection may see, newest first."""
    query = """
        SELECT viewer, action, extract(epoch FROM at)::bigint AS at
        FROM app.document_access WHERE document = %s ORDER BY number DESC LIMIT 200
    """
    rows = await (await connection.execute(query, (document,))).fetchall()
    return tuple(Access(**row) for row in rows)


async def may_review(connection: Connection) -> bool:
    """Whether the connection's subject reviews documents for the platform."""
    row = await (await connection.execute("SELECT app.may_review_documents() AS yes")).fetchone()
    return bool(row and row["yes"])


async def note_outcomes(
    connection: Connection, outcomes: Iterable[tuple[str, Field, bool]]
) -> None:
    """Whether what was read was right, for the calibration of confidence; of nobody's document."""
    await connection.cursor().executemany(
        """
        INSERT INTO app.document_outcome (field, source, confidence, score, was_right)
        VALUES (%s, %s, %s, %s, %s)
        """,
        [
            (name, field.source.value, field.confidence, field.score, right)
            for name, field, right in outcomes
        ],
    )


def _record(row: Mapping[str, Any]) -> Record:
    return msgspec.convert(row, Record)


def _stored(value: Any) -> Any:
    """Structs and mappings become JSON, names of a list their text; all else is as it is."""
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, msgspec.Struct | dict):
        return msgspec.json.encode(value).decode()
    return value
