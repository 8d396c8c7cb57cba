"""Where sealed files are kept, by the CID of their ciphertext: a folder, Kubo, Pinata, or several.

A store never sees a file's content. Whatever a store says or gives is checked against the CID
that was computed here.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Final, Literal, Protocol

import httpx
import msgspec

from api.documents.storage.cid import CidHasher

PIECE: Final = 1 << 18
_SECONDS: Final = 60.0
_CID: Final = re.compile(r"b[a-z2-7]{58}")


class StoreError(Exception):
    """A store does not answer, or says or gives something else than it should."""


class MissingError(StoreError):
    """No store holds the file, or only a spoilt copy."""


class Store(Protocol):
    """One place that keeps files by CID."""

    name: str

    async def put(self, cid: str, file: Path) -> None:
        """Keep the file's bytes, whose CID is `cid`. Again is the same. Raises StoreError."""

    def get(self, cid: str) -> AsyncGenerator[bytes]:
        """The bytes in pieces, not checked. Raises StoreError, MissingError if it is not there."""

    async def remove(self, cid: str) -> None:
        """Keep the file no longer; nothing happens where it is not kept. Raises StoreError."""

    async def close(self) -> None:
        """Let connections go."""


class FolderStore:
    """A folder of this machine, or one that all machines share."""

    name = "folder"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, cid: str, file: Path) -> None:
        """Copied beside its place, synced, then put there: never half a file under the name."""
        await asyncio.to_thread(self._put, self._place(cid), file)

    @staticmethod
    def _put(place: Path, file: Path) -> None:
        if place.exists():
            return
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = place.with_suffix(f".{os.getpid()}")
        try:
            with file.open("rb") as source, beside.open("wb") as target:
                shutil.copyfileobj(source, target, PIECE)
                target.flush()
                os.fsync(target.fileno())
            beside.replace(place)
        except OSError as error:
            beside.unlink(missing_ok=True)
            raise StoreError(f"the folder cannot keep the file: {error}") from error

    async def get(self, cid: str) -> AsyncGenerator[bytes]:
        """Read as it is asked for."""
        try:
            file = await asyncio.to_thread(self._place(cid).open, "rb")
        except FileNotFoundError as error:
            raise MissingError(f"the folder does not hold {cid}") from error
        try:
            while piece := await asyncio.to_thread(file.read, PIECE):
                yield piece
        finally:
            file.close()

    async def remove(self, cid: str) -> None:
        """Deleted."""
        await asyncio.to_thread(self._place(cid).unlink, missing_ok=True)

    async def close(self) -> None:
        """Nothing is open."""

    def _place(self, cid: str) -> Path:
        # The name becomes a path: nothing but a CID may.
        if _CID.fullmatch(cid) is None:
            raise StoreError("this is no CID")
        return self._folder / cid[-2:] / cid


class KuboStore:
    """An IPFS node of one's own, by its RPC interface."""

    name = "kubo"

    def __init__(self, url: str) -> None:
        self._http = httpx.AsyncClient(base_url=url, timeout=_SECONDS)

    async def put(self, cid: str, file: Path) -> None:
        """Add and pin; the node's CID must be ours."""
        said = await _answer(
            self.name,
            lambda opened: self._http.post(
                "/api/v0/add",
                params={
                    "cid-version": "1",
                    "raw-leaves": "true",
                    "pin": "true",
                    "chunker": "size-262144",
                    "quieter": "true",
                },
                files={"file": (cid, opened)},
            ),
            file,
        )
        _same(self.name, cid, said.get("Hash"))

    async def get(self, cid: str) -> AsyncGenerator[bytes]:
        """Stream what the node has, or finds."""
        async with contextlib.aclosing(
            _stream(self._http, "POST", "/api/v0/cat", params={"arg": cid})
        ) as pieces:
            async for piece in pieces:
                yield piece

    async def remove(self, cid: str) -> None:
        """Unpinned: the node forgets it with its next collection of garbage."""
        try:
            said = await self._http.post("/api/v0/pin/rm", params={"arg": cid})
        except httpx.HTTPError as error:
            raise StoreError(f"{self.name} does not answer: {error}") from error
        # The node tells what is not pinned with status 500 and a message, like every other error.
        if said.is_error and "not pinned" not in said.text:
            raise StoreError(f"{self.name} does not unpin: {said.text[:200]}")

    async def close(self) -> None:
        """Let connections go."""
        await self._http.aclose()


class PinataStore:
    """Pinata's service, which pins for money; reading goes through a gateway."""

    name = "pinata"

    def __init__(self, url: str, gateway: str, token: str) -> None:
        self._http = httpx.AsyncClient(
            base_url=url, timeout=_SECONDS, headers={"Authorization": f"Bearer {token}"}
        )
        self._gateway = httpx.AsyncClient(base_url=gateway, timeout=_SECONDS)

    async def put(self, cid: str, file: Path) -> None:
        """Pin; the service's CID must be ours."""
        said = await _answer(
            self.name,
            lambda opened: self._http.post(
                "/pinning/pinFileToIPFS",
                files={"file": (cid, opened)},
                data={"pinataOptions": '{"cidVersion":1}', "pinataMetadata": f'{{"name":"{cid}"}}'},
            ),
            file,
        )
        _same(self.name, cid, said.get("IpfsHash"))

    async def get(self, cid: str) -> AsyncGenerator[bytes]:
        """Stream from the gateway."""
        async with contextlib.aclosing(_stream(self._gateway, "GET", f"/ipfs/{cid}")) as pieces:
            async for piece in pieces:
                yield piece

    async def remove(self, cid: str) -> None:
        """Unpinned."""
        try:
            said = await self._http.delete(f"/pinning/unpin/{cid}")
        except httpx.HTTPError as error:
            raise StoreError(f"{self.name} does not answer: {error}") from error
        if said.is_error and said.status_code != httpx.codes.NOT_FOUND:
            raise StoreError(f"{self.name} does not unpin: {said.status_code}")

    async def close(self) -> None:
        """Let connections go."""
        await self._http.aclose()
        await self._gateway.aclose()


async def _answer(
    name: str, ask: Callable[[Any], Awaitable[httpx.Response]], file: Path | None = None
) -> dict[str, Any]:
    """The JSON object of an answer, the file being open while it is asked for."""
    try:
        with contextlib.ExitStack() as stack:
            said = await ask(stack.enter_context(file.open("rb")) if file else None)
        said.raise_for_status()
        return msgspec.json.decode(said.content, type=dict[str, Any])
    except (httpx.HTTPError, OSError, msgspec.DecodeError) as error:
        raise StoreError(f"{name} does not keep or tell: {error}") from error


async def _stream(
    http: httpx.AsyncClient, method: str, path: str, **options: Any
) -> AsyncGenerator[bytes]:
    try:
        async with http.stream(method, path, **options) as said:
            if said.is_error:
                raise MissingError(f"{path} gives no file: {said.status_code}")
            async for piece in said.aiter_bytes(PIECE):
                yield piece
    except httpx.HTTPError as error:
        raise StoreError(f"{path} does not answer: {error}") from error


def _same(name: str, cid: str, said: object) -> None:
    if said != cid:
        raise StoreError(f"{name} calls the file {said}, not {cid}: it keeps something else")


Held = Literal["held", "repaired", "spoilt", "away"]


class Replicas:
    """All stores: a file is kept when each of them keeps it, and read from the first that can."""

    def __init__(self, stores: Sequence[Store]) -> None:
        self._stores = tuple(stores)

    async def put(self, cid: str, file: Path) -> None:
        """Raises StoreError if a store does not take it; the others keep theirs."""
        for store in self._stores:
            await store.put(cid, file)

    async def fetch(self, cid: str, into: Path) -> None:
        """A whole copy, checked against the CID, in `into`. Raises MissingError."""
        for store in self._stores:
            if await self._sound(store, cid, into) == "held":
                return
        await asyncio.to_thread(into.unlink, missing_ok=True)
        raise MissingError(f"no store gives {cid} as it was")

    async def check(self, cid: str, scratch: Path) -> dict[str, Held]:
        """What each store holds: read whole, and given anew from another where it is not sound."""
        found = {store.name: await self._sound(store, cid, scratch) for store in self._stores}
        try:
            if all(held == "held" for held in found.values()):
                return found
            with contextlib.suppress(MissingError):
                await self.fetch(cid, scratch)
                for store in self._stores:
                    if found[store.name] == "spoilt":
                        with contextlib.suppress(StoreError):
                            await store.remove(cid)
                            await store.put(cid, scratch)
                            found[store.name] = "repaired"
        finally:
            await asyncio.to_thread(scratch.unlink, missing_ok=True)
        return found

    async def remove(self, cid: str) -> None:
        """Ask every store to let the file go. Raises StoreError if one is away."""
        for store in self._stores:
            await store.remove(cid)

    @staticmethod
    async def _sound(store: Store, cid: str, into: Path) -> Held:
        hasher = CidHasher()
        try:
            with into.open("wb") as file:
                async for piece in store.get(cid):
                    hasher.update(piece)
                    await asyncio.to_thread(file.write, piece)
        except MissingError:
            return "spoilt"
        except StoreError:
            return "away"
        return "held" if hasher.cid() == cid else "spoilt"

    async def close(self) -> None:
        """Let all connections go."""
        for store in self._stores:
            await store.close()
