"""What the read models say has happened since a ledger, in whole ledgers."""

from __future__ import annotations

import msgspec

from api.database import Connection
from api.reads import read
from api.transactions.following import Applied
from projections import timeline


class Happening(msgspec.Struct, frozen=True):
    """One event of a contract; `amount` in base units, `invoice` and `tx_hash` in hex."""

    event: str
    contract: str
    actor: str | None
    amount: int | None
    ledger: int
    time: int
    tx_hash: str
    invoice: str | None
    position: int
    index: int


class Happened(msgspec.Struct, frozen=True):
    """Everything after one ledger and `through` another; `mark` is how far the models are."""

    happenings: tuple[Happening, ...]
    through: int
    mark: Applied


_DECODER = msgspec.json.Decoder(tuple[Happening, ...], strict=False)


async def since(connection: Connection, ledger: int, limit: int) -> Happened:
    """What happened after `ledger`, about `limit` events of it.

    Raises the problem "not-read-yet" before the first ledger.
    """
    found = await read(connection, timeline.since(ledger, limit))
    happenings = _DECODER.decode(found.body or b"[]")
    mark = Applied(found.ledger, found.time)
    if len(happenings) < limit:
        return Happened(happenings, max(found.ledger, ledger), mark)
    newest = happenings[-1].ledger
    whole = tuple(one for one in happenings if one.ledger < newest)
    if not whole:
        # One ledger has more than that: it is told whole all the same.
        return await since(connection, ledger, limit * 2)
    return Happened(whole, newest - 1, mark)
