"""Does indexing slow down as the store grows? One line of JSON.

The history of index.cold (200,000 share transfers among 5,000 holders) is indexed, then a hundred
thousand transfers more are measured; so they are once more with 1 million and with 5 million events
stored. In between the server itself fills the store: rows of the first 2,000 ledgers are copied to
later ones, by INSERT into the real tables with all their indexes (`ledger.event`, `read.activity`,
`read.transfer`, `read.position_history`, `read.digest`), each with the position, time and hash that
its ledger would have. Current positions are those of the last transfer that was really indexed, and
the next one goes on from there. Digests of copied ledgers are copies: this store is for measuring.

Autovacuum is off, and statistics and a checkpoint are made before each measurement, so that what is
measured is the indexing; while the server fills, it writes no full pages to its log. Five million
events are about 8 GB, which this machine may hold in memory.
"""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import psycopg
from psycopg import sql

from tests.bench.bench_index import Place, indexing, place
from tests.bench.meter import report
from tests.bench.served import History, serving
from tests.indexer import synthetic

SIZES: Final = (200_000, 1_000_000, 5_000_000)
MEASURED: Final = 100_000
GOAL_PERCENT: Final = 15
_PER_LEDGER: Final = 100
_COPIED: Final = SIZES[0] // _PER_LEDGER
"""Ledgers after the opening whose rows are copied."""

_POSITION: Final = "position + (%(shift)s::bigint << 32)"
_CLOSED: Final = (
    f"closed_at + %(shift)s::bigint * {synthetic.close_time(1) - synthetic.close_time(0)}"
)
_HASH: Final = f"sha256(int8send({_POSITION}))"
_IN_RANGE: Final = "position >> 32 BETWEEN %(first)s AND %(last)s"
_TABLES: Final[dict[str, tuple[dict[str, str], str]]] = {
    "ledger.event": (
        {"position": _POSITION, "closed_at": _CLOSED, "tx_hash": _HASH},
        _IN_RANGE,
    ),
    "read.position_history": (
        {"valid_from": "valid_from + %(shift)s"},
        "valid_from BETWEEN %(first)s AND %(last)s",
    ),
    "read.activity": (
        {"position": _POSITION, "closed_at": _CLOSED, "tx_hash": _HASH},
        _IN_RANGE,
    ),
    "read.transfer": ({"position": _POSITION, "closed_at": _CLOSED}, _IN_RANGE),
    "read.digest": ({"ledger": "ledger + %(shift)s"}, "ledger BETWEEN %(first)s AND %(last)s"),
}
"""For each table what a copy has in the place of its own values, and which rows are copied."""

_STRETCH: Final = """
INSERT INTO ledger.stretch (first, through, events, previous)
VALUES (%(through)s - %(ledgers)s + 1, %(through)s, %(events)s, %(through)s - %(ledgers)s)
"""


def main() -> None:
    """Measure, fill, measure."""
    rates: list[int] = []
    costs: list[float] = []
    told = skipped = 0
    stored: list[int] = []
    filling = 0.0
    with place() as where:
        with psycopg.connect(where.url, autocommit=True) as connection:
            _set(connection, autovacuum="off", max_wal_size="8GB")
        with serving(History("transfers", SIZES[0])) as node:
            indexing(where, node.url, node.latest, node.events)
        told += _COPIED
        for size in SIZES:
            began = time.perf_counter()
            skipped += _fill(where, size - (told + skipped) * _PER_LEDGER)
            filling += time.perf_counter() - began
            stored.append((told + skipped) * _PER_LEDGER)
            history = History("transfers", MEASURED, told=told, skipped=skipped)
            with serving(history) as node:
                done = indexing(where, node.url, node.latest, node.events)
            told += MEASURED // _PER_LEDGER
            rates.append(done["events_per_s"])
            costs.append(done["cpu_us"])
    report(
        bench="index.growth",
        stored=stored,
        events_per_s=rates,
        cpu_us=costs,
        falls_percent=round((1 - min(rates[1:]) / rates[0]) * 100, 1),
        goal_percent=GOAL_PERCENT,
        filling_s=round(filling),
        load=round(os.getloadavg()[0], 1),
    )


def _set(connection: psycopg.Connection, **settings: str) -> None:
    """Settings of the server."""
    for name, value in settings.items():
        statement = sql.SQL("ALTER SYSTEM SET {} = {}")
        connection.execute(statement.format(sql.Identifier(name), sql.Literal(value)))
    connection.execute("SELECT pg_reload_conf()")


def _fill(where: Place, events: int) -> int:
    """Copy rows until about so many events more are stored; returns for how many ledgers."""
    copies = max(0, -(-events // (_COPIED * _PER_LEDGER)))
    with psycopg.connect(where.url, autocommit=True) as connection:
        row = connection.execute("SELECT ledger FROM ledger.cursor").fetchone()
        assert row
        first = synthetic.START_LEDGER + 1
        shifts = [row[0] - synthetic.START_LEDGER + copy * _COPIED for copy in range(copies)]
        _set(connection, full_page_writes="off")
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(lambda table: _copy(where.url, table, first, shifts), _TABLES))
        _set(connection, full_page_writes="on")
        if copies:
            _move_on(connection, row[0] + copies * _COPIED, copies * _COPIED)
        connection.execute("ANALYZE")
        connection.execute("CHECKPOINT")
    return copies * _COPIED


def _copy(url: str, table: str, first: int, shifts: list[int]) -> None:
    """The rows of ledgers from `first` on once more for each shift."""
    changed, chosen = _TABLES[table]
    with psycopg.connect(url, autocommit=True) as connection:
        name = sql.Identifier(*table.split("."))
        cursor = connection.execute(sql.SQL("SELECT * FROM {} LIMIT 0").format(name))
        assert cursor.description
        names = [column.name for column in cursor.description]
        statement = sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {} WHERE {}").format(
            name,
            sql.SQL(", ").join(map(sql.Identifier, names)),
            sql.SQL(", ").join(
                sql.SQL(changed[name]) if name in changed else sql.Identifier(name)
                for name in names
            ),
            name,
            sql.SQL(chosen),
        )
        for shift in shifts:
            last = first + _COPIED - 1
            connection.execute(statement, {"first": first, "last": last, "shift": shift})


def _move_on(connection: psycopg.Connection, through: int, ledgers: int) -> None:
    """The cursor and the mark of the read models stand behind the copies."""
    place = {"through": through, "ledgers": ledgers, "events": ledgers * _PER_LEDGER}
    with connection.transaction():
        connection.execute(_STRETCH, place)
        for table in ("ledger.cursor", "read.applied"):
            moved = sql.SQL("UPDATE {} SET ledger = %s, closed_at = %s")
            connection.execute(
                moved.format(sql.Identifier(*table.split("."))),
                (through, synthetic.close_time(through)),
            )


if __name__ == "__main__":
    main()
