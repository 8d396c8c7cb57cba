"""Routes of the watch-list and of saved searches."""

from __future__ import annotations

import uuid

from litestar import Response, Router, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from api.access import PRIVATE, own
from api.errors import documented, invalid_field
from api.security import SIGNED_IN, Subject
from api.values import Hash32
from api.watching.schemas import SavedSearch, SavedSearches, SearchRequest, Watchlist
from api.watching.service import Watching

_NO_STORE = {"Cache-Control": "no-store"}
_OWN = own("search")


def _invoice(text: str) -> bytes:
    try:
        return Hash32.parse(text)
    except ValueError as error:
        raise invalid_field("invoice_id", f"An invoice's id: {error}.") from error


@get("/watchlist", opt=PRIVATE, security=SIGNED_IN, summary="Invoices you watch",
     responses=documented(401))  # fmt: skip
async def get_watchlist(
    watching: NamedDependency[Watching], subject: NamedDependency[Subject]
) -> Response[Watchlist]:
    """As they stand, all as of one ledger. You are told what happens to them."""
    return Response(await watching.watchlist(subject.owner), headers=_NO_STORE)


@put("/watchlist/{invoice_id:str}", opt=PRIVATE, security=SIGNED_IN, status_code=204,
     summary="Watch an invoice", responses=documented(401, 404, 409, 422))  # fmt: skip
async def watch_invoice(
    invoice_id: FromPath[str],
    watching: NamedDependency[Watching],
    subject: NamedDependency[Subject],
) -> None:
    """Again changes nothing."""
    await watching.watch(subject.owner, _invoice(invoice_id))


@delete("/watchlist/{invoice_id:str}", opt=PRIVATE, security=SIGNED_IN, status_code=204,
        summary="Watch it no more", responses=documented(401, 422))  # fmt: skip
async def unwatch_invoice(
    invoice_id: FromPath[str],
    watching: NamedDependency[Watching],
    subject: NamedDependency[Subject],
) -> None:
    """Again changes nothing."""
    await watching.unwatch(subject.owner, _invoice(invoice_id))


@get("/searches", opt=PRIVATE, security=SIGNED_IN, summary="What you look for",
     responses=documented(401))  # fmt: skip
async def list_searches(
    watching: NamedDependency[Watching], subject: NamedDependency[Subject]
) -> Response[SavedSearches]:
    """Each with the query of the marketplace that it is."""
    return Response(SavedSearches(await watching.searches(subject.owner)), headers=_NO_STORE)


@post("/searches", opt=PRIVATE, security=SIGNED_IN, summary="Save a search",
      responses=documented(400, 401, 409, 413, 422))  # fmt: skip
async def save_search(
    data: JSONBody[SearchRequest],
    watching: NamedDependency[Watching],
    subject: NamedDependency[Subject],
) -> Response[SavedSearch]:
    """You are told of each new offer that fits, once, unless you say otherwise."""
    return Response(await watching.save(subject.owner, data), headers=_NO_STORE)


@put("/searches/{search_id:uuid}", opt=_OWN, security=SIGNED_IN, summary="Change a search",
     responses=documented(400, 401, 404, 413, 422))  # fmt: skip
async def change_search(
    search_id: FromPath[uuid.UUID],
    data: JSONBody[SearchRequest],
    watching: NamedDependency[Watching],
    subject: NamedDependency[Subject],
) -> Response[SavedSearch]:
    """All of it; what is left out may be anything."""
    changed = await watching.change(subject.owner, search_id, data)
    return Response(changed, headers=_NO_STORE)


@delete("/searches/{search_id:uuid}", opt=_OWN, security=SIGNED_IN, status_code=204,
        summary="Forget a search", responses=documented(401, 404, 422))  # fmt: skip
async def forget_search(
    search_id: FromPath[uuid.UUID],
    watching: NamedDependency[Watching],
    subject: NamedDependency[Subject],
) -> None:
    """You are not told of its offers any more."""
    await watching.forget(subject.owner, search_id)


router = Router(
    "/v1",
    route_handlers=[
        get_watchlist,
        watch_invoice,
        unwatch_invoice,
        list_searches,
        save_search,
        change_search,
        forget_search,
    ],
    tags=["marketplace"],
)
