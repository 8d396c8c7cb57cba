"""The sandboxed process: a task and a document from standard input, an answer as JSON to output.

Run by `sandbox` only, in a process group of its own. It gives up everything it does not need
before it looks at the first byte.
"""

from __future__ import annotations

import ctypes
import enum
import os
import resource
import sys
from typing import Final

import msgspec

from api.documents.reading import boxes, drawing, packing
from api.documents.reading.field import Field
from api.documents.reading.memory import NOTHING, Memory
from api.documents.reading.reading import Effort, Reading, read
from api.documents.reading.refusal import Refusal, RefusedError

_CLONE_NEWNET: Final = 0x4000_0000
_CLONE_NEWUSER: Final = 0x1000_0000


class Job(enum.Enum):
    """What can be done with a document in the sandbox."""

    READ = "read"
    UNPACK = "unpack"
    DRAW = "draw"
    STAMP = "stamp"


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """What to do and with how much: bytes of memory and of each file, seconds of CPU.

    `known` is what earlier documents taught, `page` is the one to draw, counted from 0, `stamp`
    the line to write on every page, `marked` the fields to draw onto it.
    """

    job: Job
    memory: int
    file_bytes: int
    seconds: int
    effort: Effort = Effort.TEXT
    text_only: bool = False
    known: Memory = NOTHING
    page: int = 0
    stamp: str = ""
    marked: dict[str, Field] = {}


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What the child says: a reading or files that it made, or why there is none."""

    reading: Reading | None = None
    files: tuple[bytes, ...] = ()
    refusal: Refusal | None = None
    message: str = ""


def main() -> None:
    """Do with the document what the task in the first line says."""
    task = msgspec.json.decode(sys.stdin.buffer.readline(), type=Task)
    _confine(task)
    data = sys.stdin.buffer.read()
    sys.stdout.buffer.write(msgspec.json.encode(_outcome(data, task)))


def _outcome(data: bytes, task: Task) -> Outcome:
    try:
        return _done(data, task)
    except RefusedError as error:
        return Outcome(refusal=error.refusal, message=str(error))
    except MemoryError:
        message = "The file needs more memory than an invoice may."
        return Outcome(refusal=Refusal.OUT_OF_MEMORY, message=message)


def _done(data: bytes, task: Task) -> Outcome:
    match task.job:
        case Job.READ:
            reading = read(data, effort=task.effort, text_only=task.text_only, known=task.known)
            return Outcome(reading=reading)
        case Job.UNPACK:
            return Outcome(files=tuple(packing.packed_in(data)))
        case Job.DRAW:
            image = drawing.page_image(data, task.page)
            return Outcome(
                files=(boxes.drawn(image, task.marked, task.page) if task.marked else image,)
            )
        case Job.STAMP:
            return Outcome(files=(drawing.stamped(data, task.stamp),))


def _confine(task: Task) -> None:
    """No network, no files to write, no more memory and time than an invoice needs."""
    libc = ctypes.CDLL(None, use_errno=True)
    # As root a network namespace of its own; else inside a user namespace, where there are any.
    if libc.unshare(_CLONE_NEWNET) != 0:
        libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
    for limit, value in (
        (resource.RLIMIT_AS, task.memory),
        (resource.RLIMIT_CPU, task.seconds),
        (resource.RLIMIT_FSIZE, task.file_bytes),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
    ):
        resource.setrlimit(limit, (value, value))
    os.nice(10)
