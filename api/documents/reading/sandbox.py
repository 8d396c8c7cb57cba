"""Reads a document in a process of its own: what a hostile file breaks is that process only.

A file of ten kilobytes can abort the process that opens it. So each document gets a fresh process
with bounded memory, time and output, without network, in an empty folder; whatever it dies of
becomes a named refusal.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
from typing import IO, Final

import msgspec

from api.documents.reading.child import Outcome
from api.documents.reading.container import Refusal, RefusedError, kind_of
from api.documents.reading.reading import Reading

MEMORY_BYTES: Final = 1 << 30
CPU_SECONDS: Final = 10
WALL_SECONDS: Final = 10.0
_MAX_OUTPUT: Final = 4 << 20
_CHUNK: Final = 1 << 16


def read(data: bytes, *, text_only: bool = False, wall_seconds: float = WALL_SECONDS) -> Reading:
    """The reading of `data`. Raises RefusedError, within `wall_seconds` and a moment.

    Safe to call from several threads; the calling process never looks inside the file.
    `text_only` leaves an embedded invoice out.
    """
    kind_of(data)
    with tempfile.TemporaryDirectory(prefix="document-") as folder:
        output, status = _run(data, folder, wall_seconds, text_only=text_only)
    if not output:
        raise _death(status)
    try:
        outcome = msgspec.json.decode(output, type=Outcome)
    except msgspec.DecodeError as error:
        raise _death(status) from error
    if outcome.reading is None:
        raise RefusedError(outcome.refusal or Refusal.CRASHED, outcome.message)
    return outcome.reading


def _run(data: bytes, folder: str, wall_seconds: float, *, text_only: bool) -> tuple[bytes, int]:
    """What the child printed and how it ended."""
    child = subprocess.Popen(  # noqa: S603  # our own module, no shell
        [
            sys.executable,
            "-c",
            "from api.documents.reading.child import main; main()",
            str(MEMORY_BYTES),
            str(CPU_SECONDS),
            str(int(text_only)),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        start_new_session=True,
    )
    timer = threading.Timer(wall_seconds, _kill, (child,))
    timer.start()
    feeder = threading.Thread(target=_feed, args=(child.stdin, data), daemon=True)
    feeder.start()
    try:
        output = _capped(child.stdout)
        if output is None:
            raise RefusedError(
                Refusal.OUTPUT_TOO_LARGE, "The file gave far more to read than an invoice has."
            )
        late = not timer.is_alive()
        status = child.wait()
    finally:
        timer.cancel()
        _kill(child)
        child.wait()
        feeder.join()
        if child.stdout:
            child.stdout.close()
    if late or status == -signal.SIGXCPU:
        raise RefusedError(Refusal.TIMEOUT, "Reading the file takes longer than an invoice may.")
    return output, status


def _feed(stdin: IO[bytes] | None, data: bytes) -> None:
    with contextlib.suppress(BrokenPipeError, OSError):
        if stdin:
            stdin.write(data)
            stdin.close()


def _capped(stdout: IO[bytes] | None) -> bytes | None:
    """Everything the child prints, None if it is too much."""
    output = bytearray()
    while stdout and (chunk := stdout.read(_CHUNK)):
        output += chunk
        if len(output) > _MAX_OUTPUT:
            return None
    return bytes(output)


def _kill(child: subprocess.Popen[bytes]) -> None:
    """End the child and whatever it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)


def _death(status: int) -> RefusedError:
    """What a child that said nothing died of."""
    if status in (-signal.SIGKILL, -signal.SIGXCPU):
        return RefusedError(Refusal.TIMEOUT, "Reading the file takes longer than an invoice may.")
    return RefusedError(
        Refusal.CRASHED, "The file breaks the programs that open such files; it is not opened."
    )
