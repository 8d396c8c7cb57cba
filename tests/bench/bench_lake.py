"""How fast a data lake is searched for our contracts; prints a line of JSON for each figure.

The ledgers are mainnet's, of real size (a megabyte, two to five hundred transactions), repeated:
only number, previous hash and hash of their headers are made anew, so that they are a chain.

`index.lake` is the way of most ledgers of most contracts: nothing of ours is in them. In
`index.lake_walked` every ledger holds events of both contracts. What counts is the processor time
of the one process that does everything; `wall` is beside it, and with processes it is all there is.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import hashlib
import json
import os
import resource
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from contracts import strkey
from indexer.sources.compressed import zstd
from indexer.sources.files import Layout
from indexer.sources.lake import LakeSource
from indexer.sources.protocol import Deployment
from indexer.xdr.generated import walk_opening
from indexer.xdr.ledger import Wanted, read_ledger
from indexer.xdr.runtime import Places
from tests.indexer import synthetic

GOAL = 500
FIRST = 64_000
CORPUS = Path(
    os.environ.get("STELLARSETTLE_CORPUS", Path(__file__).parents[3] / "shared" / "corpus")
)


def chained(meta: bytes, sequence: int, previous: bytes) -> tuple[bytes, bytes]:
    """The ledger with another number, after another one; and its hash."""
    places: Places = []
    walk_opening.walk(meta, 0, places)
    at = {place: (begin, end) for place, begin, end in places}
    made = bytearray(meta)
    made[slice(*at[walk_opening.SEQUENCE])] = sequence.to_bytes(4, "big")
    made[slice(*at[walk_opening.PREVIOUS])] = previous
    digest = hashlib.sha256(made[slice(*at[walk_opening.HASHED])]).digest()
    made[slice(*at[walk_opening.HASH])] = digest
    return bytes(made), digest


def write_lake(folder: Path, metas: list[bytes], count: int) -> int:
    """`count` ledgers as files; the bytes they decompress to."""
    previous, size = bytes(32), 0
    for number in range(count):
        sequence = FIRST + number
        meta, previous = chained(metas[number % len(metas)], sequence, previous)
        path = folder / f"{Layout().name(sequence)}.xdr.zst"
        path.parent.mkdir(exist_ok=True)
        head = b"".join(one.to_bytes(4, "big") for one in (sequence, sequence, 1))
        path.write_bytes(zstd.compress(head + meta))
        size += len(meta)
    return size


def measure(name: str, folder: Path, deployment: Deployment, processes: int, goal: int) -> None:
    """Read the whole lake once."""
    source = LakeSource(str(folder), deployment, "bench", processes=processes)
    with contextlib.closing(source):
        ledgers = events = 0
        began, used = time.perf_counter(), time.process_time()
        after = FIRST - 1
        while batch := source.fetch(after):
            ledgers += len(batch.headers)
            events += len(batch.events)
            after = batch.through.ledger
        wall, cpu = time.perf_counter() - began, time.process_time() - used
    report = {
        "bench": name,
        "ledgers_per_s": round(ledgers / wall),
        "ledgers": ledgers,
        "events": events,
        "processes": processes,
        "wall_s": round(wall, 2),
        "load": round(os.getloadavg()[0], 1),
    }
    if not processes:
        report["ledgers_per_cpu_s"] = round(ledgers / cpu)
        report["cpu_s"] = round(cpu, 2)
        report["rss_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    if goal:
        report["goal"] = goal
    sys.stdout.write(json.dumps(report) + "\n")


def busiest(metas: list[bytes]) -> Deployment:
    """Two contracts that have events in every one of the ledgers."""
    seen: Counter[bytes] = Counter()
    for meta in metas:
        seen.update({event.contract for event in read_ledger(meta, Wanted(bytes(32))).events})
    most = sorted(seen, key=lambda raw: (-seen[raw], raw))[:2]
    pair = [strkey.encode(strkey.CONTRACT, raw) for raw in most]
    return Deployment(pair[0], pair[1], FIRST)


def main() -> None:
    """Write a lake, read it, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ledgers", type=int, default=600)
    parser.add_argument("--walked", type=int, default=120)
    options = parser.parse_args()
    paths = sorted((CORPUS / "stellar" / "ledgers").glob("*.xdr.gz"))
    if not paths:
        sys.stderr.write("the corpus is not here: set STELLARSETTLE_CORPUS to its folder\n")
        return
    metas = [gzip.decompress(path.read_bytes()) for path in paths]
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        size = write_lake(folder, metas, options.ledgers)
        sys.stderr.write(f"{options.ledgers} ledgers of {size // options.ledgers} bytes\n")
        measure("index.lake", folder, synthetic.DEPLOYMENT, 0, GOAL)
        measure("index.lake_processes", folder, synthetic.DEPLOYMENT, os.cpu_count() or 1, 0)
    with tempfile.TemporaryDirectory() as text:
        write_lake(Path(text), metas, options.walked)
        measure("index.lake_walked", Path(text), busiest(metas), 0, 0)


if __name__ == "__main__":
    main()
