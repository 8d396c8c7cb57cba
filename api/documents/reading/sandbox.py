"""Reads a document in a process of its own: what a hostile file breaks is that process only.

A file of ten kilobytes can abort the process that opens it. So each document gets a fresh process
with bounded memory, time and output, without network where the kernel allows, in an empty folder;
whatever it dies of becomes a named refusal.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from typing import IO, Any, Final

import msgspec

from api.documents.reading.child import Job, Outcome, Task
from api.documents.reading.container import kind_of
from api.documents.reading.field import Field
from api.documents.reading.memory import NOTHING, Memory
from api.documents.reading.reading import Effort, Reading, needs_ocr
from api.documents.reading.refusal import Refusal, RefusedError

WALL_SECONDS: Final = {Effort.TEXT: 8.0, Effort.OCR: 120.0}
_CPU_SECONDS: Final = {Effort.TEXT: 8, Effort.OCR: 60}
_MEMORY_BYTES: Final = {Effort.TEXT: 1 << 30, Effort.OCR: 3 << 30}
_FILE_BYTES: Final = {Effort.TEXT: 0, Effort.OCR: 128 << 20}
"""What it may write: nothing, or the picture that Tesseract is handed."""

_MAX_OUTPUT: Final = {
    Job.READ: 4 << 20,
    Job.UNPACK: 64 << 20,
    Job.DRAW: 8 << 20,
    Job.STAMP: 64 << 20,
}
"""Bytes of JSON that it may say; files are in it in base64."""
_CHUNK: Final = 1 << 16
_LOOKING: Final = threading.BoundedSemaphore(max(1, (os.cpu_count() or 2) // 2))
"""Scans keep two processors busy each: so many at once, and the others wait for their turn."""
_NOTHING: Final[Mapping[str, Field]] = {}


def read(
    data: bytes,
    *,
    text_only: bool = False,
    known: Memory = NOTHING,
    wall_seconds: float | None = None,
) -> Reading:
    """The reading of `data`. Raises RefusedError, soon after `wall_seconds` at the latest.

    Pages are looked at as pictures only where they hold no words; that may take the time of
    `Effort.OCR`. Safe to call from several threads; the calling process never looks inside the
    file; scans wait for each other. `text_only` leaves an embedded invoice out, `known` is what
    the person's confirmed documents taught.
    """
    kind = kind_of(data)
    if not needs_ocr(kind):
        reading = _read(data, Effort.TEXT, wall_seconds, text_only=text_only, known=known)
        if not needs_ocr(kind, reading):
            return reading
    with _LOOKING:
        return _read(data, Effort.OCR, wall_seconds, text_only=text_only, known=known)


def unpack(data: bytes) -> tuple[bytes, ...]:
    """Every file that is packed into the document, as it would be when taken out.

    Raises RefusedError.
    """
    kind_of(data)
    return _do(data, Job.UNPACK, Effort.TEXT).files


def draw(data: bytes, page: int, marked: Mapping[str, Field] = _NOTHING) -> bytes:
    """A page, counted from 0, as PNG of `drawing.DPI`, boxes around `marked` fields on it.

    Raises RefusedError.
    """
    kind_of(data)
    (image,) = _do(data, Job.DRAW, Effort.OCR, page=page, marked=dict(marked)).files
    return image


def stamp(data: bytes, line: str) -> bytes:
    """The document with a line of text on every page, as PDF. Raises RefusedError."""
    kind_of(data)
    (stamped,) = _do(data, Job.STAMP, Effort.OCR, stamp=line).files
    return stamped


def _read(data: bytes, effort: Effort, wall_seconds: float | None, **asked: Any) -> Reading:
    outcome = _do(data, Job.READ, effort, wall_seconds, **asked)
    if outcome.reading is None:
        raise RefusedError(Refusal.CRASHED, "The reader gave no reading.")
    return outcome.reading


def _do(
    data: bytes, job: Job, effort: Effort, wall_seconds: float | None = None, **asked: Any
) -> Outcome:
    """Have it done in a process of its own. Raises RefusedError for what the child refuses."""
    task = Task(
        job=job,
        effort=effort,
        memory=_MEMORY_BYTES[effort],
        file_bytes=_FILE_BYTES[effort],
        seconds=_CPU_SECONDS[effort],
        **asked,
    )
    with tempfile.TemporaryDirectory(prefix="document-") as folder:
        output, status = _run(data, folder, task, wall_seconds or WALL_SECONDS[effort])
    if not output:
        raise _death(status)
    try:
        outcome = msgspec.json.decode(output, type=Outcome)
    except msgspec.DecodeError as error:
        raise _death(status) from error
    if outcome.refusal is not None:
        raise RefusedError(outcome.refusal, outcome.message)
    return outcome


def _run(data: bytes, folder: str, task: Task, wall_seconds: float) -> tuple[bytes, int]:
    """What the child printed and how it ended."""
    child = subprocess.Popen(  # our own module, no shell
        [sys.executable, "-c", "from api.documents.reading.child import main; main()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        env={
            "PATH": os.environ.get("PATH", os.defpath),
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            "TMPDIR": folder,
        },
        start_new_session=True,
    )
    told = msgspec.json.encode(task) + b"\n"
    timer = threading.Timer(wall_seconds, _kill, (child,))
    timer.start()
    feeder = threading.Thread(target=_feed, args=(child.stdin, told, data), daemon=True)
    feeder.start()
    try:
        output = _capped(child.stdout, _MAX_OUTPUT[task.job])
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


def _feed(stdin: IO[bytes] | None, told: bytes, data: bytes) -> None:
    with contextlib.suppress(BrokenPipeError, OSError):
        if stdin:
            stdin.write(told)
            stdin.write(data)
            stdin.close()


def _capped(stdout: IO[bytes] | None, most: int) -> bytes | None:
    """Everything the child prints, None if it is too much."""
    output = bytearray()
    while stdout and (chunk := stdout.read(_CHUNK)):
        output += chunk
        if len(output) > most:
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
