"""What the read models know of an action: the invoice, the people in it, the platform.

They explain why the ledger refuses, with figures; they never decide. They may be some ledgers
behind, the ledger's own simulation is not.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import msgspec

from api.database import Connection
from api.reads import read
from projections import details, members, platform
from projections.query import Query

T = TypeVar("T")


class Terms(msgspec.Struct, frozen=True):
    """What conditions ask of an invoice's terms."""

    asset: str
    target: int
    min_raise: int
    ticket: int
    grace: int
    release_delay: int
    recovery: int
    needs_ack: bool


class Times(msgspec.Struct, frozen=True):
    """When what happened, and from when release is possible; Unix seconds."""

    approved_at: int | None
    acknowledged_at: int | None
    release_at: int | None


class Invoice(msgspec.Struct, frozen=True):
    """An invoice as it stands; amounts in base units."""

    status: str
    disputed_until: int
    seller: str
    debtor: str | None
    payee: str
    raised: int
    amount_due: int
    due_at: int
    deadline: int
    terms: Terms
    times: Times


class Standing(msgspec.Struct, frozen=True):
    """Membership and roles of an address; one that was never seen has neither."""

    until: int | None = 0
    frozen: bool = False
    frozen_at: int | None = None
    roles: tuple[str, ...] = ()


class Contract(msgspec.Struct, frozen=True):
    """The administration of the escrow or the distributor."""

    contract: str
    owner: str | None
    proposed_owner: str | None
    paused: bool
    upgrade: str | None
    upgrade_at: int | None
    next_token_wasm: str | None


class Platform(msgspec.Struct, frozen=True):
    """The platform's administration."""

    contracts: tuple[Contract, ...] = ()
    allowed_assets: tuple[str, ...] = ()


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """All of it as of one ledger, whose close time is `now` (Unix seconds)."""

    ledger: int
    now: int
    caller: str
    people: dict[str, Standing]
    platform: Platform
    invoice: Invoice | None = None

    @property
    def standing(self) -> Standing:
        """Of whoever asks."""
        return self.of(self.caller)

    def of(self, address: str) -> Standing:
        """Of an address that was asked for."""
        return self.people.get(address, Standing())

    def contract(self, name: str) -> Contract | None:
        """The administration of one contract; None before its first event was read."""
        return next((one for one in self.platform.contracts if one.contract == name), None)


async def gather(
    connection: Connection, caller: str, others: Iterable[str], invoice_id: bytes | None
) -> Facts:
    """The facts about `caller`, the `others` and an invoice; `connection` is a snapshot.

    Raises the problem "not-read-yet" before the first ledger.
    """
    overview = await read(connection, platform.overview())
    people = {
        address: await _one(connection, members.by_address(address), Standing) or Standing()
        for address in {caller, *others}
    }
    return Facts(
        ledger=overview.ledger,
        now=overview.time,
        caller=caller,
        people=people,
        platform=_decode(overview.body or b"{}", Platform),
        invoice=None
        if invoice_id is None
        else await _one(connection, details.by_id(invoice_id), Invoice),
    )


async def _one(connection: Connection, query: Query, kind: type[T]) -> T | None:
    found = await read(connection, query)
    return None if found.body is None else _decode(found.body, kind)


def _decode(body: bytes, kind: type[T]) -> T:
    """Amounts are strings of digits in the JSON of reads; here they are numbers."""
    return msgspec.json.decode(body, type=kind, strict=False)
