"""Data lakes for tests: what the local ledger writes, and the same laid out in other ways."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Final

from indexer.sources.compressed import decompressed, zstd
from indexer.sources.files import Layout
from stellarsettle import devnet
from tests.indexer.closed import batch_of

LAST: Final = 40


def write(folder: Path, last: int = LAST) -> devnet.Devnet:
    """Ledgers 2 to `last` of a local ledger as files; returns which ledger it was."""
    with devnet.running(options=("--lake", str(folder))) as network:
        while not list(folder.rglob(f"*--{last}.xdr.zst")):
            network.advance_time(1)
        return network


def file_of(folder: Path, ledger: int) -> Path:
    """The file that holds it."""
    return folder / f"{Layout().name(ledger)}.xdr.zst"


def content(folder: Path, ledger: int) -> bytes:
    """The LedgerCloseMeta in it."""
    return decompressed(file_of(folder, ledger).read_bytes())[12:]


def relaid(folder: Path, target: Path, layout: Layout, suffix: str = ".xdr.zst") -> None:
    """The ledgers of `folder` in another layout; a file that would be half empty is left out."""
    size = layout.ledgers_per_batch
    ledgers = [ledger for ledger in range(2, LAST + 1) if file_of(folder, ledger).exists()]
    for first in sorted({layout.first_of(ledger) for ledger in ledgers}):
        held = [ledger for ledger in range(first, first + size) if ledger in ledgers]
        if first and len(held) < size:
            continue
        path = target / f"{layout.name(first)}{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        batch = batch_of([content(folder, ledger) for ledger in held], held[0])
        path.write_bytes(zstd.compress(batch))
    config = {
        "networkPassphrase": layout.network_passphrase,
        "ledgersPerBatch": size,
        "batchesPerPartition": layout.batches_per_partition,
    }
    (target / ".config.json").write_text(json.dumps(config))


def copied(folder: Path, target: Path) -> Path:
    """A lake of one's own to harm."""
    shutil.copytree(folder, target)
    return target
