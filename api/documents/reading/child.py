"""The sandboxed process: one document from standard input, one answer as JSON to standard output.

Run by `sandbox` only, in a process group of its own. It gives up everything it does not need
before it looks at the first byte.
"""

from __future__ import annotations

import ctypes
import os
import resource
import sys
from typing import Final

import msgspec

from api.documents.reading.container import Refusal, RefusedError
from api.documents.reading.reading import Reading, read

_CLONE_NEWNET: Final = 0x4000_0000
_CLONE_NEWUSER: Final = 0x1000_0000


class Outcome(msgspec.Struct, frozen=True):
    """What the child says: a reading, or why there is none."""

    reading: Reading | None = None
    refusal: Refusal | None = None
    message: str = ""


def main() -> None:
    """Read the document; arguments: bytes of memory, seconds of CPU, 1 to read text only."""
    memory, seconds, text_only = map(int, sys.argv[1:4])
    _confine(memory, seconds)
    data = sys.stdin.buffer.read()
    sys.stdout.buffer.write(msgspec.json.encode(_outcome(data, text_only=bool(text_only))))


def _outcome(data: bytes, *, text_only: bool) -> Outcome:
    try:
        return Outcome(reading=read(data, text_only=text_only))
    except RefusedError as error:
        return Outcome(refusal=error.refusal, message=str(error))
    except MemoryError:
        message = "The file needs more memory than an invoice may."
        return Outcome(refusal=Refusal.OUT_OF_MEMORY, message=message)


def _confine(memory: int, seconds: int) -> None:
    """No network, no files to write, no more memory and time than an invoice needs."""
    libc = ctypes.CDLL(None, use_errno=True)
    # As root a network namespace of its own; else inside a user namespace, where there are any.
    if libc.unshare(_CLONE_NEWNET) != 0:
        libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
    for limit, value in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 32),
    ):
        resource.setrlimit(limit, (value, value))
    os.nice(5)
