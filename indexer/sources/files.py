"""The files of a data lake (SEP-54): how they are named, where they lie, what is in them.

    .config.json                                     how the lake is laid out
    FCD285FF--53312000-53375999/FCD285FF--53312000.xdr.zst

The first number of a name is 2^32 - 1 minus the ledger's, so that the newest come first in a list.
Older writers named files `.xdr.zstd`.
"""

from __future__ import annotations

import concurrent.futures as cf
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from indexer.sources.compressed import decompressed
from indexer.sources.gallop import LAST_LEDGER, first_held
from indexer.sources.stores import SUFFIXES, FolderStore, HttpStore, Store
from indexer.sources.whole import unreadable
from indexer.xdr.ledger import ClosedLedger, Wanted, read_batch
from indexer.xdr.runtime import LedgerFormatError

_CONFIG: Final = ".config.json"
_REQUESTS_AT_ONCE: Final = 16


class ForeignLakeError(Exception):
    """The lake is another network's."""


class Layout(msgspec.Struct, frozen=True, rename="camel"):
    """How a lake is laid out; where it does not say so, as lakes were before they did."""

    network_passphrase: str = ""
    ledgers_per_batch: int = 1
    batches_per_partition: int = 64_000
    compression: str = "zstd"

    def first_of(self, ledger: int) -> int:
        """The ledger that the name of its file begins with."""
        return ledger - ledger % self.ledgers_per_batch

    def name(self, ledger: int) -> str:
        """The path of the file that holds `ledger`, without suffix."""
        first = self.first_of(ledger)
        name = f"{LAST_LEDGER - first:08X}--{first}"
        if self.ledgers_per_batch > 1:
            name += f"-{first + self.ledgers_per_batch - 1}"
        if self.batches_per_partition <= 1:
            return name
        size = self.ledgers_per_batch * self.batches_per_partition
        begin = ledger - ledger % size
        return f"{LAST_LEDGER - begin:08X}--{begin}-{begin + size - 1}/{name}"


class Lake:
    """Reads ledgers, of which only what is `wanted` is decoded; travels between processes."""

    def __init__(self, url: str, passphrase: str, wanted: Wanted) -> None:
        self.url = url
        self._passphrase = passphrase
        self._wanted = wanted
        self._opened: tuple[Store, Layout] | None = None
        self._suffixes: tuple[str, ...] = SUFFIXES

    def __reduce__(self) -> tuple[Callable[..., Lake], tuple[str, str, Wanted]]:
        return _lake_of_this_process, (self.url, self._passphrase, self._wanted)

    def close(self) -> None:
        """Close what is open; the next question opens it again."""
        if self._opened:
            self._opened[0].close()
            self._opened = None

    def where(self, ledger: int) -> str:
        """The file that holds, or would hold, `ledger`, for people."""
        name = self._open()[1].name(ledger)
        return f"{self.url.rstrip('/')}/{name}{self._suffixes[0]}"

    def holds(self, ledger: int) -> bool:
        """Whether the file of `ledger` is there."""
        store, layout = self._open()
        name = layout.name(ledger)
        for suffix in self._suffixes:
            if store.holds(name + suffix):
                self._prefer(suffix)
                return True
        return False

    def first_beyond(self, missing: int) -> int:
        """The first ledger after `missing`, which is not there; 0 if none is known of."""
        begins = self._open()[0].begins()
        if begins is None:
            return first_held(self.holds, missing)
        return next((begin for begin in begins if begin > missing), 0)

    def read(self, first: int, last: int) -> list[ClosedLedger]:
        """The ledgers of the files of `first` to `last`, up to a file that is not there.

        Raises `indexer.sources.whole.UnreadableLedgerError`, which names the file.
        """
        store, layout = self._open()
        begins = range(layout.first_of(first), last + 1, layout.ledgers_per_batch)
        if isinstance(store, FolderStore) or len(begins) == 1:
            files = [self._read_file(begin) for begin in begins]
        else:
            with cf.ThreadPoolExecutor(_REQUESTS_AT_ONCE) as threads:
                files = list(threads.map(self._read_file, begins))
        missing = next((number for number, file in enumerate(files) if file is None), len(files))
        return [ledger for file in files[:missing] if file for ledger in file]

    def _read_file(self, ledger: int) -> list[ClosedLedger] | None:
        store, layout = self._open()
        name = layout.name(ledger)
        for suffix in self._suffixes:
            data = store.read(name + suffix)
            if data is not None:
                self._prefer(suffix)
                return self._decode(data, ledger)
        return None

    def _decode(self, data: bytes, ledger: int) -> list[ClosedLedger]:
        try:
            found = read_batch(decompressed(data), self._wanted)
        except LedgerFormatError as error:
            raise unreadable(self._named(ledger), error) from error
        layout = self._open()[1]
        begin, end = ledger, ledger + layout.ledgers_per_batch
        if not all(begin <= one.header.sequence < end for one in found):
            held = f"{found[0].header.sequence} to {found[-1].header.sequence}"
            raise unreadable(self._named(ledger), f"it holds ledgers {held}")
        return found

    def _named(self, ledger: int) -> str:
        return f"{self.where(ledger)} (ledger {ledger})"

    def _prefer(self, suffix: str) -> None:
        """Files of one lake are mostly named alike: ask for this suffix first."""
        if suffix != self._suffixes[0]:
            self._suffixes = (suffix, *(one for one in SUFFIXES if one != suffix))

    def _open(self) -> tuple[Store, Layout]:
        """The store, opened at the first question, and how the lake is laid out."""
        if self._opened is None:
            web = self.url.startswith(("http://", "https://"))
            store: Store = HttpStore(self.url) if web else FolderStore(Path(self.url))
            self._opened = store, self._layout(store)
        return self._opened

    def _layout(self, store: Store) -> Layout:
        config = store.read(_CONFIG)
        if config is None:
            return Layout()
        try:
            layout = msgspec.json.decode(config, type=Layout, strict=False)
        except msgspec.DecodeError as error:
            raise unreadable(f"{self.url}/{_CONFIG}", error) from error
        if layout.network_passphrase not in {"", self._passphrase}:
            raise ForeignLakeError(
                f"the lake at {self.url} holds ledgers of the network"
                f" {layout.network_passphrase!r}, not of {self._passphrase!r}: correct LAKE_URL or"
                " NETWORK_PASSPHRASE"
            )
        return layout


_lakes: dict[str, Lake] = {}


def _lake_of_this_process(url: str, passphrase: str, wanted: Wanted) -> Lake:
    """One lake for all tasks of a process, so that its connections are kept."""
    lake = _lakes.get(url)
    if lake is None or (lake._passphrase, lake._wanted) != (passphrase, wanted):  # noqa: SLF001
        lake = _lakes[url] = Lake(url, passphrase, wanted)
    return lake
