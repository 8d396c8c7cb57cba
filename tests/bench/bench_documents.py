"""How long documents take: reading one in its sandbox, sealing, naming, drawing a page."""

from __future__ import annotations

import io
import json
import os
import resource
import statistics
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pypdfium2

from api.documents.reading import sandbox
from api.documents.storage.cid import cid_of
from api.documents.storage.sealing import Sealer, opened
from tests.api.documents import sheets

_DOCUMENTS = 12
_SCANS = 6
_AT_ONCE = 3
_MEGABYTES = 20


def _seconds(work: Callable[[], object], times: int) -> list[float]:
    found = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        found.append(time.perf_counter() - began)
    return found


def _report(bench: str, **figures: float) -> None:
    rounded = {name: round(value, 3) for name, value in figures.items()}
    print(json.dumps({"bench": bench, **rounded, "load": round(os.getloadavg()[0], 1)}))  # noqa: T201


def _scan() -> bytes:
    """The invoice as a picture of 200 dots an inch."""
    document = pypdfium2.PdfDocument(sheets.pdf())
    try:
        out = io.BytesIO()
        document[0].render(scale=200 / 72, grayscale=True).to_pil().save(out, "PNG")
        return out.getvalue()
    finally:
        document.close()


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _scans() -> None:
    """One after the other, and several at once."""
    scan, before = _scan(), _cpu()
    alone = sorted(_seconds(lambda: sandbox.read(scan), _SCANS))
    _report(
        "documents.scan", p50_s=statistics.median(alone), p95_s=alone[-1],
        cpu_s=(_cpu() - before) / _SCANS,
    )  # fmt: skip
    began = time.perf_counter()
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(lambda _: sandbox.read(scan), range(_SCANS)))
    _report("documents.scans", at_once=_AT_ONCE, each_s=(time.perf_counter() - began) / _SCANS)


def main() -> None:
    """Print the figures, one JSON line each."""
    data = sheets.pdf()
    (cold,) = _seconds(lambda: sandbox.read(data), 1)
    warm = sorted(_seconds(lambda: sandbox.read(data), _DOCUMENTS))
    _report(
        "documents.read", cold_s=cold, p50_s=statistics.median(warm), p95_s=warm[-1],
    )  # fmt: skip
    _report("documents.page", p50_s=statistics.median(
        _seconds(lambda: sandbox.draw(data, 0), 5)))  # fmt: skip
    _scans()
    document, key, large = uuid.uuid4(), os.urandom(32), os.urandom(_MEGABYTES << 20)
    sealer = Sealer(key, document)
    began = time.perf_counter()
    sealed = sealer.seal(large) + sealer.finish()
    sealing = time.perf_counter() - began
    (opening,) = _seconds(lambda: list(opened([sealed], key, document)), 1)
    (naming,) = _seconds(lambda: cid_of(sealed), 1)
    _report(
        "documents.sealed",
        seal_mb_s=_MEGABYTES / sealing,
        open_mb_s=_MEGABYTES / opening,
        cid_mb_s=_MEGABYTES / naming,
    )


if __name__ == "__main__":
    main()
