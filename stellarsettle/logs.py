"""Logs of the long-running parts: one line for each thing that happened, with its figures."""

from __future__ import annotations

import datetime as dt
import logging
from typing import Any, Final, Literal

import msgspec

from indexer.progress import Step

Format = Literal["text", "json"]

_log: Final = logging.getLogger("indexer")


class _Lines(logging.Formatter):
    """Text `time LEVEL words name=value...`, or the same as one JSON object."""

    def __init__(self, form: Format) -> None:
        super().__init__()
        self._form = form

    def format(self, record: logging.LogRecord) -> str:
        """One line; a traceback follows it in text, and is a member in JSON."""
        time = dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds")
        fields: dict[str, Any] = getattr(record, "fields", {})
        trace = self.formatException(record.exc_info) if record.exc_info else ""
        if self._form == "json":
            line = {
                "time": time,
                "level": record.levelname,
                "logger": record.name,
                "message": record.getMessage(),
                **fields,
            }
            return msgspec.json.encode(line | ({"trace": trace} if trace else {})).decode()
        figures = "".join(f" {name}={value}" for name, value in fields.items())
        return f"{time} {record.levelname} {record.getMessage()}{figures}" + (
            f"\n{trace}" if trace else ""
        )


def begin(form: Format, *filters: logging.Filter) -> None:
    """Write logs of every part to standard error from now on."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Lines(form))
    for one in filters:
        handler.addFilter(one)
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    for chatty in ("httpx", "apscheduler"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


class Batches:
    """Watches the indexer: a line for each batch."""

    def began(self, after: int) -> None:
        """The pipeline says so itself."""

    def ended(self) -> None:
        """The pipeline says so itself."""

    def committed(self, step: Step) -> None:
        """One line."""
        _log.info("committed", extra={"fields": step.fields()})
