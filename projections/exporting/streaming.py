"""Rows of a dataset in a format as a stream of bytes: nothing is kept, memory stays bounded.

A writing thread fills a pipe, which holds 64 KiB and makes it wait; whoever takes the bytes sets
the pace. If he goes away, the pipe breaks and the thread and its statement end.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager
from typing import Final

import psycopg

from projections.exporting import formats, reading
from projections.exporting.dataset import Dataset, Stamp
from projections.exporting.formats import Format

_CHUNK: Final = 1 << 16

Connect = Callable[[], AbstractContextManager[psycopg.Connection]]
"""Opens a session for the thread that reads rows."""


def streamed(connect: Connect, dataset: Dataset, of: Stamp, chosen: Format) -> Generator[bytes]:
    """The rows that the stamp is of, in a format.

    Raises formats.TooWideError and psycopg.Error, perhaps after some bytes: then these are no file.
    """
    reading_end, writing_end = os.pipe()
    failed: list[BaseException] = []
    thread = threading.Thread(
        target=_write, args=(connect, dataset, of, chosen, writing_end, failed), daemon=True
    )
    thread.start()
    with os.fdopen(reading_end, "rb", buffering=0) as source:
        while chunk := source.read(_CHUNK):
            yield chunk
    thread.join()
    if failed:
        raise failed[0]


def _write(  # the arguments of a thread
    connect: Connect,
    dataset: Dataset,
    of: Stamp,
    chosen: Format,
    writing_end: int,
    failed: list[BaseException],
) -> None:
    try:
        with (
            contextlib.closing(os.fdopen(writing_end, "wb")) as target,
            connect() as connection,
        ):
            lines = reading.lines(connection, dataset, of)
            formats.write(chosen, of, dataset.columns, lines, target)
    except Exception as error:  # noqa: BLE001  # raised again where the bytes are taken
        failed.append(error)
