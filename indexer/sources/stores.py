"""Where the files of a data lake lie: in a folder, or behind a web server."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final, Protocol

import httpx

from indexer.sources.protocol import SourceUnavailableError

SUFFIXES: Final = (".xdr.zst", ".xdr.zstd")
"""What files of ledgers end with, today's way first."""

_FILE: Final = re.compile(r"[0-9A-F]{8}--(\d+)")
_TIMEOUT_SECONDS: Final = 30.0


class Store(Protocol):
    """Where files lie; several threads use it."""

    def read(self, path: str) -> bytes | None:
        """The file's content, None if it is not there."""
        ...

    def holds(self, path: str) -> bool:
        """Whether it is there."""
        ...

    def begins(self) -> list[int] | None:
        """The numbers that files' names begin with, in order; None where there is no list."""
        ...

    def close(self) -> None:
        """End what is open."""
        ...


class FolderStore:
    """Files below a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, path: str) -> bytes | None:
        """The file's content, None if it is not there."""
        try:
            return (self._folder / path).read_bytes()
        except FileNotFoundError:
            if self._folder.is_dir():
                return None
            raise SourceUnavailableError(f"there is no folder {self._folder}") from None
        except OSError as error:
            raise SourceUnavailableError(f"{self._folder / path}: {error}") from error

    def holds(self, path: str) -> bool:
        """Whether it is there."""
        try:
            return (self._folder / path).is_file()
        except OSError as error:
            raise SourceUnavailableError(f"{self._folder / path}: {error}") from error

    def begins(self) -> list[int]:
        """The numbers that files' names begin with, in order."""
        files = (path for suffix in SUFFIXES for path in self._folder.rglob(f"*{suffix}"))
        return sorted(int(name[1]) for path in files if (name := _FILE.match(path.name)))

    def close(self) -> None:
        """Nothing is open."""


class HttpStore:
    """Files behind a web server, or an object store that speaks HTTP."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._http = httpx.Client(timeout=_TIMEOUT_SECONDS, follow_redirects=True)

    def read(self, path: str) -> bytes | None:
        """The file's content, None if it is not there."""
        answer = self._ask("GET", path)
        return None if answer is None else answer.content

    def holds(self, path: str) -> bool:
        """Whether it is there."""
        return self._ask("HEAD", path) is not None

    def begins(self) -> None:
        """A web server has no list."""

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _ask(self, method: str, path: str) -> httpx.Response | None:
        address = f"{self._url}/{path}"
        try:
            answer = self._http.request(method, address)
        except httpx.HTTPError as error:
            reason = str(error) or type(error).__name__
            raise SourceUnavailableError(f"{address}: {reason}") from error
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        if answer.status_code != httpx.codes.OK:
            raise SourceUnavailableError(f"{address}: HTTP {answer.status_code}")
        return answer
