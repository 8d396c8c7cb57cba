"""Everything that can be checked about a database, checked: findings are data, nothing is mended.

- the read models are what the stored events say (a rebuild beside them gives the same digest);
- each current row is the newest version in its history;
- ledgers are covered side by side up to the cursor, and the read models stand at the cursor;
- no number is missing in the sequences of invoices and pools, and nothing waits in quarantine;
- each version of a position follows from what was bought, moved, burned and refunded before, and
  an invoice's supply is what its positions add up to;
- with a node at hand: hashes of ledgers are those of the node;
- with a source at hand: share tokens tell the same movements as the escrow (`indexer.tokens`);
- with a node at hand: the money that the events say is held lies in the contracts.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Final, LiteralString

import msgspec
import psycopg
from psycopg import sql

from contracts import rpc
from contracts.wire import Address
from indexer import identity, rebuild, shares, tokens
from indexer.balances import balance_key, read_balance
from indexer.findings import Check, Finding
from indexer.rpc import RpcClient
from projections.model import Mark
from projections.registry import MODELS
from projections.tables import history_name

_KEYS_AT_ONCE: Final = 200
_SHOWN: Final = 5


class Verification(msgspec.Struct, frozen=True):
    """What holds as of ledger `through`, over so many stored events, balances and tokens."""

    through: Mark
    events: int
    digest: bytes
    balances_compared: int
    tokens_compared: int
    findings: list[Finding]

    @property
    def sound(self) -> bool:
        """Whether there is no grave finding."""
        return not any(finding.grave for finding in self.findings)


class _Held(msgspec.Struct, frozen=True):
    """What the events say a contract holds of an asset, base units, skims not counted."""

    contract: Address
    asset: Address
    amount: int


def verify(
    url: str, client: RpcClient | None = None, opener: tokens.Opener | None = None
) -> Verification:
    """Check the database at `url`, with `client` hashes and balances, with `opener` share tokens.

    Raises `indexer.rebuild.NothingToRebuildError` if nothing is indexed, and what database and
    node raise.
    """
    with rebuild.beside(url) as (connection, rebuilt):
        findings = [
            *_digest(rebuilt),
            *_histories(connection),
            *_beginning(connection),
            *_coverage(connection, rebuilt.through),
            *_sequences(connection),
            *shares.consistent(connection),
            *_quarantine(connection, rebuilt),
        ]
        held = list(_held(connection))
        if client:
            findings += identity.same_history(connection, client)
        found = tokens.discovered(connection)
        if opener:
            findings += _tokens(connection, found, opener, rebuilt.through)
    if client:
        findings += _conservation(client, held, rebuilt.through)
    compared = len(held) if client else 0
    return Verification(
        rebuilt.through,
        rebuilt.events,
        rebuilt.live,
        compared,
        len(found) if opener else 0,
        findings,
    )


def _tokens(
    connection: psycopg.Connection, found: list[tokens.Token], opener: tokens.Opener, through: Mark
) -> Iterator[Finding]:
    for token in found:
        yield from tokens.compared(connection, token, opener, through.ledger)


_WITHOUT_BEGINNING: Final = """
SELECT contract.kind FROM ledger.contract AS contract
LEFT JOIN read.governance AS governance ON governance.contract = contract.kind
WHERE governance.owner IS NULL
"""


def _beginning(connection: psycopg.Connection) -> Iterator[Finding]:
    """Constructors name an owner: where that was not read, reading began too late."""
    for (kind,) in connection.execute(_WITHOUT_BEGINNING).fetchall():
        yield Finding(
            Check.COVERAGE,
            f"the {kind} contract's first events are missing: START_LEDGER is later than its"
            " deployment; index again into an empty database from the ledger `deploy` named",
        )


def _digest(rebuilt: rebuild.Rebuilt) -> Iterator[Finding]:
    if not rebuilt.equal:
        yield Finding(
            Check.DIGEST,
            f"the read models have digest {rebuilt.live.hex()}, the stored events give"
            f" {rebuilt.rebuilt.hex()}: rebuild the read models",
        )


def _histories(connection: psycopg.Connection) -> Iterator[Finding]:
    for model in MODELS:
        if model.append_only:
            continue
        parts = {
            "current": sql.Identifier("read", model.name),
            "history": sql.Identifier("read", history_name(model)),
            "keys": sql.SQL(", ").join(map(sql.Identifier, model.key)),
            "columns": sql.SQL(", ").join(map(sql.Identifier, model.row.__struct_fields__)),
        }
        different = _count(connection, _NEWEST_DIFFERS, parts)
        if different:
            yield Finding(
                Check.HISTORY,
                f"{different} rows of {model.name} are not the newest version in their history:"
                " rebuild the read models",
            )


_NEWEST_DIFFERS: Final = """
WITH newest AS (
    SELECT DISTINCT ON ({keys}) {columns} FROM {history} ORDER BY {keys}, valid_from DESC
)
SELECT count(*) FROM (
    (SELECT {columns} FROM {current} EXCEPT ALL SELECT {columns} FROM newest)
    UNION ALL
    (SELECT {columns} FROM newest EXCEPT ALL SELECT {columns} FROM {current})
) AS different
"""


def _count(
    connection: psycopg.Connection, statement: LiteralString, parts: dict[str, sql.Composable]
) -> int:
    row = connection.execute(sql.SQL(statement).format(**parts)).fetchone()
    return int(row[0]) if row else 0


_HOLES: Final = """
SELECT previous + 1, first - 1 FROM (
    SELECT first, lag(through) OVER (ORDER BY through) AS previous FROM ledger.stretch
) AS stretches WHERE first <> previous + 1
"""
_ENDS: Final = """
SELECT (SELECT max(through) FROM ledger.stretch), (SELECT ledger FROM read.applied)
"""


def _coverage(connection: psycopg.Connection, through: Mark) -> Iterator[Finding]:
    for first, last in connection.execute(_HOLES).fetchall():
        yield Finding(Check.COVERAGE, f"ledgers {first} to {last} were never read: index anew")
    covered, applied = connection.execute(_ENDS).fetchone() or (None, None)
    if covered is None:
        return
    for what, ledger in (("coverage ends", covered), ("the read models stand", applied)):
        if ledger != through.ledger:
            yield Finding(
                Check.COVERAGE, f"{what} at ledger {ledger}, the cursor at {through.ledger}"
            )


_MISSED: Final = """
SELECT 'invoice', encode(invoice, 'hex'), missed FROM read.invoice WHERE missed <> 0
UNION ALL
SELECT 'pool', encode(invoice, 'hex'), missed FROM read.pool WHERE missed <> 0
ORDER BY 1, 2
"""


def _sequences(connection: psycopg.Connection) -> Iterator[Finding]:
    for kind, name, missed in connection.execute(_MISSED).fetchall():
        yield Finding(Check.SEQUENCE, f"{missed} events of {kind} {name} never came")


def _quarantine(connection: psycopg.Connection, rebuilt: rebuild.Rebuilt) -> Iterator[Finding]:
    waiting = set(connection.execute("SELECT position, index FROM ledger.quarantine").fetchall())
    unreadable = {(event.position, event.index) for event in rebuilt.quarantined}
    for event in rebuilt.quarantined[:_SHOWN]:
        yield Finding(
            Check.QUARANTINE,
            f"event {event.position}-{event.index} cannot be read: {event.reason}",
        )
    if len(unreadable) > _SHOWN:
        yield Finding(Check.QUARANTINE, f"{len(unreadable)} events in all cannot be read")
    if readable := waiting - unreadable:
        yield Finding(
            Check.QUARANTINE,
            f"{len(readable)} events in quarantine can be read now: rebuild the read models",
        )


_HELD: Final = """
SELECT contract.address, asset.address, custody.paid_in - custody.paid_out
FROM read.custody AS custody
JOIN read.address AS asset ON asset.id = custody.asset
JOIN ledger.contract AS contract ON contract.kind = custody.contract
"""


def _held(connection: psycopg.Connection) -> Iterator[_Held]:
    for contract, asset, amount in connection.execute(_HELD).fetchall():
        yield _Held(contract, asset, int(amount))


def _conservation(client: RpcClient, held: list[_Held], through: Mark) -> Iterator[Finding]:
    """A node answers only for now, so only entries unchanged since the cursor are compared."""
    for start in range(0, len(held), _KEYS_AT_ONCE):
        asked = {
            base64.b64encode(balance_key(row.asset, row.contract)).decode(): row
            for row in held[start : start + _KEYS_AT_ONCE]
        }
        answer = client.call(rpc.get_ledger_entries(list(asked)))
        entries = {entry.key: entry for entry in answer.entries}
        for key, row in asked.items():
            yield from _compare(row, entries.get(key), through)


def _compare(row: _Held, entry: rpc.LedgerEntry | None, through: Mark) -> Iterator[Finding]:
    where = f"contract {row.contract} in asset {row.asset}"
    if entry and entry.last_modified_ledger_seq > through.ledger:
        yield Finding(
            Check.CONSERVATION,
            f"{where} moved after ledger {through.ledger}: verify again to compare it",
            grave=False,
        )
        return
    balance = read_balance(base64.b64decode(entry.xdr)) if entry else 0
    if balance < row.amount:
        yield Finding(
            Check.CONSERVATION,
            f"{where} holds {balance}, {row.amount - balance} less than its events say",
        )
    elif balance > row.amount:
        yield Finding(
            Check.CONSERVATION,
            f"{where} holds {balance - row.amount} more than its events say: somebody sent it"
            " unasked, if no ledger is missing",
            grave=False,
        )
