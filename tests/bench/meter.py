"""What a run cost: processor seconds by process and peak memory, as the kernel counts them."""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path
from typing import Any, Self

_TICKS = os.sysconf("SC_CLK_TCK")
_SAMPLE_SECONDS = 0.2


def cpu_seconds(pid: int) -> float:
    """Of a process and all its descendants, ended ones that were waited for included."""
    total = 0.0
    for member in family(pid):
        fields = _stat(member)
        if fields:
            own_and_waited_for = fields[11:15]
            total += sum(map(int, own_and_waited_for)) / _TICKS
    return total


def family(pid: int) -> list[int]:
    """A process and all its living descendants."""
    parents: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and (fields := _stat(int(folder.name))):
            parents.setdefault(int(fields[1]), []).append(int(folder.name))
    found = [pid]
    for member in found:
        found += parents.get(member, [])
    return found


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the name, which may hold spaces; [] if it has ended."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return []
    return text.rpartition(") ")[2].split()


class Memory:
    """Samples the memory of a process and its descendants: `peak_mb` is their highest sum.

    Pages shared by several are counted once (PSS).
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.peak_mb = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _sample(self) -> None:
        while True:
            self.peak_mb = max(self.peak_mb, sum(map(megabytes, family(self._pid))))
            if self._stop.wait(_SAMPLE_SECONDS):
                return


def megabytes(pid: int) -> float:
    """Memory of one process, shared pages by its share of them (PSS); 0 if it has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0) / 1024


def report(**line: Any) -> None:
    """One line of JSON on standard output."""
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
