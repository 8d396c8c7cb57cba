"""The stylesheet and scripts, under names that change with their content."""

from __future__ import annotations

import hashlib
import mimetypes
from pathlib import Path
from typing import Any

from litestar import Request, Response, Router, get
from litestar.params import FromPath

from api.access import PUBLIC
from api.errors import Problem
from api.web import packing

FOLDER = Path(__file__).parent / "static"
BUILT = FOLDER / "built"
"""What `make web` compiles from the islands; absent where there is no Node."""

_FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}


class Files:
    """The files as they stood at start: name, content and the digest in their address."""

    def __init__(self) -> None:
        self._content = {path.name: path.read_bytes() for path in _files()}
        self._packed = {name: packing.pack(text, 9) for name, text in self._content.items()}
        self._digest = {
            name: hashlib.sha256(content).hexdigest()[:12]
            for name, content in self._content.items()
        }

    def has(self, name: str) -> bool:
        """Whether the file is there."""
        return name in self._content

    def url(self, name: str) -> str:
        """Where a page finds the file; raises KeyError for a name that is none."""
        return f"/static/{self._digest[name]}/{name}"

    def content(self, digest: str, name: str) -> bytes:
        """The file, if it is the one of that digest; raises "not-found" else."""
        if self._digest.get(name) != digest:
            raise Problem("not-found", "There is no such file in this version.")
        return self._content[name]

    def packed(self, name: str) -> bytes | None:
        """The same as gzip; None where that is no smaller. Raises KeyError."""
        return self._packed[name]


def _files() -> list[Path]:
    return sorted(
        path
        for folder in (FOLDER, BUILT)
        if folder.is_dir()
        for path in folder.iterdir()
        if path.suffix in {".css", ".js", ".svg"}
    )


FILES = Files()


@get("/static/{digest:str}/{name:str}", opt=PUBLIC, include_in_schema=False, sync_to_thread=False)
def serve_file(
    request: Request[Any, Any, Any], digest: FromPath[str], name: FromPath[str]
) -> Response[bytes]:
    """One file, for ever: another content has another address."""
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    content, headers = FILES.content(digest, name), _FOREVER | {"Vary": "Accept-Encoding"}
    if packing.taken(request) and (packed := FILES.packed(name)) is not None:
        content, headers = packed, headers | packing.PACKED
    return Response(content, media_type=kind, headers=headers)


router = Router("/", route_handlers=[serve_file])
