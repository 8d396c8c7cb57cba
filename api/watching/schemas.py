"""What goes in and out of the watch-list and saved searches."""

from __future__ import annotations

import uuid
from typing import Annotated

import msgspec

from api.invoices.schemas import Summary
from api.reads import Meta, Moment
from api.values import Amount, AnyAddress, ContractAddress

_YIELD = msgspec.Meta(pattern=r"^[0-9]{1,3}(\.[0-9]{1,6})?$(?!\n)", examples=["0.12"])


class Watched(msgspec.Struct, frozen=True):
    """A watched invoice as it stands, and since when."""

    invoice: Summary
    since: Moment


class Watchlist(msgspec.Struct, frozen=True):
    """What you watch, the newest first, all as of one ledger."""

    data: tuple[Watched, ...]
    meta: Meta


class SearchRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Wishes as the marketplace takes them; what is left out may be anything."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100, examples=["Short and sure"])]
    notify: bool = True
    """Whether to be told of each new offer that fits."""
    asset: ContractAddress | None = None
    seller: AnyAddress | None = None
    debtor: AnyAddress | None = None
    max_days: Annotated[int, msgspec.Meta(ge=0, le=3650)] | None = None
    min_yield: Annotated[str, _YIELD] | None = None
    min_remaining: Amount | None = None
    acknowledged: bool | None = None


class SavedSearch(msgspec.Struct, frozen=True, kw_only=True):
    """A saved search; `query` is what the marketplace's address ends with."""

    id: uuid.UUID
    name: str
    notify: bool
    asset: str | None
    seller: str | None
    debtor: str | None
    max_days: int | None
    min_yield: str | None
    min_remaining: str | None
    acknowledged: bool | None
    created_at: Moment
    query: str


class SavedSearches(msgspec.Struct, frozen=True):
    """One's searches, the oldest first."""

    data: tuple[SavedSearch, ...]
