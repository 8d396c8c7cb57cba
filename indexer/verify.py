"""Everything that can be checked about a database, checked: findings are data, nothing is mended.

- the read models are what the stored events say (a rebuild beside them gives the same digest);
- each current row is the newest version in its history;
- ledgers are covered side by side up to the cursor, and the read models stand at the cursor;
- no number is missing in the sequences of invoices and pools, and nothing waits in quarantine;
- each version of a position follows from what was bought, moved, burned and refunded before, and
  an invoice's supply is what its positions add up to;
- money in less money out is what is held, for each asset, invoice and pool;
- with a node at hand: hashes of ledgers are those of the node;
- with a source at hand: share tokens tell the same movements as the escrow (`indexer.tokens`);
- with a node at hand: the money that the events say is held lies in the contracts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, LiteralString

import msgspec
import psycopg
from psycopg import sql

from indexer import conservation, identity, rebuild, shares, tokens
from indexer.findings import Check, Finding
from indexer.rpc import RpcClient
from projections.model import Mark
from projections.registry import MODELS
from projections.tables import history_name

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
        findings += conservation.broken(connection)
        held = conservation.held(connection)
        if client:
            findings += identity.same_history(connection, client)
            findings += conservation.unlike_the_contracts(connection, client, rebuilt.through)
        found = tokens.discovered(connection)
        if opener:
            findings += _tokens(connection, found, opener, rebuilt.through)
    if client:
        findings += conservation.unlike_the_chain(client, held, rebuilt.through)
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
