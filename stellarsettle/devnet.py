"""Start and stop the local ledger, and move its clock."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec

BINARY = Path(__file__).resolve().parents[1] / "build" / "bin" / "stellarsettle-devnet"
_STOP_SECONDS = 10


class DevnetError(Exception):
    """The local ledger could not be started or refused a call."""


class Close(msgspec.Struct, frozen=True, rename="camel"):
    """One closed ledger: its own time and the machine's when it closed, both in milliseconds."""

    sequence: int
    closed_at_ms: int
    wall_ms: int


class Devnet(msgspec.Struct, frozen=True):
    """A running local ledger: where it answers and which network it is."""

    rpc: str
    friendbot: str
    passphrase: str
    protocol: int

    def advance_time(self, seconds: int) -> None:
        """Move the ledger's clock forward and close a ledger at the new time."""
        self._call("dev_advanceTime", {"seconds": seconds})

    def close(self) -> None:
        """Close a ledger now, even without a transaction."""
        self._call("dev_close", {})

    def closes(self, start_ledger: int) -> list[Close]:
        """When each ledger from `start_ledger` on was closed."""
        result = self._call("dev_getCloses", {"startLedger": start_ledger})
        return msgspec.convert(result["closes"], list[Close])

    def replica(self, name: str) -> str:
        """The URL of a replica: the same ledger, with the faults that are planned for it."""
        return f"{self.rpc}/replica/{name}"

    def set_faults(self, *rules: dict[str, Any], seed: int = 0) -> None:
        """Start a fault plan in the place of the one before; without rules all is well again."""
        self._call("dev_setFaults", {"seed": seed, "rules": list(rules)})

    def faults(self) -> list[dict[str, Any]]:
        """The rules of the fault plan, each with the requests it has `seen` and its `hits`."""
        rules: list[dict[str, Any]] = self._call("dev_getFaults", {})["rules"]
        return rules

    def fund(self, address: str) -> None:
        """Create an account with the friendbot's native balance."""
        answer = httpx.get(self.friendbot, params={"addr": address}, timeout=30)
        if answer.status_code != httpx.codes.OK:
            raise DevnetError(f"the friendbot refused {address}: {answer.text}")

    def _call(self, method: str, params: dict[str, Any]) -> Any:
        message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        answer = httpx.post(self.rpc, json=message, timeout=30).json()
        if "error" in answer:
            raise DevnetError(f"{method}: {answer['error']['message']}")
        return answer["result"]


@contextlib.contextmanager
def running(*, listen: str = "127.0.0.1:0", options: tuple[str, ...] = ()) -> Iterator[Devnet]:
    """Run a fresh local ledger until the block ends; port 0 is a free one."""
    if not BINARY.exists():
        raise DevnetError(f"{BINARY} is not built: run `make built`")
    process = subprocess.Popen(
        [str(BINARY), "--listen", listen, "--parent-pid", str(os.getpid()), *options],
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield _greeting(process)
    finally:
        process.terminate()
        try:
            process.wait(timeout=_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _greeting(process: subprocess.Popen[bytes]) -> Devnet:
    line = process.stdout.readline() if process.stdout is not None else b""
    try:
        return msgspec.json.decode(line, type=Devnet)
    except msgspec.DecodeError as error:
        raise DevnetError("the local ledger did not start; is its port taken?") from error
