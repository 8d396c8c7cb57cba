"""Ledgers from files: in a folder or behind a web server, in one process or several."""

from __future__ import annotations

import contextlib
import functools
import http.server
import itertools
import os
import random
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.sources import compressed
from indexer.sources.compressed import zstd
from indexer.sources.files import ForeignLakeError, Layout
from indexer.sources.gallop import LAST_LEDGER, first_held, last_held
from indexer.sources.lake import LakeSource
from indexer.sources.protocol import Batch, GapError, SourceUnavailableError
from indexer.sources.whole import UnreadableLedgerError
from stellarsettle.devnet import Devnet
from tests.indexer import lakes, synthetic
from tests.indexer.closed import batch_of
from tests.indexer.lakes import LAST


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Devnet]:
    """A lake of ledgers 2 to 40, and the ledger that wrote it."""
    folder = tmp_path_factory.mktemp("lake")
    return folder, lakes.write(folder)


@pytest.fixture
def lake(written: tuple[Path, Devnet], tmp_path: Path) -> Path:
    """A copy to harm."""
    return lakes.copied(written[0], tmp_path / "lake")


@contextlib.contextmanager
def opened(url: str | Path, passphrase: str, processes: int = 0) -> Iterator[LakeSource]:
    """A source that is closed in the end."""
    source = LakeSource(str(url), synthetic.DEPLOYMENT, passphrase, processes=processes)
    with contextlib.closing(source):
        yield source


def everything(source: LakeSource, after: int = 1) -> list[Batch]:
    """All batches after a ledger."""
    batches = []
    while batch := source.fetch(after):
        batches.append(batch)
        after = batch.through.ledger
    return batches


def ledgers(batches: list[Batch]) -> list[int]:
    """The numbers of their headers."""
    return [head.ledger for batch in batches for head in batch.headers]


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves a folder; `broken` answers everything with 500."""

    protocol_version = "HTTP/1.1"
    broken = False

    def do_GET(self) -> None:
        """A file, or trouble."""
        if self.broken:
            self.send_error(500)
        else:
            super().do_GET()

    def log_message(self, *_: object) -> None:
        """Nothing is said."""


@contextlib.contextmanager
def served(folder: Path, handler: type[Quiet] = Quiet) -> Iterator[str]:
    """The folder behind a web server."""
    make = functools.partial(handler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), make) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


def test_files_are_named_as_others_name_them() -> None:
    """The first is a real file's place; the others follow SEP-54."""
    assert Layout().name(53_312_000) == "FCD285FF--53312000-53375999/FCD285FF--53312000"
    assert Layout(batches_per_partition=1).name(2) == "FFFFFFFD--2"
    several = Layout(ledgers_per_batch=10, batches_per_partition=100)
    assert several.name(1_234) == "FFFFFC17--1000-1999/FFFFFB31--1230-1239"


def test_all_ledgers_come_in_order_and_linked(written: tuple[Path, Devnet]) -> None:
    folder, network = written
    with opened(folder, network.passphrase) as source:
        batches = everything(source)
        assert source.latest == LAST
        assert source.fetch(LAST) is None
        assert ledgers(everything(source, 17)) == list(range(18, LAST + 1))
    assert ledgers(batches) == list(range(2, LAST + 1))
    heads = [head for batch in batches for head in batch.headers]
    for before, after in itertools.pairwise(heads):
        assert after.previous_hash == before.hash
    assert batches[-1].through.closed_at == heads[-1].closed_at


def test_a_ledger_that_comes_later_is_followed(lake: Path, written: tuple[Path, Devnet]) -> None:
    """At the end of a lake one waits; that is no gap."""
    late = lakes.file_of(lake, LAST)
    content = late.read_bytes()
    late.unlink()
    with opened(lake, written[1].passphrase) as source:
        assert ledgers(everything(source)) == list(range(2, LAST))
        assert source.fetch(LAST - 1) is None
        late.write_bytes(content)
        assert ledgers(everything(source, LAST - 1)) == [LAST]


@pytest.mark.parametrize("web", [False, True])
def test_what_a_lake_does_not_hold_is_a_gap(
    lake: Path, written: tuple[Path, Devnet], *, web: bool
) -> None:
    """Pain 1: before the first ledger, and a hole between; the missing ones are named."""
    for ledger in range(2, 12):
        lakes.file_of(lake, ledger).unlink()
    lakes.file_of(lake, 30).unlink()
    with contextlib.ExitStack() as stack:
        url = stack.enter_context(served(lake)) if web else str(lake)
        source = stack.enter_context(opened(url, written[1].passphrase))
        with pytest.raises(GapError, match="ledgers 2 to 11 are missing"):
            source.fetch(1)
        assert ledgers([batch for batch in [source.fetch(11)] if batch])[0] == 12
        with pytest.raises(GapError, match="ledger 30 is missing"):
            everything(source, 11)


@pytest.mark.parametrize("size", [1, 5])
@pytest.mark.parametrize("suffix", [".xdr.zst", ".xdr.zstd"])
@pytest.mark.parametrize("partition", [1, 4])
def test_every_layout_tells_the_same(
    written: tuple[Path, Devnet], tmp_path: Path, size: int, suffix: str, partition: int
) -> None:
    folder, network = written
    layout = Layout(network.passphrase, size, partition)
    lakes.relaid(folder, tmp_path, layout, suffix)
    with opened(folder, network.passphrase) as source:
        expected = [head for batch in everything(source) for head in batch.headers]
    with opened(tmp_path, network.passphrase) as source:
        found = [head for batch in everything(source) for head in batch.headers]
        assert [head for batch in everything(source, 13) for head in batch.headers] == found[12:]
    assert found == expected[: len(found)]
    assert len(expected) - len(found) < size


def test_a_web_server_and_processes_tell_the_same(written: tuple[Path, Devnet]) -> None:
    folder, network = written
    with opened(folder, network.passphrase) as source:
        expected = everything(source)
    with served(folder) as url, opened(url, network.passphrase) as source:
        assert everything(source) == expected
        assert source.fetch(LAST) is None
    with opened(folder, network.passphrase, processes=2) as source:
        assert everything(source) == expected
        assert ledgers(everything(source, 20)) == list(range(21, LAST + 1))


def test_a_web_server_in_trouble_is_asked_again_later(written: tuple[Path, Devnet]) -> None:
    folder, network = written

    class Broken(Quiet):
        broken = True

    with served(folder, Broken) as url, opened(url, network.passphrase) as source:
        with pytest.raises(SourceUnavailableError, match="HTTP 500"):
            source.fetch(1)
        Broken.broken = False
        assert ledgers(everything(source)) == list(range(2, LAST + 1))
    with opened(url, network.passphrase) as source, pytest.raises(SourceUnavailableError):
        source.fetch(1)


def test_a_process_that_is_killed_is_replaced(written: tuple[Path, Devnet]) -> None:
    folder, network = written
    with opened(folder, network.passphrase, processes=1) as source:
        assert source.fetch(1)
        assert source._pool
        for process in source._pool._processes.values():
            os.kill(process.pid or 0, signal.SIGKILL)
        with pytest.raises(SourceUnavailableError, match="a reading process ended"):
            everything(source)
        assert ledgers(everything(source)) == list(range(2, LAST + 1))


@pytest.mark.parametrize("processes", [0, 1])
def test_a_file_that_is_no_ledger_is_named(
    lake: Path, written: tuple[Path, Devnet], processes: int
) -> None:
    """Cut short, other bytes, another ledger's, a ledger cut short: an error, never a skip."""
    path = lakes.file_of(lake, 20)
    whole = path.read_bytes()
    meta = lakes.content(lake, 20)
    chance = random.Random(20)
    for harmed, says in (
        (b"", "ends too early"),
        (whole[: chance.randrange(1, len(whole))], "ends too early"),
        (chance.randbytes(200), "cannot be read"),
        (whole + whole, "bytes follow the compressed file"),
        (lakes.file_of(lake, 21).read_bytes(), "it holds ledgers 21 to 21"),
        (_packed([meta[:200]], 20), "ends too early"),
        (_packed([meta], 21), "ledger 20 stands where 21 does"),
        (_packed([(9).to_bytes(4, "big") + meta[4:]], 20), "LedgerCloseMeta has an unknown arm 9"),
    ):
        path.write_bytes(harmed)
        with opened(lake, written[1].passphrase, processes) as source:
            with pytest.raises(UnreadableLedgerError, match=says) as caught:
                everything(source)
            assert path.name in str(caught.value)
            assert "ledger 20" in str(caught.value)
            path.write_bytes(whole)
            assert ledgers(everything(source)) == list(range(2, LAST + 1))


def test_a_ledger_of_another_history_does_not_follow(
    lake: Path, written: tuple[Path, Devnet], tmp_path: Path
) -> None:
    other = tmp_path / "other"
    lakes.write(other, 20)
    lakes.file_of(lake, 20).write_bytes(lakes.file_of(other, 20).read_bytes())
    source = LakeSource(str(lake), synthetic.DEPLOYMENT, written[1].passphrase)
    with pytest.raises(UnreadableLedgerError, match="ledger 20 does not follow"):
        source.fetch(1)


def test_a_file_that_grows_beyond_measure_is_refused(
    lake: Path, written: tuple[Path, Devnet], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A small file may hold gigabytes of zeros."""
    monkeypatch.setattr(compressed, "LARGEST_FILE", 1 << 16)
    lakes.file_of(lake, 20).write_bytes(zstd.compress(bytes(1 << 20)))
    source = LakeSource(str(lake), synthetic.DEPLOYMENT, written[1].passphrase)
    with pytest.raises(UnreadableLedgerError, match="holds more than 65536 bytes"):
        source.fetch(1)


def test_a_lake_that_is_not_ours_or_not_there(lake: Path, written: tuple[Path, Devnet]) -> None:
    passphrase = written[1].passphrase
    with pytest.raises(ForeignLakeError, match="not of 'Another Network': correct LAKE_URL"):
        LakeSource(str(lake), synthetic.DEPLOYMENT, "Another Network").fetch(1)
    with pytest.raises(SourceUnavailableError, match="there is no folder"):
        LakeSource(str(lake / "nowhere"), synthetic.DEPLOYMENT, passphrase).fetch(1)
    (lake / ".config.json").write_text("{")
    with pytest.raises(UnreadableLedgerError, match=r"config\.json cannot be read"):
        LakeSource(str(lake), synthetic.DEPLOYMENT, passphrase).fetch(1)


def _packed(metas: list[bytes], first: int) -> bytes:
    return zstd.compress(batch_of(metas, first))


@given(st.integers(2, LAST_LEDGER), st.integers(0, LAST_LEDGER), st.data())
def test_the_ends_of_a_run_are_found(first: int, length: int, data: st.DataObject) -> None:
    last = min(LAST_LEDGER, first + length)
    asked = 0

    def holds(ledger: int) -> bool:
        nonlocal asked
        asked += 1
        return first <= ledger <= last

    assert last_held(holds, data.draw(st.integers(first, last))) == last
    missing = data.draw(st.integers(1, first - 1))
    found = first_held(holds, missing)
    assert found in ({first} if last - first >= first - missing else {first, 0})
    assert asked < 4 * 34
