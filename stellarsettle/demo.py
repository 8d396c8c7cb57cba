"""The main job, from nothing to numbers: run a platform, tell the story on it, check the sums."""

from __future__ import annotations

import contextlib
import math
import secrets
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import psycopg

from indexer.rebuild import rebuild
from stellarsettle import clamav, local, postgres, story
from stellarsettle.devnet import Close
from stellarsettle.local import LocalPlatform, Tell
from stellarsettle.settings import Settings
from stellarsettle.story import Cast, Told, amount

_LOOK_SECONDS = 0.01
_LEDGER_SECONDS = 5


class Summary(msgspec.Struct, frozen=True):
    """What the story came to; amounts are base units as strings of digits."""

    ok: bool
    ledger: int
    events: int
    invoices: dict[str, int]
    paid_in: str
    paid_out: str
    held: str
    digest_equal: bool
    close_to_readable_ms_p99: float


class Watch(threading.Thread):
    """Notes when each ledger can first be read through the API."""

    def __init__(self, api_url: str) -> None:
        super().__init__(daemon=True)
        self._url = f"{api_url}/v1/platform"
        self._over = threading.Event()
        self.readable: dict[int, float] = {}
        """Ledger to the Unix time, in milliseconds, at which the API first answered as of it."""

    def run(self) -> None:
        """Look until told that it is over."""
        with httpx.Client(timeout=10) as client:
            while not self._over.wait(_LOOK_SECONDS):
                with contextlib.suppress(httpx.TransportError):  # what is not read is not noted
                    answer = client.get(self._url)
                    if answer.is_success:
                        ledger = answer.json()["meta"]["as_of_ledger"]
                        self.readable.setdefault(ledger, time.time() * 1000)

    def wait_for(self, ledger: int) -> None:
        """Go on until `ledger` was read; the API shows it already."""
        while self.is_alive() and not any(seen >= ledger for seen in list(self.readable)):
            time.sleep(_LOOK_SECONDS)

    def over(self) -> None:
        """Stop looking."""
        self._over.set()
        self.join()

    def delays(self, closes: list[Close]) -> list[float]:
        """Milliseconds from each close to the first answer as of that ledger or a later one."""
        seen = sorted(self.readable.items())
        delays = []
        for close in closes:
            first = next((moment for ledger, moment in seen if ledger >= close.sequence), None)
            if first is not None:
                delays.append(max(0.0, first - close.wall_ms))
        return delays


def run(chosen: Settings, tell: Tell, *, once: bool) -> Summary:
    """Tell the story on a fresh platform; unless `once`, stay up until Ctrl-C."""
    started = time.monotonic()
    rpc_port, api_port = (0, 0) if once else (_free(8000), _free(8080))
    step = _timed(tell)
    with tempfile.TemporaryDirectory(prefix="stellarsettle-demo-") as name:
        folder = Path(name)
        with (
            _database(chosen, folder, step) as database_url,
            _scanner(folder, step, wanted=not once) as scanner,
            local.running(
                folder,
                database_url,
                rpc_port=rpc_port,
                api_port=api_port,
                tell=step,
                further=scanner,
            ) as platform,
        ):
            tell(f"everything is up after {time.monotonic() - started:.1f} s\n")
            cast, told, summary = _tell(platform, tell)
            if not once:
                story.Story(platform, cast, tell).leave()
                platform.introduce()
                tell(_invitation(platform, cast, told))
                _stay(platform)
                tell("stopping")
    return summary


def _timed(tell: Tell) -> Tell:
    """Tells each set-up step with the seconds since the one before."""
    last = time.monotonic()

    def step(text: str) -> None:
        nonlocal last
        now = time.monotonic()
        tell(f"{now - last:5.1f} s  {text}")
        last = now

    return step


def _free(port: int) -> int:
    """The same port, if nobody listens on it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise local.LocalError(
                f"Port {port} is taken. Stop what listens there, or use free ports for one"
                " telling of the story: `make demo ONCE=1`."
            ) from error
    return port


def _tell(platform: LocalPlatform, tell: Tell) -> tuple[Cast, Told, Summary]:
    first = platform.chain.server.get_latest_ledger().sequence
    watch = Watch(platform.api_url)
    watch.start()
    try:
        cast = story.gather(platform)
        told = story.Story(platform, cast, tell).tell()
        watch.wait_for(platform.wait_until_shown())
    finally:
        watch.over()
    delays = watch.delays(platform.devnet.closes(first + 1))
    tell("")
    return cast, told, _check(platform, delays, tell)


def _check(platform: LocalPlatform, delays: list[float], tell: Tell) -> Summary:
    """Hold the read models against the contracts' real balances, and against a rebuild."""
    overview = httpx.get(f"{platform.api_url}/v1/platform").json()
    totals = next(row for row in overview["data"]["assets"] if row["asset"] == platform.asset)
    paid_in, paid_out, held = (int(totals[name]) for name in ("paid_in", "paid_out", "held"))
    deployment = platform.deployment
    in_escrow = platform.balance(deployment.escrow)
    in_distributor = platform.balance(deployment.distributor)
    conserved = paid_in == paid_out + held and held == in_escrow + in_distributor
    with psycopg.connect(platform.database_url) as connection:
        row = connection.execute("SELECT count(*) FROM ledger.event").fetchone()
    events = row[0] if row else 0
    rebuilt = rebuild(platform.database_url)
    invoices = {
        status: overview["data"]["invoices"].get(status, 0) for status in ("settled", "refunded")
    }
    tell(f"paid in {amount(paid_in)}, paid out {amount(paid_out)}, held {amount(held)} USDC")
    tell(
        f"the contracts' balances: escrow {amount(in_escrow)}, distributor"
        f" {amount(in_distributor)}: {'equal' if conserved else 'NOT EQUAL'}"
    )
    tell(f"rebuilt from {events} stored events: digests {'equal' if rebuilt.equal else 'DIFFER'}")
    return Summary(
        ok=conserved and rebuilt.equal and invoices == {"settled": 1, "refunded": 1},
        ledger=overview["meta"]["as_of_ledger"],
        events=events,
        invoices=invoices,
        paid_in=str(paid_in),
        paid_out=str(paid_out),
        held=str(held),
        digest_equal=rebuilt.equal,
        close_to_readable_ms_p99=round(_percentile(delays, 0.99), 1),
    )


def _percentile(values: list[float], share: float) -> float:
    """The nearest-rank percentile; `values` must not be empty."""
    return sorted(values)[math.ceil(len(values) * share) - 1]


@contextlib.contextmanager
def _database(chosen: Settings, folder: Path, tell: Tell) -> Iterator[str]:
    """A database for this run alone, dropped after it."""
    name = f"stellarsettle_demo_{secrets.token_hex(4)}"
    with postgres.server(chosen.database_url, folder / "postgres") as server:
        url = server.create(name)
        tell(f"PostgreSQL at {url}")
        try:
            yield url
        finally:
            server.drop(name)


@contextlib.contextmanager
def _scanner(folder: Path, tell: Tell, *, wanted: bool) -> Iterator[dict[str, str]]:
    """What documents need beside the rest, where it is installed: without it none are taken."""
    if not wanted:
        yield {}
    elif not clamav.installed():
        tell("no ClamAV here: documents are not taken (make clamav installs it)")
        yield {}
    else:
        with clamav.for_trying_out(folder / "scanner") as settings:
            tell("documents are scanned, with signatures for trying out")
            yield settings


def _stay(platform: LocalPlatform) -> None:
    """Close a ledger now and then, as a network does, until Ctrl-C.

    What waits to be signed is good for some time after the newest ledger, and no longer.
    """
    with contextlib.suppress(KeyboardInterrupt):
        while not threading.Event().wait(_LEDGER_SECONDS):
            platform.devnet.close()


def _invitation(platform: LocalPlatform, cast: Cast, told: Told) -> str:
    api = platform.api_url
    people: list[tuple[str, Any]] = [
        ("seller", cast.seller),
        ("debtor", cast.debtor),
        *(("investor", wallet) for wallet in cast.investors),
        ("verifier", cast.verifier),
        ("compliance", cast.compliance),
        ("treasury", cast.treasury),
    ]
    lines = [
        f"\nThe platform stays up: open {api} in a browser.",
        f"API {api} (its documentation: {api}/schema),",
        f"stellar-rpc {platform.devnet.rpc}, passphrase {platform.devnet.passphrase!r}.",
        f"Mail that would be sent lies in {platform.environment['MAIL_URL']}.",
        "\nAccounts (keys of this throw-away ledger only):",
        *(f"  {role:<10} {wallet.address} {wallet.keypair.secret}" for role, wallet in people),
        "\nTry:",
        f"  curl -s {api}/v1/platform",
        f"  curl -s {api}/v1/invoices/{told.settled}",
        f"  curl -s {api}/v1/invoices/{told.refunded}/timeline",
        f"  curl -s '{api}/v1/marketplace?limit=10'",
        f"  curl -s '{api}/auth?account={cast.seller.address}'",
        "\nCtrl-C stops everything.",
    ]
    return "\n".join(lines)
