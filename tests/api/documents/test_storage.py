"""Files are sealed so that nothing of them can be changed, and kept where their CID finds them."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.documents.quarantine import Upload
from api.documents.storage.cid import CidHasher, cid_of
from api.documents.storage.keys import KeyLostError, MasterKeys, Secrets, Wrapped, commitment
from api.documents.storage.sealing import CHUNK, SEALED_CHUNK, Sealer, TamperedError, opened
from api.documents.storage.stores import (
    FolderStore,
    KuboStore,
    MissingError,
    PinataStore,
    Replicas,
    StoreError,
)

pytestmark = pytest.mark.anyio

DOCUMENT = uuid.UUID(int=7)
KEY = bytes(range(32))
SIZES = st.sampled_from([0, 1, 17, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 5])


def _data(size: int) -> bytes:
    return bytes((number * 7 + number // 251) % 256 for number in range(size))


def _sealed(data: bytes, document: uuid.UUID = DOCUMENT, step: int = 50_000) -> bytes:
    sealer = Sealer(KEY, document)
    parts = [sealer.seal(data[at : at + step]) for at in range(0, len(data), step)]
    return b"".join([*parts, sealer.finish()])


@given(SIZES, st.integers(1_000, 200_000), st.integers(1_000, 200_000))
def test_a_file_comes_out_as_it_went_in(size: int, step: int, piece: int) -> None:
    data = _data(size)
    sealed = _sealed(data, step=step)
    pieces = (sealed[at : at + piece] for at in range(0, len(sealed), piece))
    assert b"".join(opened(pieces, KEY, DOCUMENT)) == data
    assert len(sealed) == len(data) + 28 * max(1, -(-len(data) // CHUNK))


@given(SIZES, st.data())
def test_a_changed_bit_is_found(size: int, data: st.DataObject) -> None:
    sealed = bytearray(_sealed(_data(size)))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(TamperedError):
        list(opened([bytes(sealed)], KEY, DOCUMENT))


def test_chunks_cannot_be_cut_moved_repeated_or_taken_elsewhere() -> None:
    sealed = _sealed(_data(3 * CHUNK + 5))
    chunks = [sealed[at : at + SEALED_CHUNK] for at in range(0, len(sealed), SEALED_CHUNK)]
    first, second, third, last = chunks
    for forged in (
        [first, second, third],
        [second, first, third, last],
        [first, second, second, third, last],
        [first, last],
        [],
    ):
        with pytest.raises(TamperedError):
            list(opened(forged, KEY, DOCUMENT))
    with pytest.raises(TamperedError):
        list(opened(chunks, KEY, uuid.UUID(int=8)))


def _upload(place: Path) -> Upload:
    return Upload(place, DOCUMENT, Secrets(KEY, bytes(32)))


@given(SIZES, st.integers(0, 4 * CHUNK), st.integers(0, 3 * SEALED_CHUNK))
def test_an_interrupted_upload_goes_on_where_it_ended(size: int, came: int, written: int) -> None:
    """However much of it came, and however much of that the disk has."""
    data = _data(size)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "sealed"
        begun = _upload(place)
        begun.write(data[:came])
        if came >= size:
            begun.finish()
        begun.close()
        os.truncate(place, min(written, place.stat().st_size))
        going_on = _upload(place)
        assert going_on.received <= min(came, size)
        going_on.write(data[going_on.received :])
        going_on.finish()
        going_on.close()
        sealed = place.read_bytes()
    assert b"".join(opened([sealed], KEY, DOCUMENT)) == data
    assert going_on.sha256 == hashlib.sha256(data).digest()
    assert going_on.cid() == cid_of(sealed)


def test_no_two_chunks_are_sealed_under_one_nonce() -> None:
    """Not even where an upload goes on with other bytes than those that broke off."""
    nonces = []
    for attempt in (b"a", b"b", b"a"):
        sealer = Sealer(KEY, DOCUMENT, whole=1)
        sealed = sealer.seal(attempt * (2 * CHUNK)) + sealer.finish()
        nonces += [sealed[at : at + 12] for at in range(0, len(sealed), SEALED_CHUNK)]
    assert len(set(nonces)) == len(nonces) == 6


def test_secrets_open_for_their_document_and_key_only() -> None:
    inside = Secrets.fresh()
    old = MasterKeys({1: b"1" * 32})
    wrapped = old.wrap(DOCUMENT, inside)
    both = MasterKeys.parse(f"1:{'MTEx' * 10}MTE=,2:{'MjIy' * 10}MjI=")
    assert both.unwrap(DOCUMENT, wrapped) == inside
    again = both.wrap(DOCUMENT, inside)
    assert again.version == 2
    with pytest.raises(KeyLostError):
        old.unwrap(DOCUMENT, again)
    for document, other in (
        (uuid.UUID(int=8), wrapped),
        (DOCUMENT, Wrapped(2, wrapped.data)),
        (DOCUMENT, Wrapped(1, wrapped.data[:-1])),
    ):
        with pytest.raises(KeyLostError):
            both.unwrap(document, other)
    assert inside.data_key.hex() not in repr(inside) + repr(wrapped) + repr(both)


@pytest.mark.parametrize("text", ["", "1", "1:short", "x:MTEx", "1:MTEx,1:MTEx", "1:!!!"])
def test_keys_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        MasterKeys.parse(text)


def test_the_commitment_needs_the_salt() -> None:
    file_hash, salt = hashlib.sha256(b"file").digest(), b"s" * 32
    assert commitment(salt, file_hash) == hashlib.sha256(salt + file_hash).digest()
    assert commitment(b"t" * 32, file_hash) != commitment(salt, file_hash)


# Made with a public implementation of `ipfs add --cid-version=1 --raw-leaves` (aleph-cid 0.1.0).
KNOWN_CIDS = {
    0: "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku",
    1: "bafkreidogqfzz75tpkmjzjke425xqcrmpcib2p5tg44hnbirumdbpl5adu",
    262_144: "bafkreidtpmdhdmgsrvgltsrlzrfs5ragszmg3o3legvfagtwldoeiucayu",
    262_145: "bafybeidbuw2hpnkpnbwvz6xirywx74hyz64czv2fhdsr2m2c67bbpsd3m4",
    2_000_003: "bafybeifstlgxevqpyhsdsuhdvbbzqne4vrxnjyexmrshzqwsalc7n5x2vu",
    20 << 20: "bafybeibj3owtajdae5hc5kcogyerqnih3m4coe6w5kkesw3k3tgnsjtpbe",
}


@pytest.mark.parametrize("size", KNOWN_CIDS)
def test_cids_are_those_of_ipfs(size: int) -> None:
    assert cid_of(_data(size)) == KNOWN_CIDS[size]


def test_a_file_beyond_one_node_has_no_cid_here() -> None:
    hasher = CidHasher()
    for _ in range(175):
        hasher.update(bytes(262_144))
    with pytest.raises(ValueError, match="no CID"):
        hasher.cid()


class _Double(BaseHTTPRequestHandler):
    """A double of Kubo and Pinata: keeps what it is sent, and insists on how it is sent."""

    kept: dict[str, bytes]
    lies: bool

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        url = urlsplit(self.path)
        query = {name: value[0] for name, value in parse_qs(url.query).items()}
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if url.path == "/api/v0/add":
            assert query == {
                "cid-version": "1", "raw-leaves": "true", "pin": "true", "quieter": "true",
                "chunker": "size-262144",
            }  # fmt: skip
            self._say({"Hash": self._keep(self._parts(body)["file"])})
        elif url.path == "/api/v0/cat":
            self._give(query["arg"])
        elif url.path == "/api/v0/pin/rm":
            held = self.kept.pop(query["arg"], None) is not None
            self._say({} if held else {"Message": "is not pinned"}, 200 if held else 500)
        elif url.path == "/pinning/pinFileToIPFS":
            assert self.headers["authorization"] == "Bearer token of Pinata"
            parts = self._parts(body)
            assert json.loads(parts["pinataOptions"]) == {"cidVersion": 1}
            self._say({"IpfsHash": self._keep(parts["file"])})
        else:
            self._say({"error": "nothing here"}, 404)

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        self._give(url.path.removeprefix("/ipfs/"))

    def do_DELETE(self) -> None:
        gone = self.kept.pop(self.path.removeprefix("/pinning/unpin/"), None)
        self._say({}, 200 if gone else 404)

    def _keep(self, data: bytes) -> str:
        cid = cid_of(data + b"!" if self.lies else data)
        self.kept[cid] = data
        return cid

    def _give(self, cid: str) -> None:
        data = self.kept.get(cid)
        self.send_response(200 if data is not None else 500)
        self.send_header("Content-Length", str(len(data or b"")))
        self.end_headers()
        self.wfile.write(data or b"")

    def _say(self, said: dict[str, Any], status: int = 200) -> None:
        body = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _parts(self, body: bytes) -> dict[str, bytes]:
        """The parts of a multipart form, by name."""
        head = f"Content-Type: {self.headers['content-type']}\r\n\r\n".encode()
        form = BytesParser(policy=HTTP).parsebytes(head + body)
        return {
            str(part.get_param("name", header="content-disposition")): bytes(
                part.get_payload(decode=True)
            )
            for part in form.iter_parts()
        }


@pytest.fixture
def double() -> Iterator[tuple[str, dict[str, bytes], Callable[[], None]]]:
    """Its address, what it keeps, and a way to make it lie."""

    class Fresh(_Double):
        kept: dict[str, bytes] = {}  # noqa: RUF012
        lies = False

    def lie() -> None:
        Fresh.lies = True

    server = ThreadingHTTPServer(("127.0.0.1", 0), Fresh)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", Fresh.kept, lie
    server.shutdown()
    thread.join()
    server.server_close()


def _stores(url: str, folder: Path) -> dict[str, Any]:
    return {
        "folder": FolderStore(folder),
        "kubo": KuboStore(url),
        "pinata": PinataStore(url, url, "token of Pinata"),
    }


@pytest.mark.parametrize("name", ["folder", "kubo", "pinata"])
async def test_a_store_keeps_gives_and_forgets(name: str, double: Any, tmp_path: Path) -> None:
    await _keeps_gives_and_forgets(_stores(double[0], tmp_path / "kept")[name], tmp_path)


async def _keeps_gives_and_forgets(store: Any, folder: Path) -> None:
    sealed = _sealed(_data(400_000))
    file, cid = folder / "sealed", cid_of(sealed)
    file.write_bytes(sealed)
    await store.put(cid, file)
    await store.put(cid, file)
    assert b"".join([piece async for piece in store.get(cid)]) == sealed
    await store.remove(cid)
    await store.remove(cid)
    if not isinstance(store, KuboStore):  # a node forgets later, when it collects its garbage
        with pytest.raises(MissingError):
            await anext(store.get(cid))
    await store.close()


async def test_a_real_kubo_agrees(tmp_path: Path) -> None:
    with _kubo(tmp_path / "repo") as url:
        await _keeps_gives_and_forgets(KuboStore(url), tmp_path)


@contextmanager
def _kubo(folder: Path) -> Iterator[str]:
    """A node of IPFS without a network, if there is one on this machine."""
    program = shutil.which("ipfs")
    if program is None:
        pytest.skip("no `ipfs` (Kubo) on this machine")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {"IPFS_PATH": str(folder), "HOME": str(folder)}
    subprocess.run([program, "init", "--profile=test"], env=environment, check=True)
    address = f"/ip4/127.0.0.1/tcp/{port}"
    subprocess.run([program, "config", "Addresses.API", address], env=environment, check=True)
    with subprocess.Popen(
        [program, "daemon", "--offline"], env=environment, stdout=subprocess.PIPE, text=True
    ) as node:
        assert node.stdout is not None
        ready = any("Daemon is ready" in line for line in node.stdout)
        try:
            assert ready
            yield f"http://127.0.0.1:{port}"
        finally:
            node.terminate()
            node.stdout.read()


@pytest.mark.parametrize("name", ["kubo", "pinata"])
async def test_a_store_that_keeps_something_else_is_found(
    name: str, double: Any, tmp_path: Path
) -> None:
    url, _, lie = double
    lie()
    file = tmp_path / "sealed"
    file.write_bytes(b"sealed")
    with pytest.raises(StoreError, match="it keeps something else"):
        await _stores(url, tmp_path)[name].put(cid_of(b"sealed"), file)


@pytest.mark.parametrize("name", ["kubo", "pinata"])
async def test_a_store_that_is_away_says_so(name: str, tmp_path: Path) -> None:
    store = _stores("http://127.0.0.1:1", tmp_path)[name]
    file = tmp_path / "sealed"
    file.write_bytes(b"sealed")
    for ask in (store.put("b", file), store.remove("b"), anext(store.get("b"))):
        with pytest.raises(StoreError):
            await ask


async def test_replicas_are_read_from_whichever_is_sound_and_mended(
    double: Any, tmp_path: Path
) -> None:
    url, kept, _ = double
    stores = _stores(url, tmp_path / "kept")
    replicas = Replicas([stores["folder"], stores["kubo"]])
    sealed, scratch = _sealed(_data(70_000)), tmp_path / "scratch"
    file, cid = tmp_path / "sealed", cid_of(sealed)
    file.write_bytes(sealed)
    await replicas.put(cid, file)
    place = tmp_path / "kept" / cid[-2:] / cid
    place.write_bytes(sealed[:-1] + b"?")
    await replicas.fetch(cid, scratch)
    assert scratch.read_bytes() == sealed
    assert await replicas.check(cid, scratch) == {"folder": "repaired", "kubo": "held"}
    assert place.read_bytes() == sealed
    kept.clear()
    assert await replicas.check(cid, scratch) == {"folder": "held", "kubo": "repaired"}
    assert kept == {cid: sealed}
    place.unlink()
    kept[cid] = b"something else"
    with pytest.raises(MissingError):
        await replicas.fetch(cid, scratch)
    assert await replicas.check(cid, scratch) == {"folder": "spoilt", "kubo": "spoilt"}
    assert not scratch.exists()
    await replicas.close()


async def test_nothing_but_a_cid_becomes_a_path(tmp_path: Path) -> None:
    for name in ("../../etc/passwd", "", "b/../x", cid_of(b"x").upper()):
        with pytest.raises(StoreError):
            await FolderStore(tmp_path).remove(name)


def test_httpx_is_what_answers(double: Any) -> None:
    """The double insists: without the options that make the CID ours it does not take a file."""
    with pytest.raises(httpx.TransportError):
        httpx.post(f"{double[0]}/api/v0/add", files={"file": b"x"})
