"""What the contracts themselves remember, beside what the read models say.

Escrow, distributor and tokens keep a record of each invoice, pool, position and asset, which is
what their views answer. A node gives such entries as they are after its newest ledger, so that they
can be compared with rows where they have not changed since the newest ledger that was read.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, TypeAlias

import msgspec
import psycopg

from contracts import rpc
from contracts.scval import ContractInstance, MalformedScvalError
from contracts.wire import Address, Contract
from indexer.entries import (
    address_value,
    bytes_value,
    data_key,
    entry_value,
    instance_key,
    named,
)
from indexer.rpc import RpcClient
from projections import history, remembering
from projections.conservation import Drift
from projections.custody import CUSTODY
from projections.invoices import INVOICE, TERMS
from projections.model import Mark
from projections.pools import POOL
from projections.positions import POSITION

KEYS_AT_ONCE: Final = 200
"""What a node gives entries for in one answer."""

MOST_RECORDS: Final = 2_000
"""Compared at a checkpoint: of those invoices first in which something happened since the one
before, then of others, chosen anew each time."""

LAW: Final = "is what the contract says"
"""How the laws about these records end; each begins with a field's name."""

_IN_TURN: Final = """
SELECT t.invoice FROM read.terms AS t
LEFT JOIN (
    SELECT a.invoice, max(a.position) AS newest FROM read.activity AS a
    WHERE a.position >= ((%(after)s::bigint + 1) << 32) GROUP BY a.invoice
) AS lately USING (invoice)
ORDER BY lately.newest DESC NULLS LAST, sha256(t.invoice || int8send(%(ledger)s::bigint))
LIMIT %(most)s
"""

Values: TypeAlias = dict[str, int]


class Expected(msgspec.Struct, frozen=True):
    """An entry, by its key (LedgerKey XDR), and what it must say; amounts in base units."""

    subject: str
    key: bytes
    values: Values
    read: Callable[[object], Values]
    """From the entry's value to the fields above."""


def in_turn(connection: psycopg.Connection, after: int, ledger: int) -> list[bytes]:
    """Invoices in the order in which they are compared at `ledger`, after a check at `after`."""
    values = {"after": after, "ledger": ledger, "most": MOST_RECORDS}
    return [invoice for (invoice,) in connection.execute(_IN_TURN, values)]


def expected(
    connection: psycopg.Connection, invoices: Iterable[bytes], *, most: int | None = None
) -> list[Expected]:
    """What the contracts must say of these invoices, in the caller's snapshot.

    With `most` no further invoice is begun once there are so many records.
    """
    followed = _followed(connection)
    found: list[Expected] = []
    for invoice in invoices if followed else ():
        if most is not None and len(found) >= most:
            break
        found += _of_invoice(connection, followed, invoice)
    return found


def expected_of_assets(connection: psycopg.Connection) -> list[Expected]:
    """What the contracts must say of all assets, in the caller's snapshot."""
    followed = _followed(connection)
    return list(_of_assets(connection, followed)) if followed else []


def _followed(connection: psycopg.Connection) -> dict[str, Address]:
    """Escrow and distributor; nothing as long as they are not both known."""
    found: dict[str, Address] = dict(
        connection.execute("SELECT kind, address FROM ledger.contract").fetchall()
    )
    return found if {Contract.ESCROW, Contract.DISTRIBUTOR} <= found.keys() else {}


def compared(
    client: RpcClient, wanted: Sequence[Expected], through: Mark
) -> Iterator[tuple[Expected, list[Drift]]]:
    """Each record that could be compared, with the fields in which its row is another.

    One that changed after `through`, that is archived, or of which the node does not know yet says
    nothing. Raises `contracts.scval.ScvalError` for what is no such record.
    """
    for start in range(0, len(wanted), KEYS_AT_ONCE):
        asked = {base64.b64encode(one.key).decode(): one for one in wanted[start:][:KEYS_AT_ONCE]}
        answer = client.call(rpc.get_ledger_entries(list(asked)))
        for entry in answer.entries:
            if entry.last_modified_ledger_seq <= through.ledger <= answer.latest_ledger:
                one = asked[entry.key]
                yield one, _differences(one, one.read(entry_value(base64.b64decode(entry.xdr))))


def _differences(one: Expected, told: Values) -> list[Drift]:
    return [
        Drift(one.subject, f"{name} {LAW}", told[name], value)
        for name, value in one.values.items()
        if told[name] != value
    ]


def _fields(*names: str) -> Callable[[object], Values]:
    """Reads a record of named fields."""

    def read(value: object) -> Values:
        if not isinstance(value, dict) or not all(isinstance(value.get(n), int) for n in names):
            raise MalformedScvalError(f"not a record with {', '.join(names)}: {value!r}")
        return {name: int(value[name]) for name in names}

    return read


def _record(subject: str, key: bytes, row: Any, *names: str, **others: int) -> Expected:
    """A record whose fields have the names of the row's, and some that are worked out."""
    values = {name: int(getattr(row, name)) for name in names} | others
    return Expected(subject, key, values, _fields(*values))


def _of_assets(connection: psycopg.Connection, followed: dict[str, Address]) -> Iterator[Expected]:
    for row in history.rows(connection, CUSTODY):
        contract, held = followed[row.contract], row.paid_in - row.paid_out
        subject = f"{row.contract} in asset {row.asset}"
        if row.contract == Contract.ESCROW:
            key = data_key(contract, named("Principal", address_value(row.asset)))
            yield Expected(subject, key, {"principal": held}, _principal)
        else:
            key = data_key(contract, named("Account", address_value(row.asset)))
            collected = row.fees_collected
            fees = row.fees - collected
            yield _record(subject, key, row, liability=held, fees=fees, collected=collected)


def _principal(value: object) -> Values:
    if not isinstance(value, int):
        raise MalformedScvalError(f"not an amount of principal: {value!r}")
    return {"principal": value}


def _of_invoice(
    connection: psycopg.Connection, followed: dict[str, Address], invoice: bytes
) -> Iterator[Expected]:
    memory = remembering.rows_of_invoice(connection, invoice)
    terms, row = memory.find(TERMS, invoice), memory.find(INVOICE, invoice)
    pool = memory.find(POOL, invoice)
    if terms is None or row is None:
        return
    escrow, distributor = followed[Contract.ESCROW], followed[Contract.DISTRIBUTOR]
    name = invoice.hex()
    yield _record(
        f"invoice {name}",
        data_key(escrow, named("Invoice", bytes_value(invoice))),
        row,
        *("status", "raised", "refunded", "par_sold", "paid", "investors", "late_num"),
        *("late_days", "late_paid", "disputed_until", "seller_disputed", "debtor_disputed", "seq"),
        release_at=row.release_at or 0,
        approved=int(row.approved_at is not None),
        acknowledged=int(row.acknowledged_at is not None),
    )
    index, carry = (pool.index, pool.carry) if pool else (0, 0)
    totals = {"supply": row.supply, "index": index, "carry": carry}
    yield Expected(f"shares of {name}", instance_key(terms.token), totals, _totals)
    if pool is not None:
        yield _record(
            f"pool {name}",
            data_key(distributor, named("Pool", bytes_value(invoice))),
            pool,
            *("par_sold", "late", "fee", "investors", "seller", "claimed", "seller_claimed", "seq"),
        )
    for position in memory.all(POSITION):
        yield _record(
            f"position of {position.holder} in {name}",
            data_key(terms.token, named("Position", address_value(position.holder))),
            position,
            *("shares", "index", "accrued"),
        )


def _totals(value: object) -> Values:
    storage = value.storage if isinstance(value, ContractInstance) else None
    nothing = {"supply": 0, "index": 0, "carry": 0}
    return _fields(*nothing)((storage or {}).get(("Totals",), nothing))
