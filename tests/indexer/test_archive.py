"""Raw events by ledger: room is made ahead, what is old moves to files, rebuilds read on."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import signal
import threading
from pathlib import Path

import duckdb
import polars as pl
import psycopg
import pytest

import migrations
from indexer import archive, archived, partitions, proving, rebuild, renewal, stored, verify
from indexer.decode import prepare
from indexer.identity import require_network
from indexer.partitions import Partition, existing
from indexer.sources.protocol import Batch, RawEvent
from indexer.writer import Writer
from projections.model import Mark
from projections.proof.bundle import Subject
from projections.proof.events import UnprovableError
from tests.indexer import synthetic
from tests.indexer.support import STORED, digest_of, write
from tests.indexer.test_quarantine import OldVersion

WIDTH = 16
_REVISION = importlib.import_module("migrations.versions.0019_partitions")


@pytest.fixture(scope="module")
def events() -> list[RawEvent]:
    return synthetic.ledgers(7, synthetic.story(7, 10))


@pytest.fixture
def narrow(database: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database whose partitions are a few ledgers wide."""
    migrations.upgrade(database)  # a copy of a database lacks the rights on the database itself
    monkeypatch.setattr(partitions, "WIDTH", WIDTH)
    with psycopg.connect(database) as owner:
        for partition in existing(owner):
            name = partition.name
            owner.execute(f"ALTER TABLE ledger.event DETACH PARTITION ledger.{name}".encode())
            owner.execute(f"DROP TABLE ledger.{name}".encode())
    return database


@pytest.fixture
def filled(narrow: str, events: list[RawEvent]) -> str:
    write(narrow, events, 11)
    return narrow


def rows(url: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(STORED).fetchall()


def stored_through(url: str) -> int:
    with psycopg.connect(url) as connection:
        mark = stored.cursor(connection)
    assert mark
    return mark.ledger


def parts(url: str) -> list[Partition]:
    with psycopg.connect(url) as connection:
        return existing(connection)


def test_a_new_database_has_room_for_two_ranges(database: str) -> None:
    assert parts(database) == [
        Partition("event_from_0", 0, 1 << 20),
        Partition(f"event_from_{1 << 20}", 1 << 20, 2 << 20),
    ]


def test_room_is_made_ahead_wherever_reading_begins(filled: str, events: list[RawEvent]) -> None:
    """Side by side from the range of the first event to the one after the newest."""
    made = parts(filled)
    assert made[0].first == events[0].ledger // WIDTH * WIDTH
    assert [one.first for one in made[1:]] == [one.before for one in made[:-1]]
    assert made[-1].first == (events[-1].ledger // WIDTH + 1) * WIDTH
    assert len(made) > 4
    assert len(rows(filled)) == len(events)


def test_a_range_that_begins_makes_the_next_one(narrow: str) -> None:
    ledgers = synthetic.START_LEDGER // WIDTH * WIDTH
    with Writer.open(narrow, synthetic.DEPLOYMENT, threading.Event()) as writer:
        for through in (ledgers + WIDTH - 1, ledgers + WIDTH, ledgers + 9 * WIDTH):
            writer.commit(prepare(Batch([], Mark(through, through), through)))
            newest = parts(narrow)[-1]
            assert newest.first <= through + WIDTH < newest.before


def test_what_was_stored_before_is_the_first_partition(database: str) -> None:
    """The revision keeps the rows where they are, far along too; quarantine refers to them."""
    far = (60_000_000 << 32) | 1 << 12
    with psycopg.connect(database) as owner:
        owner.execute("DROP TABLE ledger.event, ledger.archive CASCADE")
        owner.execute(_FORMER)
        owner.execute("SET ROLE stellarsettle_indexer")
        owner.execute("INSERT INTO ledger.event VALUES (%s, 0, 1, 5, 'h', 'b')", (far,))
        owner.execute("INSERT INTO ledger.quarantine VALUES (%s, 0, 'why')", (far,))
        owner.execute(_REVISION.PARTITIONS)
        owner.execute(_REVISION.ARCHIVE)
    assert migrations.differences(database) == []
    edge = (60_000_000 // (1 << 20) + 1) * (1 << 20)
    assert [(one.first, one.before) for one in parts(database)] == [
        (0, edge),
        (edge, edge + (1 << 20)),
    ]
    assert [row[0] for row in rows(database)] == [far]
    with (
        psycopg.connect(database) as owner,
        pytest.raises(psycopg.errors.ForeignKeyViolation),
    ):
        owner.execute("DELETE FROM ledger.event")


_FORMER = """
CREATE TABLE ledger.event (
    position bigint NOT NULL, index integer NOT NULL, contract smallint NOT NULL,
    closed_at bigint NOT NULL, tx_hash bytea NOT NULL, body bytea NOT NULL,
    PRIMARY KEY (position, index)
);
COMMENT ON COLUMN ledger.event.position IS 'TOID: ledger << 32 | transaction << 12 | operation';
COMMENT ON COLUMN ledger.event.contract IS 'as in ledger.contract';
COMMENT ON COLUMN ledger.event.closed_at IS 'of the ledger, Unix seconds';
COMMENT ON COLUMN ledger.event.body IS 'ContractEventV0 XDR: topics, data';
ALTER TABLE ledger.event OWNER TO stellarsettle_indexer;
ALTER TABLE ledger.quarantine ADD CONSTRAINT quarantine_event_fkey
    FOREIGN KEY (position, index) REFERENCES ledger.event (position, index);
"""


def test_old_events_move_to_files_and_everything_still_follows_from_them(
    filled: str, events: list[RawEvent], tmp_path: Path
) -> None:
    sound, before = digest_of(filled), events[len(events) // 2].ledger
    ended = archive.archive(filled, before, tmp_path / "old")
    edge = before // WIDTH * WIDTH
    assert (ended.stays_from, ended.waiting) == (edge, 0)
    assert [one.before for one in ended.moved][-1] == edge
    old = [event for event in events if event.ledger < edge]
    assert sum(one.events for one in ended.moved) == len(old) > 0
    assert len(rows(filled)) == len(events) - len(old)
    with psycopg.connect(filled) as connection:
        read = [
            event
            for part, _ in stored.whole_ledgers(connection, Mark(events[-1].ledger, 0), 50)
            for event in part
        ]
    assert read == events
    rebuilt = rebuild.rebuild(filled)
    assert (rebuilt.events, rebuilt.rebuilt, rebuilt.live) == (len(events), sound, sound)
    assert verify.verify(filled).findings == []
    assert renewal.renew(filled).digest == sound
    again = archive.archive(filled, before, tmp_path / "old")
    assert (again.moved, again.stays_from) == ([], edge)


def test_analysts_read_the_files(filled: str, events: list[RawEvent], tmp_path: Path) -> None:
    moved = archive.archive(filled, events[-1].ledger + 1, tmp_path).moved
    old = [event for event in events if event.ledger < moved[-1].before]
    wanted = [(e.ledger, e.position, e.index, str(e.contract), e.tx_hash, e.body) for e in old]
    names = "ledger, position, index, contract, tx_hash, body"
    files = f"{tmp_path}/events-*.parquet"
    query = f"SELECT {names} FROM '{files}' ORDER BY position, index"  # noqa: S608
    assert duckdb.execute(query).fetchall() == wanted
    frame = pl.scan_parquet(files).sort("position", "index").select(names.split(", ")).collect()
    assert frame.rows() == wanted


def test_a_proof_finds_its_events_in_the_files(
    filled: str, events: list[RawEvent], tmp_path: Path
) -> None:
    with psycopg.connect(filled, autocommit=True) as connection:
        require_network(connection, "A network of one's own")
        (invoice,) = connection.execute(
            "SELECT encode(invoice, 'hex') FROM read.terms ORDER BY position LIMIT 1"
        ).fetchone() or ("",)
        subjects = (Subject("invoice", invoice), Subject("platform"))
        before = [proving.prove(connection, subject).bundle for subject in subjects]
        archive.archive(filled, events[-1].ledger, tmp_path)
        assert [proving.prove(connection, subject).bundle for subject in subjects] == before
        next(tmp_path.iterdir()).unlink()
        with pytest.raises(UnprovableError, match="is not there"):
            proving.prove(connection, Subject("platform"))


def test_nothing_that_is_not_whole_is_old(filled: str, tmp_path: Path) -> None:
    ended = archive.archive(filled, 10**9, tmp_path)
    (newest, _) = parts(filled)
    assert ended.stays_from == newest.first
    assert newest.first <= stored_through(filled) < newest.before


def test_what_waits_in_quarantine_keeps_its_partition(
    filled: str, events: list[RawEvent], tmp_path: Path
) -> None:
    held = events[len(events) // 3]
    with psycopg.connect(filled) as owner:
        owner.execute(
            "INSERT INTO ledger.quarantine (position, index, reason) VALUES (%s, %s, 'why')",
            (held.position, held.index),
        )
    ended = archive.archive(filled, events[-1].ledger, tmp_path)
    assert (ended.stays_from, ended.waiting) == (held.ledger // WIDTH * WIDTH, 1)


def test_a_file_that_holds_anything_else_stops_the_move(filled: str, tmp_path: Path) -> None:
    before = rows(filled)
    (first, second, *_) = parts(filled)
    archive.archive(filled, first.before, tmp_path)
    wrong = tmp_path / f"events-{second.first}-{second.before}.parquet"
    wrong.write_bytes((tmp_path / f"events-{first.first}-{first.before}.parquet").read_bytes())
    left = rows(filled)
    with pytest.raises(archive.ArchiveError, match="does not hold the events of ledgers"):
        archive.archive(filled, second.before, tmp_path)
    assert rows(filled) == left != before
    wrong.unlink()
    assert len(archive.archive(filled, second.before, tmp_path).moved) == 1


def _killed_at(url: str, before: int, folder: Path, step: str) -> None:
    def watch(now: str, _: Partition) -> None:
        if now == step:
            os.kill(os.getpid(), signal.SIGKILL)

    archive.archive(url, before, folder, watch)


def test_it_goes_on_after_being_killed_at_any_step(
    filled: str, events: list[RawEvent], tmp_path: Path
) -> None:
    sound = digest_of(filled)
    context = multiprocessing.get_context("fork")
    for step in ("written", "compared", "moved"):
        process = context.Process(
            target=_killed_at, args=(filled, events[-1].ledger, tmp_path, step)
        )
        process.start()
        process.join()
        assert process.exitcode == -signal.SIGKILL
        with psycopg.connect(filled) as connection:
            files = sum(one.events for one in archived.all_of(connection))
        assert files + len(rows(filled)) == len(events)
    ended = archive.archive(filled, events[-1].ledger, tmp_path)
    assert ended.stays_from == events[-1].ledger // WIDTH * WIDTH
    rebuilt = rebuild.rebuild(filled)
    assert (rebuilt.events, rebuilt.rebuilt) == (len(events), sound)


def test_what_cannot_be_read_any_more_is_named_and_nothing_is_replaced(
    filled: str, events: list[RawEvent], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Quarantine refers to rows: an older version must not be used on what was archived."""
    sound = digest_of(filled)
    archive.archive(filled, events[-1].ledger, tmp_path)
    OldVersion(monkeypatch, {"escrow_funded"})
    with pytest.raises(
        archived.UnreadableError, match=r"lies in .* cannot be read by this version"
    ):
        renewal.renew(filled)
    monkeypatch.undo()
    assert digest_of(filled) == sound


def test_a_file_that_is_gone_is_missed_by_name_and_found_elsewhere(
    filled: str, events: list[RawEvent], tmp_path: Path
) -> None:
    moved = archive.archive(filled, events[-1].ledger, tmp_path / "old").moved
    (tmp_path / "old").rename(tmp_path / "new")
    with pytest.raises(archived.MissingFileError, match="is not there: put it back, or say where"):
        rebuild.rebuild(filled)
    with psycopg.connect(filled) as connection:
        with pytest.raises(archived.MissingFileError):
            archived.moved(connection, tmp_path / "nowhere")
        assert len(archived.moved(connection, tmp_path / "new")) == len(moved)
    assert rebuild.rebuild(filled).equal
    file = tmp_path / "new" / moved[0].file
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(archived.MissingFileError, match="is damaged"):
        rebuild.rebuild(filled)


def test_a_reader_is_waited_for_and_at_last_said_to_be_in_the_way(
    filled: str, events: list[RawEvent], tmp_path: Path
) -> None:
    with psycopg.connect(filled) as reader:
        reader.execute("SELECT count(*) FROM ledger.event")
        with pytest.raises(archive.ArchiveError, match="when nobody does"):
            archive.archive(filled, events[-1].ledger, tmp_path, patience=0)
    assert archive.archive(filled, events[-1].ledger, tmp_path, patience=0).moved
    with rebuild.beside(filled), pytest.raises(rebuild.RebuildBusyError):
        archive.archive(filled, events[-1].ledger, tmp_path)
