"""Watched invoices and saved searches in PostgreSQL."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from api.database import Connection
from api.marketplace.schemas import Offer

_WATCH = "INSERT INTO app.watched (owner, invoice) VALUES (%s, %s) ON CONFLICT DO NOTHING"
_UNWATCH = "DELETE FROM app.watched WHERE owner = %s AND invoice = %s"
_WATCHED = """
SELECT invoice, extract(epoch FROM w.since)::bigint AS since FROM app.watched AS w
WHERE owner = %s ORDER BY w.since DESC, invoice
"""
_WATCHERS = (
    "SELECT owner, encode(invoice, 'hex') AS invoice FROM app.watched WHERE invoice = ANY(%s)"
)
_SEARCH = """
id, name, notify, asset, seller, debtor, max_days, min_yield::text AS min_yield,
min_remaining::text AS min_remaining, acknowledged,
extract(epoch FROM created_at)::bigint AS created_at
"""
_LIST = f"""
SELECT {_SEARCH} FROM app.saved_search AS s WHERE owner = %s ORDER BY s.created_at, id
"""  # noqa: S608
_INSERT = f"""
INSERT INTO app.saved_search
    (id, owner, name, notify, asset, seller, debtor, max_days, min_yield, min_remaining,
     acknowledged)
VALUES (%(id)s, %(owner)s, %(name)s, %(notify)s, %(asset)s, %(seller)s, %(debtor)s, %(max_days)s,
        %(min_yield)s::numeric, %(min_remaining)s::numeric, %(acknowledged)s)
RETURNING {_SEARCH}
"""  # noqa: S608
_UPDATE = f"""
UPDATE app.saved_search SET name = %(name)s, notify = %(notify)s, asset = %(asset)s,
    seller = %(seller)s, debtor = %(debtor)s, max_days = %(max_days)s,
    min_yield = %(min_yield)s::numeric, min_remaining = %(min_remaining)s::numeric,
    acknowledged = %(acknowledged)s
WHERE id = %(id)s AND owner = %(owner)s RETURNING {_SEARCH}
"""  # noqa: S608
_DELETE = "DELETE FROM app.saved_search WHERE id = %s AND owner = %s"
_FITTING = """
SELECT DISTINCT owner FROM app.saved_search
WHERE notify
  AND (asset IS NULL OR asset = %(asset)s)
  AND (seller IS NULL OR seller = %(seller)s)
  AND (debtor IS NULL OR debtor = %(debtor)s)
  AND (max_days IS NULL OR %(days)s <= max_days)
  AND (min_yield IS NULL OR %(simple_yield)s::numeric >= min_yield)
  AND (min_remaining IS NULL OR %(remaining)s::numeric >= min_remaining)
  AND (acknowledged IS NULL OR acknowledged = %(acknowledged)s)
ORDER BY owner
"""


async def watch(connection: Connection, owner: str, invoice: bytes) -> None:
    """Watch an invoice; again changes nothing."""
    await connection.execute(_WATCH, (owner, invoice))


async def unwatch(connection: Connection, owner: str, invoice: bytes) -> None:
    """Watch it no more; again changes nothing."""
    await connection.execute(_UNWATCH, (owner, invoice))


async def watched(connection: Connection, owner: str) -> list[dict[str, Any]]:
    """What somebody watches, the newest first."""
    return await (await connection.execute(_WATCHED, (owner,))).fetchall()


async def watchers(connection: Connection, invoices: Iterable[bytes]) -> list[dict[str, Any]]:
    """Who watches these invoices; a worker's transaction."""
    return await (await connection.execute(_WATCHERS, (list(invoices),))).fetchall()


async def searches(connection: Connection, owner: str) -> list[dict[str, Any]]:
    """Somebody's searches, the oldest first."""
    return await (await connection.execute(_LIST, (owner,))).fetchall()


async def save(connection: Connection, values: dict[str, Any]) -> dict[str, Any]:
    """A new search."""
    return await (await connection.execute(_INSERT, values)).fetchone() or {}


async def change(connection: Connection, values: dict[str, Any]) -> dict[str, Any] | None:
    """Other wishes; None if there is no such search of this owner."""
    return await (await connection.execute(_UPDATE, values)).fetchone()


async def delete(connection: Connection, owner: str, search: uuid.UUID) -> bool:
    """Forget a search; False if there was none."""
    return (await connection.execute(_DELETE, (search, owner))).rowcount == 1


async def fitting(connection: Connection, offer: Offer) -> list[str]:
    """Whose searches an offer fits; a worker's transaction."""
    values = {
        "asset": offer.asset,
        "seller": offer.seller,
        "debtor": offer.debtor,
        "days": offer.days,
        "simple_yield": offer.simple_yield,
        "remaining": offer.remaining,
        "acknowledged": offer.acknowledged_at is not None,
    }
    rows = await (await connection.execute(_FITTING, values)).fetchall()
    return [row["owner"] for row in rows]
