"""wrk, the load generator: as many requests as are answered, on connections that stay open."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Mapping

import msgspec

_LATENCY = re.compile(r"^\s+(50|75|90|99)%\s+([\d.]+)(us|ms|s)$", re.MULTILINE)
_RATE = re.compile(r"^Requests/sec:\s+([\d.]+)$", re.MULTILINE)
_FAILED = re.compile(r"^\s+(Non-2xx or 3xx responses: .*|Socket errors: .*)$", re.MULTILINE)
_MILLISECONDS = {"us": 1e-3, "ms": 1.0, "s": 1e3}


class Rate(msgspec.Struct, frozen=True):
    """What was answered in a second, and after how many milliseconds."""

    requests_per_s: int
    ms_p50: float
    ms_p99: float


def run(
    url: str, *, seconds: int, connections: int = 32, headers: Mapping[str, str] | None = None
) -> Rate:
    """Ask `url` for a while; ends the program where wrk is missing or any request fails."""
    if shutil.which("wrk") is None:
        sys.exit("The load generator is missing: make wrk")
    told = [part for name, value in (headers or {}).items() for part in ("-H", f"{name}: {value}")]
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", *told, url]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if failed := _FAILED.search(text):
        sys.exit(f"{url}: {failed[1]}")
    times = {share: float(number) * _MILLISECONDS[unit] for share, number, unit in
             _LATENCY.findall(text)}  # fmt: skip
    rate = _RATE.search(text)
    if rate is None:
        sys.exit(f"wrk tells no rate:\n{text}")
    return Rate(round(float(rate[1])), round(times["50"], 2), round(times["99"], 2))
