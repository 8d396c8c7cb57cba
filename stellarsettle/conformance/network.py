"""The recorded network played again: the local ledger, closed as the recorded one closed."""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Iterator
from typing import Any

import httpx
import msgspec
from stellar_sdk import xdr

from stellarsettle import devnet
from stellarsettle.conformance import entries
from stellarsettle.conformance.recording import Ledger, Recording, Request

_TIMEOUT = 60
_VISIBLE_AFTER = 0.02
"""Seconds after a ledger's close time in which a node may not show it yet."""
_NOT_HERE = b"this ledger has no operation"
_SHOWN_HEADERS = ("content-type", "allow", "retry-after")


class Answer(msgspec.Struct, frozen=True):
    """What came back: the HTTP status, the body (JSON if it is), some headers."""

    status: int
    body: Any
    headers: dict[str, str]


class Network(msgspec.Struct):
    """A local ledger that follows a recording."""

    recording: Recording
    passphrase: str
    rpc: str
    http: httpx.Client
    latest: int
    waiting: set[str]
    corrected: list[str]
    refused: set[str]

    def ask(self, request: Request, ledger: int) -> Answer:
        """Bring the ledger to where the recorded one was, then send the same request."""
        self.follow(ledger)
        verb, path = (request.http.verb, request.http.path) if request.http else ("POST", "/")
        reply = self.http.request(
            verb, self.rpc + path, content=request.body, headers=request.headers
        )
        answer = Answer(reply.status_code, _decoded(reply.content), _shown(reply.headers))
        self._note_sent(answer)
        return answer

    def follow(self, ledger: int) -> None:
        """Close ledgers up to this one, each with what entered the recorded one."""
        for sequence in range(self.latest + 1, ledger + 1):
            recorded = self.recording.ledgers[sequence]
            entering = [one for one in recorded.transactions if one in self.waiting]
            upgrades = list(recorded.upgrades)
            if self.latest == self.recording.first.sequence:
                upgrades = [*self._earlier_votes(), *upgrades]
            close_time = recorded.close_time
            order = {"closeTime": close_time, "transactions": entering, "upgrades": upgrades}
            self.call("dev_close", order)
            self.waiting.difference_update(entering)
            self.latest = sequence
            self._keep_in_step(recorded)

    def call(self, method: str, params: dict[str, Any]) -> Any:
        """The result of a method of the local ledger."""
        message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        answer = self.http.post(self.rpc, json=message).json()
        if "error" in answer:
            raise devnet.DevnetError(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def meta(self, sequence: int) -> str:
        """The LedgerCloseMeta of a closed ledger, in base64 XDR."""
        page = {"startLedger": sequence, "pagination": {"limit": 1}}
        metadata: str = self.call("getLedgers", page)["ledgers"][0]["metadataXdr"]
        return metadata

    def set_up(self) -> None:
        """Give the ledger the entries the recorded one had before its first recorded ledger."""
        found = entries.earlier(self.recording.metas)
        voted = (entry.last_modified_ledger_seq.uint32 for entry in found if _is_setting(entry))
        modified = min(voted, default=1)
        for setting in self.recording.settings:
            order = {"key": setting.key, "xdr": setting.xdr, "lastModifiedLedgerSeq": modified}
            self.call("dev_setEntry", order)
        for entry in found:
            if not _is_setting(entry):
                self._set_entry(entry)

    def _keep_in_step(self, recorded: Ledger) -> None:
        """Give entries that came out otherwise the recorded form: no difference counts twice."""
        left = entries.left(recorded.meta)
        lives = {
            one.key.ttl.key_hash.hash: one.live_until
            for one in left.values()
            if one.key.ttl is not None
        }
        for one in left.values():
            if one.key.ttl is None and one.key.config_setting is None:
                self._correct(one, lives.get(entries.ttl_hash(one.key)))

    def _correct(self, one: entries.Left, live_until: int | None) -> None:
        key = one.key.to_xdr()
        found = self.call("getLedgerEntries", {"keys": [key]})["entries"]
        ours = found[0] if found else {}
        if one.key.contract_code is not None and found:
            return  # a newer protocol counts more of what code costs
        expected = one.data.to_xdr() if one.data else None
        lives = live_until if live_until is not None else ours.get("liveUntilLedgerSeq")
        same = (
            ours.get("xdr") == expected
            and ours.get("liveUntilLedgerSeq") == (lives if one.data else None)
            and ours.get("lastModifiedLedgerSeq", 0) == one.last_modified
        )
        if same:
            return
        order = {"key": key, "lastModifiedLedgerSeq": one.last_modified}
        if expected is not None:
            order |= {"xdr": expected, "liveUntilLedgerSeq": lives or 0}
        self.call("dev_setEntry", order)
        self.corrected.append(f"ledger {self.latest}: {one.key.type.name}")

    def _set_entry(self, entry: xdr.LedgerEntry) -> None:
        order = {
            "key": entries.key_of(entry.data).to_xdr(),
            "xdr": entry.data.to_xdr(),
            "lastModifiedLedgerSeq": entry.last_modified_ledger_seq.uint32,
        }
        self.call("dev_setEntry", order)

    def _earlier_votes(self) -> list[str]:
        """What was voted before the recording starts and shows in every header."""
        size = self.recording.first.meta.ledger_header.header.max_tx_set_size
        kind = xdr.LedgerUpgradeType.LEDGER_UPGRADE_MAX_TX_SET_SIZE
        return [xdr.LedgerUpgrade(type=kind, new_max_tx_set_size=size).to_xdr()]

    def _note_sent(self, answer: Answer) -> None:
        result = answer.body.get("result") if isinstance(answer.body, dict) else None
        if not isinstance(result, dict):
            return
        if result.get("status") == "PENDING":
            self.waiting.add(result["hash"])
        elif result.get("status") == "ERROR":
            told = map(base64.b64decode, result.get("diagnosticEventsXdr", ()))
            if any(_NOT_HERE in event for event in told):
                self.refused.add(result["hash"])


@contextlib.contextmanager
def running(recording: Recording) -> Iterator[Network]:
    """The local ledger, set up as the recorded network was when the recording starts."""
    first = recording.first
    options = (
        *("--first-ledger", str(first.sequence)),
        *("--start-time", str(first.close_time)),
        *("--close", "manual", "--header", "seconds"),
    )
    with devnet.running(options=options) as ledger, httpx.Client(timeout=_TIMEOUT) as http:
        network = Network(
            recording, ledger.passphrase, ledger.rpc, http, first.sequence, set(), [], set()
        )
        network.set_up()
        yield network


def schedule(recording: Recording) -> list[int]:
    """The last closed ledger at each request: as its answer tells, else by its time."""
    later: list[int] = []
    bound = max(recording.ledgers)
    for request in reversed(recording.requests):
        bound = min(bound, request.ledger or bound)
        later.append(bound)
    known: list[int] = []
    latest = recording.first.sequence
    for request, most in zip(recording.requests, reversed(later), strict=True):
        by_time = _closed_at(recording.ledgers, request.t - _VISIBLE_AFTER)
        latest = request.ledger or max(latest, min(by_time, most))
        known.append(latest)
    return known


def _closed_at(ledgers: dict[int, Ledger], moment: float) -> int:
    closed = [ledger.sequence for ledger in ledgers.values() if ledger.close_time <= moment]
    return max(closed, default=min(ledgers))


def _is_setting(entry: xdr.LedgerEntry) -> bool:
    return entry.data.config_setting is not None


def _decoded(content: bytes) -> Any:
    try:
        return msgspec.json.decode(content)
    except msgspec.DecodeError:
        return content.decode(errors="replace")


def _shown(headers: httpx.Headers) -> dict[str, str]:
    return {name: headers[name] for name in _SHOWN_HEADERS if name in headers}
