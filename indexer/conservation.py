"""Money is conserved: in the read models, and between them and the contracts' real balances.

Checked on demand (`stellarsettle verify`) and, while the indexer runs, at every checkpoint; there
also whether the contracts' own records are what the rows say (`contract_records`). What does not
add up is a drift: kept in `ledger.drift` with the ledger in which it was first seen and the last
one before in which all was well, until a later check no longer finds it.
"""

from __future__ import annotations

import base64
import datetime as dt
import itertools
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec
import psycopg

from contracts import rpc
from contracts.wire import Address
from indexer import contract_records
from indexer.balances import balance_key, read_balance
from indexer.findings import Check, Finding
from indexer.rpc import RpcClient
from projections.conservation import Drift, drifts
from projections.history import mark_at
from projections.model import Mark

BALANCE: Final = "the balance is what is held"
"""The law that is about the chain; all others are about the read models."""

_KEYS_AT_ONCE: Final = contract_records.KEYS_AT_ONCE
_INVOICES_AT_ONCE: Final = 50

_HELD: Final = """
SELECT contract.address, asset.address, custody.paid_in - custody.paid_out
FROM read.custody AS custody
JOIN read.address AS asset ON asset.id = custody.asset
JOIN ledger.contract AS contract ON contract.kind = custody.contract
"""


class Held(msgspec.Struct, frozen=True):
    """What the events say a contract holds of an asset, base units, skims not counted."""

    contract: Address
    asset: Address
    amount: int

    def __str__(self) -> str:
        return f"contract {self.contract} in asset {self.asset}"


class Known(msgspec.Struct, frozen=True):
    """A drift that is not gone: first seen in `first_ledger`, in `sound_ledger` all was well."""

    subject: str
    law: str
    expected: str
    found: str
    first_ledger: int
    sound_ledger: int | None


class Conservation(msgspec.Struct, frozen=True):
    """The newest check: as of which ledger, when, with how many balances; and what drifts.

    `records`: how many of the contracts' own were compared.
    """

    ledger: int
    checked_at: dt.datetime
    balances: int
    records: int
    drifts: list[Known]


def held(connection: psycopg.Connection) -> list[Held]:
    """What the contracts must have, by contract and asset."""
    rows = connection.execute(_HELD).fetchall()
    return [Held(contract, asset, int(amount)) for contract, asset, amount in rows]


def broken(connection: psycopg.Connection) -> Iterator[Finding]:
    """Sums of the read models that do not add up."""
    for drift in drifts(connection):
        yield Finding(Check.CONSERVATION, f"{drift}: rebuild the read models")


def unlike_the_chain(
    client: RpcClient, amounts: Sequence[Held], through: Mark
) -> Iterator[Finding]:
    """Balances that are not what the events say."""
    for row, balance in _balances(client, amounts, through):
        if balance is None:
            yield Finding(
                Check.CONSERVATION,
                f"{row} moved after ledger {through.ledger}, or the node is behind: verify again to"
                " compare it",
                grave=False,
            )
        elif balance < row.amount:
            yield Finding(
                Check.CONSERVATION,
                f"{row} holds {balance}, {row.amount - balance} less than its events say",
            )
        elif balance > row.amount:
            yield Finding(
                Check.CONSERVATION,
                f"{row} holds {balance - row.amount} more than its events say: somebody sent it"
                " unasked, if no ledger is missing",
                grave=False,
            )


def unlike_the_contracts(
    connection: psycopg.Connection, client: RpcClient, through: Mark
) -> Iterator[Finding]:
    """Records of the contracts that say anything else than the rows do, a few at a time.

    At the end, how many could not be compared.
    """
    invoices = [row[0] for row in connection.execute("SELECT invoice FROM read.terms ORDER BY 1")]
    chunks = (
        contract_records.expected(connection, invoices[start:][:_INVOICES_AT_ONCE])
        for start in range(0, len(invoices), _INVOICES_AT_ONCE)
    )
    missing = 0
    for wanted in itertools.chain([contract_records.expected_of_assets(connection)], chunks):
        missing += len(wanted)
        for _, differing in contract_records.compared(client, wanted, through):
            missing -= 1
            for drift in differing:
                yield Finding(Check.CONSERVATION, f"{drift}: rebuild the read models")
    if missing:
        yield Finding(
            Check.CONSERVATION,
            f"{missing} records of the contracts changed after ledger {through.ledger}, are"
            " archived, or the node is behind: verify again to compare them",
            grave=False,
        )


def _balances(
    client: RpcClient, amounts: Sequence[Held], through: Mark
) -> Iterator[tuple[Held, int | None]]:
    """Real balances; None where one changed after `through`, or the node is not there yet.

    A node answers only for now. Raises `contracts.scval.ScvalError` for what is no balance.
    """
    for start in range(0, len(amounts), _KEYS_AT_ONCE):
        asked = {
            base64.b64encode(balance_key(row.asset, row.contract)).decode(): row
            for row in amounts[start : start + _KEYS_AT_ONCE]
        }
        answer = client.call(rpc.get_ledger_entries(list(asked)))
        entries = {entry.key: entry for entry in answer.entries}
        for key, row in asked.items():
            entry = entries.get(key)
            changed = entry.last_modified_ledger_seq if entry else 0
            if not changed <= through.ledger <= answer.latest_ledger:
                yield row, None
            else:
                yield row, read_balance(base64.b64decode(entry.xdr)) if entry else 0


_OPEN: Final = """
SELECT subject, law, expected::text, found::text, first_ledger, sound_ledger FROM ledger.drift
WHERE gone_ledger IS NULL ORDER BY first_ledger, subject, law
"""
_LATEST: Final = "SELECT ledger, checked_at, balances, records FROM ledger.conservation"
_DOUBTFUL: Final = """
SELECT DISTINCT decode(substring(subject FROM '[0-9a-f]{64}$'), 'hex') FROM ledger.drift
WHERE gone_ledger IS NULL AND law LIKE %s AND subject ~ '[0-9a-f]{64}$'
"""
_SEEN: Final = """
INSERT INTO ledger.drift (subject, law, expected, found, first_ledger, sound_ledger)
VALUES (%(subject)s, %(law)s, %(expected)s, %(found)s, %(ledger)s,
        (SELECT ledger FROM ledger.conservation))
ON CONFLICT (subject, law) WHERE gone_ledger IS NULL
DO UPDATE SET expected = EXCLUDED.expected, found = EXCLUDED.found
RETURNING xmax = 0
"""
_GONE: Final = """
UPDATE ledger.drift SET gone_ledger = %(ledger)s
WHERE gone_ledger IS NULL
  AND (NOT (law = %(balance)s OR law LIKE %(told)s) OR subject = ANY(%(compared)s))
  AND NOT (subject, law) IN (SELECT * FROM unnest(%(subjects)s::text[], %(laws)s::text[]))
"""
_CHECKED: Final = """
INSERT INTO ledger.conservation (ledger, balances, records)
VALUES (%(ledger)s, %(balances)s, %(records)s)
ON CONFLICT (single) DO UPDATE SET ledger = EXCLUDED.ledger, balances = EXCLUDED.balances,
    records = EXCLUDED.records,
    checked_at = clock_timestamp()
"""


def latest(connection: psycopg.Connection) -> Conservation | None:
    """What the newest check found; None before the first."""
    row = connection.execute(_LATEST).fetchone()
    if row is None:
        return None
    known = [Known(*one) for one in connection.execute(_OPEN).fetchall()]
    ledger, checked_at, balances, records = row
    return Conservation(ledger, checked_at, balances, records, known)


def check(connection: psycopg.Connection, client: RpcClient | None) -> list[Drift]:
    """Check everything now, with `client` the chain too, and keep what drifts.

    Of the contracts' own records a bounded number is compared: those about no single invoice, then
    of invoices that drift, that changed since the check before, and of others in turn. Returns the
    drifts that were not known before. The connection may write `ledger` and is not in a
    transaction. Raises psycopg.Error and what the node raises; then nothing is kept.
    """
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        through = mark_at(connection, None)
        found, amounts = drifts(connection), held(connection)
        records = _records(connection, through) if client else []
    compared = list(_balances(client, amounts, through)) if client else []
    told = list(contract_records.compared(client, records, through)) if client else []
    known = {str(row): balance for row, balance in compared if balance is not None}
    found += [
        Drift(str(row), BALANCE, row.amount, balance)
        for row, balance in compared
        if balance is not None and balance < row.amount
    ]
    found += [drift for _, differing in told for drift in differing]
    with connection.transaction():
        fresh = [drift for drift in found if _keep(connection, drift, through)]
        place = {
            "ledger": through.ledger,
            "balance": BALANCE,
            "told": f"% {contract_records.LAW}",
            "compared": [*known, *(record.subject for record, _ in told)],
            "subjects": [drift.subject for drift in found],
            "laws": [drift.law for drift in found],
            "balances": len(known),
            "records": len(told),
        }
        connection.execute(_GONE, place)
        connection.execute(_CHECKED, place)
    return fresh


def _records(connection: psycopg.Connection, through: Mark) -> list[contract_records.Expected]:
    """Those worth comparing at this checkpoint."""
    row = connection.execute(_LATEST).fetchone()
    doubtful = connection.execute(_DOUBTFUL, (f"% {contract_records.LAW}",)).fetchall()
    invoices = [invoice for (invoice,) in doubtful]
    invoices += contract_records.in_turn(connection, row[0] if row else 0, through.ledger)
    found = contract_records.expected_of_assets(connection)
    left = contract_records.MOST_RECORDS - len(found)
    return found + contract_records.expected(connection, dict.fromkeys(invoices), most=left)


def _keep(connection: psycopg.Connection, drift: Drift, through: Mark) -> bool:
    """Note the drift; whether it is a new one."""
    values = msgspec.structs.asdict(drift) | {"ledger": through.ledger}
    row = connection.execute(_SEEN, values).fetchone()
    return bool(row and row[0])
