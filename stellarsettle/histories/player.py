"""Plays a script line by line and stops at the first difference."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from stellar_sdk import xdr

from contracts import decoding
from contracts.wire import Contract, Invocation
from indexer.rpc import RpcClient
from stellarsettle import devnet
from stellarsettle.histories import stage
from stellarsettle.histories.ledger import Call, Done, Emitted, Ledger, RefusedError
from stellarsettle.histories.names import kind_of

START = 1_900_000_000
"""Time zero of every script, in Unix seconds."""
_FOOTPRINT_ENTRIES = 90
_INDEXED = ("@escrow", "@distributor")
_PULLS = {"fund_escrow": ("investor", "@escrow"), "record_payment": ("payer", "@distributor")}


class Difference(Exception):  # noqa: N818 -- what a player looks for is no error of its own
    """Contracts and script do not agree."""

    def __init__(self, where: str, expected: object, got: object) -> None:
        super().__init__(f"{where}: expected {_shown(expected)}, got {_shown(got)}")


class Played(msgspec.Struct, frozen=True):
    """What was compared: calls, how many of them were refused, and failed in a ledger; views."""

    steps: int
    refusals: int
    failed_in_ledger: int
    views: int

    def __str__(self) -> str:
        """One line."""
        return (
            f"{self.steps} steps ({self.refusals} refused, {self.failed_in_ledger} of them also in"
            f" the ledger), {self.views} views, no difference"
        )


def scripts(folder: Path) -> list[Path]:
    """The scripts of a folder, in order."""
    return sorted(folder.glob("*.jsonl"))


def report(script: Path) -> tuple[bool, str]:
    """Whether a script is played without a difference, and a line that says so or names it."""
    try:
        return True, f"{script.name}: {play(script)}"
    except Difference as difference:
        return False, f"{script.name}: {difference}"
    except Exception as error:  # noqa: BLE001  # a script that cannot be played is told by name
        return False, f"{script.name}: cannot be played: {error!r}"


def play(script: Path) -> Played:
    """Play one script on a local ledger of its own; raises `Difference` at the first one."""
    lines = [msgspec.json.decode(line) for line in script.read_bytes().splitlines() if line]
    with (
        devnet.running(options=("--start-time", str(START))) as network,
        RpcClient(network.rpc) as client,
    ):
        player = _Player(Ledger(network, client), lines[0])
        for line in lines[1:]:
            if line["kind"] == "step":
                player.step(line)
            else:
                player.final(line)
        return player.played()


class _Player:
    def __init__(self, ledger: Ledger, header: dict[str, Any]) -> None:
        self._ledger = ledger
        self._names = stage.build(header, ledger, START)
        self._time = 0
        self._assets: dict[str, str] = {}
        self._footprints: dict[str, dict[bytes, bool]] = {}
        self._counts = dict.fromkeys(Played.__struct_fields__, 0)
        names = self._names
        self._foreign = {names.address(alias) for alias in header["assets"]}
        before = stage.construct(header, ledger, names)
        events = [
            event
            for number in range(before + 1, ledger.newest() + 1)
            for event in ledger.events(number)
        ]
        self._compare_events("constructors", events, header["events"])

    def played(self) -> Played:
        return Played(**self._counts)

    def step(self, step: dict[str, Any]) -> None:
        where = f"step {step['n']}, {step['contract']} {step['fn']}"
        self._move_clock(step["at"])
        self._names.ledger = self._ledger.newest()
        call = self._call(step)
        self._counts["steps"] += 1
        try:
            done = self._ledger.execute(call)
        except RefusedError as refused:
            self._compare_refusal(where, step, call, refused)
            return
        self._compare_value(where, step, done)
        self._remember(step, done)
        self._compare_events(where, done.events, step["events"])
        self._compare_views(where, step["views"])

    def final(self, line: dict[str, Any]) -> None:
        self._move_clock(line["at"])
        self._compare_views("final", line["views"])

    def _move_clock(self, at: int) -> None:
        if at > self._time:
            self._ledger.network.advance_time(at - self._time)
            self._time = at

    def _call(self, step: dict[str, Any]) -> Call:
        return Call(
            signers=tuple(self._names.keys[alias] for alias in step["caller"]),
            address=self._names.address(step["contract"]),
            invocation=self._invocation(step),
            nested=tuple(self._nested(step)),
        )

    def _invocation(self, asked: dict[str, Any]) -> Invocation:
        contract = asked["contract"]
        if contract.startswith("@asset:"):
            return self._names.asset_call(contract, asked["fn"], asked["args"])
        return self._names.invocation(contract, asked["fn"], asked["args"])

    def _nested(self, step: dict[str, Any]) -> Iterator[tuple[str, Invocation]]:
        """The transfers that a call makes on its signer's behalf, which he signs with it."""
        arguments = step["args"]
        asset = self._assets.get(str(arguments.get("id")))
        if step["contract"] == "@escrow" and step["fn"] in _PULLS and asset is not None:
            payer, receiver = _PULLS[step["fn"]]
            transfer = {"from": arguments[payer], "to": receiver, "amount": arguments["amount"]}
            yield self._names.address(asset), self._names.asset_call(asset, "transfer", transfer)

    def _compare_refusal(
        self, where: str, step: dict[str, Any], call: Call, refused: RefusedError
    ) -> None:
        allowed = step["expect"].get("any")
        if allowed is None:
            raise Difference(where, step["expect"], f"{refused.name}: {refused}")
        if refused.name not in allowed:
            raise Difference(where, allowed, f"{refused.name}: {refused}")
        self._counts["refusals"] += 1
        footprint = self._footprint(_subject(step))
        if footprint is None:
            return
        try:
            name = self._ledger.fail(call, footprint)
        except RefusedError as wrong:
            raise Difference(where, allowed, f"{wrong.name}: {wrong}") from wrong
        if name is not None:
            if name not in allowed:
                raise Difference(f"{where}, in the ledger", allowed, name)
            self._counts["failed_in_ledger"] += 1

    def _compare_value(self, where: str, step: dict[str, Any], done: Done) -> None:
        if "ok" not in step["expect"]:
            raise Difference(where, step["expect"]["any"], done.returned)
        if step["expect"]["ok"] is not None:
            expected = self._names.value(step["contract"], step["expect"]["ok"])
            if done.returned != expected:
                raise Difference(f"{where}, returned", expected, done.returned)

    def _compare_events(
        self, where: str, seen: list[Emitted], listed: list[dict[str, Any]]
    ) -> None:
        """Per contract and in order; each must also be one that the indexer can decode."""
        kinds: dict[str, str] = {
            self._names.address(event["contract"]): event["contract"] for event in listed
        }
        expected: dict[str, list[object]] = {}
        got: dict[str, list[object]] = {}
        for event in listed:
            alias = event["contract"]
            topics = [event["name"], *self._names.value(alias, event["topics"])]
            data = _fields(self._names.value(alias, event["data"]))
            expected.setdefault(alias, []).append((topics, data))
        for emitted in seen:
            if emitted.contract in self._foreign:
                continue
            alias = kinds.get(emitted.contract, emitted.contract)
            got.setdefault(alias, []).append((emitted.topics, _fields(emitted.data)))
            if alias in _INDEXED:
                _check_decoding(where, kind_of(alias), emitted)
        for alias in expected.keys() | got.keys():
            if expected.get(alias, []) != got.get(alias, []):
                raise Difference(
                    f"{where}, events of {alias}", expected.get(alias, []), got.get(alias, [])
                )

    def _compare_views(self, where: str, views: list[dict[str, Any]]) -> None:
        for view in views:
            self._counts["views"] += 1
            label = f"{where}, view {view['contract']} {view['fn']} {view['args']}"
            expected = self._names.value(view["contract"], view["result"])
            address = self._names.address(view["contract"])
            try:
                got = self._ledger.view(address, self._invocation(view))
            except RefusedError as refused:
                raise Difference(label, expected, refused.name) from refused
            got = self._renamed(view["fn"], got)
            if isinstance(expected, dict) and isinstance(got, dict):
                got = {name: item for name, item in got.items() if name in expected}
            if got != expected:
                raise Difference(label, expected, got)

    def _renamed(self, function: str, got: Any) -> Any:
        """Our views under the names of the scripts."""
        if function == "solvency":
            balance, owed = got
            return {"balance": balance, "liability": owed, "principal": owed}
        if function == "get_invoice":
            return got | {"disputed": got["disputed_until"] > START + self._time}
        return got

    def _remember(self, step: dict[str, Any], done: Done) -> None:
        """Keep which entries calls about this subject touch, and invoices' assets."""
        if step["fn"] == "create_escrow":
            created = f"#{step['args']['terms']['natural'][1:]}/{step['args']['seller'][1:]}"
            invoice = f"{created}/{step['args']['attempt']}"
            self._assets[invoice] = step["args"]["terms"]["asset"]
        known = self._footprints.setdefault(_subject(step), {})
        for key in done.footprint.read_only:
            known.setdefault(key.to_xdr_bytes(), False)
        for key in done.footprint.read_write:
            if not _is_nonce(key):
                known[key.to_xdr_bytes()] = True

    def _footprint(self, subject: str) -> xdr.LedgerFootprint | None:
        """All entries that earlier calls about a subject touched, if a transaction takes them."""
        known = dict(self._footprints.get("", {}))
        for key, written in self._footprints.get(subject, {}).items():
            known[key] = known.get(key, False) or written
        if not known or len(known) > _FOOTPRINT_ENTRIES:
            return None
        return xdr.LedgerFootprint(
            [xdr.LedgerKey.from_xdr_bytes(key) for key, written in known.items() if not written],
            [xdr.LedgerKey.from_xdr_bytes(key) for key, written in known.items() if written],
        )


def _subject(step: dict[str, Any]) -> str:
    """What a call is about: an invoice, by its alias, or the platform."""
    contract: str = step["contract"]
    if contract.startswith("@token:"):
        return f"#{contract.removeprefix('@token:')}"
    identity = step["args"].get("id", "")
    return identity if str(identity).startswith("#") else ""


def _is_nonce(key: xdr.LedgerKey) -> bool:
    data = key.contract_data
    return data is not None and data.key.type == xdr.SCValType.SCV_LEDGER_KEY_NONCE


def _fields(data: object) -> object:
    """An event's data by name, without those that are None; tokens may be brief (SEP-41)."""
    match data:
        case int():
            return {"amount": data}
        case [amount, live_until]:
            return {"amount": amount, "live_until": live_until}
        case dict():
            return {name: item for name, item in data.items() if item is not None}
    return {}


def _check_decoding(where: str, kind: Contract, emitted: Emitted) -> None:
    try:
        decoding.decode(kind, emitted.topics, emitted.data)
    except decoding.UndecodableEventError as error:
        raise Difference(where, "an event that can be decoded", error) from error


def _shown(value: object) -> str:
    match value:
        case bytes():
            return value.hex()
        case dict():
            return "{" + ", ".join(f"{name}: {_shown(item)}" for name, item in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(_shown(item) for item in value) + "]"
    return str(value)
