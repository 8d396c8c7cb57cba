"""What was recorded of a real network: requests with their answers, and every ledger."""

from __future__ import annotations

import gzip
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from stellar_sdk import xdr as stellar

REQUESTS = "recordings.jsonl.gz"
_LEDGERS = "ledgers.jsonl.gz"
_SETTINGS = "settings_genesis_p28.json"
_CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
_CUT_BODY = re.compile(r"(?s)(?P<start>.*)\.\.\.\((?P<size>\d+) bytes\)")


class RecordingError(Exception):
    """The recording is not complete or not of the known form."""


class Http(msgspec.Struct, frozen=True):
    """How a request was sent where that was not a plain POST of JSON to `/`."""

    verb: str
    path: str
    headers: dict[str, str | None] | None


class Request(msgspec.Struct, frozen=True):
    """One recorded request: its step, what was sent, and (unless withheld) the answer."""

    n: int
    step: str
    method: str | None
    params: Any
    t: float
    http_status: int | None = None
    response: Any = None
    raw_request: str | None = None
    http: Http | None = None
    response_headers: dict[str, str] | None = None
    withheld: bool = False

    @property
    def family(self) -> str:
        """The first part of the step's name: the steps that belong together."""
        return self.step.split("/")[0]

    @property
    def body(self) -> bytes:
        """What was sent: long bodies were recorded by their start and their length."""
        if self.raw_request is not None:
            return _whole(self.raw_request).encode()
        message = {"jsonrpc": "2.0", "id": 1, "method": self.method}
        if not self.step.endswith("noparams"):
            message["params"] = {} if self.params is None else self.params
        return msgspec.json.encode(message)

    @property
    def headers(self) -> dict[str, str]:
        """The headers that were sent besides those every client sends."""
        wanted = self.http.headers if self.http else None
        if wanted is None:
            wanted = {"Content-Type": "application/json"}
        return {name: value for name, value in wanted.items() if value is not None}

    @property
    def ledger(self) -> int | None:
        """The last ledger as the answer tells it, if it does."""
        result = self.response.get("result") if isinstance(self.response, dict) else None
        if not isinstance(result, dict):
            return None
        return result.get("latestLedger") or result.get("sequence")


class Ledger(msgspec.Struct, frozen=True):
    """A recorded ledger: when it closed, what entered it, and its whole meta."""

    sequence: int
    close_time: int
    transactions: tuple[str, ...]
    upgrades: tuple[str, ...]
    xdr: str
    meta: stellar.LedgerCloseMetaV2


class Setting(msgspec.Struct, frozen=True):
    """A config setting before the first recorded ledger, in base64 XDR."""

    key: str
    xdr: str


class Recording(msgspec.Struct, frozen=True):
    """A whole recording."""

    requests: tuple[Request, ...]
    ledgers: dict[int, Ledger]
    settings: tuple[Setting, ...]

    @property
    def first(self) -> Ledger:
        """The oldest recorded ledger."""
        return self.ledgers[min(self.ledgers)]

    @property
    def metas(self) -> list[stellar.LedgerCloseMetaV2]:
        """What every ledger did, oldest first."""
        return [self.ledgers[sequence].meta for sequence in sorted(self.ledgers)]


def read(requests: Path, network: Path) -> Recording:
    """A recording from its requests' file and the folder that holds the network's ledgers."""
    ledgers = {ledger.sequence: ledger for ledger in _ledgers(network / _LEDGERS)}
    if not ledgers:
        raise RecordingError(f"{network / _LEDGERS} holds no ledger")
    settings = msgspec.json.decode((network / _SETTINGS).read_bytes())["settings_xdr"]
    return Recording(
        requests=tuple(msgspec.json.decode(line, type=Request) for line in _lines(requests)),
        ledgers=ledgers,
        settings=tuple(msgspec.convert(settings, list[Setting])),
    )


def folder_of(requests: Path | None) -> Path | None:
    """The folder of the recorded network: where the requests are, or the corpus; none if gone."""
    corpus = Path(os.environ.get("STELLARSETTLE_CORPUS", _CORPUS))
    folders = (requests.parent if requests else corpus, corpus / "network")
    return next((one for one in folders if (one / _LEDGERS).is_file()), None)


def _lines(path: Path) -> Iterator[bytes]:
    content = path.read_bytes()
    whole = gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content
    return (line for line in whole.splitlines() if line.strip())


def _ledgers(path: Path) -> Iterator[Ledger]:
    for line in _lines(path):
        text = msgspec.json.decode(line)["metadataXdr"]
        meta = stellar.LedgerCloseMeta.from_xdr(text).v2
        if meta is None:
            raise RecordingError("a recorded ledger is not of LedgerCloseMeta version 2")
        header = meta.ledger_header.header
        yield Ledger(
            sequence=header.ledger_seq.uint32,
            close_time=header.scp_value.close_time.time_point.uint64,
            transactions=tuple(
                one.result.transaction_hash.hash.hex() for one in meta.tx_processing
            ),
            upgrades=tuple(
                stellar.LedgerUpgrade.from_xdr_bytes(vote.upgrade_type).to_xdr()
                for vote in header.scp_value.upgrades
            ),
            xdr=text,
            meta=meta,
        )


def _whole(raw: str) -> str:
    """A body as it was sent; the middle of a cut one repeats its last character."""
    cut = _CUT_BODY.fullmatch(raw)
    if cut is None:
        return raw
    start, size = cut["start"], int(cut["size"])
    end = _closing(start)
    return start + start[-1] * (size - len(start) - len(end)) + end


def _closing(start: str) -> str:
    """What ends the text, lists and objects that are open at the end of this JSON."""
    opened: list[str] = []
    for character in re.sub(r"\\.", "", start):
        if opened and opened[-1] == '"':
            if character == '"':
                opened.pop()
        elif character in "}]":
            opened.pop()
        elif character in '{["':
            opened.append({"{": "}", "[": "]", '"': '"'}[character])
    return "".join(reversed(opened))
