"""One's watch-list and searches, and the word that a new offer fits."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import urlencode

import msgspec

from api.database import Connection, Database
from api.errors import Problem
from api.happened import Happened
from api.invoices.schemas import Summary
from api.jobs.outbox import Kind, enqueue
from api.limits.holdings import count_of, has_room
from api.marketplace.schemas import Offers
from api.notifications.kinds import OFFER_FITS
from api.notifications.store import New
from api.notifications.telling import Telling
from api.reads import Meta, read
from api.values import encode
from api.watching import store
from api.watching.schemas import SavedSearch, SearchRequest, Watched, Watchlist
from projections import details
from projections.marketplace import Search, open_invoices

MOST_WATCHED, MOST_SEARCHES = 200, 50
_WATCHED, _SEARCHES = count_of("watched"), count_of("saved_search")
_WISHES = (
    "asset", "seller", "debtor", "max_days", "min_yield", "min_remaining", "acknowledged",
)  # fmt: skip


class Published(msgspec.Struct, frozen=True):
    """An invoice that was opened for funding; `position` of the event, which names it once."""

    invoice: str
    position: int
    ledger: int
    time: int


MATCH = Kind(name="match-searches", payload=Published)


class Watching:
    """Everybody's watch-list and searches, each seen by its owner."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def watchlist(self, owner: str) -> Watchlist:
        """The invoices that somebody watches, as of one ledger."""
        async with self._database.private(owner) as connection:
            rows = await store.watched(connection, owner)
            found = await read(connection, details.summaries([row["invoice"] for row in rows]))
        known = msgspec.json.decode(found.body or b"[]", type=tuple[Summary, ...])
        by_id = {one.id: one for one in known}
        shown = ((by_id.get(row["invoice"].hex()), row["since"]) for row in rows)
        items = tuple(Watched(invoice, since) for invoice, since in shown if invoice is not None)
        return Watchlist(items, Meta(found.ledger, found.time))

    async def watch(self, owner: str, invoice: bytes) -> None:
        """Hear of an invoice from now on; raises "not-found", "too-many"."""
        async with self._database.private(owner) as connection:
            if (await read(connection, details.by_id(invoice))).body is None:
                raise Problem("not-found", "There is no invoice of that id.")
            if not await has_room(connection, owner, _WATCHED, MOST_WATCHED):
                raise Problem("too-many", f"You watch {MOST_WATCHED} invoices: leave one first.")
            await store.watch(connection, owner, invoice)

    async def unwatch(self, owner: str, invoice: bytes) -> None:
        """Hear of it no more."""
        async with self._database.private(owner) as connection:
            await store.unwatch(connection, owner, invoice)

    async def searches(self, owner: str) -> tuple[SavedSearch, ...]:
        """What somebody looks for."""
        async with self._database.private(owner) as connection:
            rows = await store.searches(connection, owner)
        return tuple(map(_shown, rows))

    async def save(self, owner: str, wanted: SearchRequest) -> SavedSearch:
        """Keep a search; raises "too-many"."""
        async with self._database.private(owner) as connection:
            if not await has_room(connection, owner, _SEARCHES, MOST_SEARCHES):
                raise Problem("too-many", f"You have {MOST_SEARCHES} searches: remove one first.")
            return _shown(await store.save(connection, _values(uuid.uuid4(), owner, wanted)))

    async def change(self, owner: str, search: uuid.UUID, wanted: SearchRequest) -> SavedSearch:
        """Look for something else; raises "not-found"."""
        async with self._database.private(owner) as connection:
            row = await store.change(connection, _values(search, owner, wanted))
        if row is None:
            raise Problem("not-found", "You have no search of that id.")
        return _shown(row)

    async def forget(self, owner: str, search: uuid.UUID) -> None:
        """Look for it no more; raises "not-found"."""
        async with self._database.private(owner) as connection:
            if not await store.delete(connection, owner, search):
                raise Problem("not-found", "You have no search of that id.")


async def promise_matching(connection: Connection, happened: Happened) -> None:
    """Have each newly listed invoice compared with all searches, once."""
    for one in happened.happenings:
        if one.event == "invoice_published" and one.invoice is not None:
            news = Published(one.invoice, one.position, one.ledger, one.time)
            await enqueue(connection, MATCH, f"{one.position}-{one.index}", news)


class Matching:
    """Compares new offers with what people look for."""

    def __init__(self, telling: Telling) -> None:
        self._telling = telling

    async def match(self, connection: Connection, news: Published) -> None:
        """Tell everybody of whose searches one fits; of one offer each is told once.

        What is not open any more is told to nobody.
        """
        found = await read(connection, open_invoices(1, search=Search(text=news.invoice)))
        offers = msgspec.json.decode(found.body or b"{}", type=Offers)
        for offer in offers.items:
            new = [
                New(
                    owner=owner,
                    key=f"offer-{news.invoice}-{news.position}",
                    kind=OFFER_FITS,
                    topic="watch",
                    invoice=news.invoice,
                    amount=offer.target,
                    ledger=news.ledger,
                    time=news.time,
                )
                for owner in await store.fitting(connection, offer)
            ]
            await self._telling.tell(connection, new)


def _values(search: uuid.UUID, owner: str, wanted: SearchRequest) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(wanted, enc_hook=encode)
    return {**plain, "id": search, "owner": owner}


def _shown(row: dict[str, Any]) -> SavedSearch:
    wishes = {name: row[name] for name in _WISHES if row[name] is not None}
    query = urlencode({name: str(value).lower() if value in (True, False) else value
                       for name, value in wishes.items()})  # fmt: skip
    return msgspec.convert({**row, "query": query}, SavedSearch)
