"""A whole platform on this machine: local ledger, contracts, database, services, people.

The demo runs on it and so do the journeys in the tests. Everything is real; only the money is not.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx
import msgspec
from stellar_sdk import Asset, Keypair, scval

import migrations
from api.web.demo import Person
from contracts.wire import Address
from stellarsettle import devnet, settings
from stellarsettle.chain import Chain
from stellarsettle.deploy import Deployment, Roles, deploy
from stellarsettle.wallet import Wallet

Tell = Callable[[str], None]
UNITS = 10**7
"""Base units of one USDC: seven decimals."""
_CLIENTS = "clients"
"""The replica of the ledger that services and wallets ask: faults can be planned for it."""
_READY_SECONDS = 180
_STOP_SECONDS = 15


class LocalError(Exception):
    """A part of the local platform did not start; the message says which and where its log is."""


class Faults(msgspec.Struct, frozen=True):
    """What goes wrong between clients and node: rules of the local ledger's fault plan."""

    rules: tuple[dict[str, Any], ...]
    seed: int


class Service:
    """A command of this program as a process of its own, with its log in a file."""

    def __init__(self, name: str, folder: Path, environment: Mapping[str, str]) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "stellarsettle", self.name],
                env={**_without_settings(os.environ), **self._environment},
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The process, which must have been started."""
        if self._process is None:
            raise LocalError(f"{self.name} was not started")
        return self._process.pid

    def running(self) -> bool:
        """Whether the process is alive."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> int:
        """Ask the process to stop and wait for it; returns its exit status."""
        if self._process is None:
            return 0
        self._process.terminate()
        try:
            return self._process.wait(timeout=_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise LocalError(f"{self.name} did not stop; see {self.log}") from None

    def kill(self) -> None:
        """End the process and its children at once, as a power cut would."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


class LocalPlatform:
    """A running platform and the keys of its operators."""

    def __init__(
        self,
        network: devnet.Devnet,
        database_url: str,
        folder: Path,
        api_port: int,
        further: Mapping[str, str],
    ) -> None:
        self.devnet = network
        self.chain = Chain(network.rpc, network.passphrase)
        """The ledger as it is, for whoever checks it."""
        self._node = network.replica(_CLIENTS)
        self._wallets_chain = Chain(self._node, network.passphrase)
        self.database_url = database_url
        self.api_url = f"http://127.0.0.1:{api_port}"
        self.people: dict[str, Wallet] = {}
        self.issuer = self._account()
        self.usdc = Asset("USDC", self.issuer.public_key)
        self.asset = Address(self.usdc.contract_id(network.passphrase))
        keys = {name: self._account() for name in ("owner", "verifier", "compliance", "treasury")}
        self._operators = keys
        self.deployment: Deployment = self._deploy()
        self.environment = {
            "DATABASE_URL": database_url,
            "RPC_URL": self._node,
            "NETWORK_PASSPHRASE": network.passphrase,
            "API_PORT": str(api_port),
            "PARENT_PID": str(os.getpid()),
            "HOME_DOMAIN": f"127.0.0.1:{api_port}",
            "PUBLIC_URL": self.api_url,
            "POLL_SECONDS": "0.1",
            "DEMO_PEOPLE": str(folder / "people.json"),
            "DOCUMENTS_DIR": str(folder / "documents"),
            "BANK_ACCOUNT": "Demo Servicing; DE89 3704 0044 0532 0130 00; COBADEFFXXX",
            "MAIL_URL": (folder / "mail").resolve().as_uri(),
            # Everybody here asks from one address, as often as a machine can.
            **dict.fromkeys(("LIMIT_ADDRESS", "LIMIT_SIGN_IN", "LIMIT_USER", "LIMIT_STREAMS"), "0"),
            **self.deployment.environment(),
            **settings.fresh_keys(),
            **further,
        }
        self._people_file = folder / "people.json"
        self.indexer = Service("index", folder, self.environment)
        self.api = Service("serve", folder, self.environment)
        self.worker = Service("work", folder, self.environment)

    def disturb(self, *rules: dict[str, Any], seed: int) -> None:
        """Plan faults of the node for services and wallets; whoever checks meets none."""
        planned = ({"replica": _CLIENTS} | rule for rule in rules)
        self.devnet.set_faults(*planned, seed=seed)

    def operator(self, name: str) -> Wallet:
        """The wallet of the platform's owner, verifier, compliance or treasury."""
        return self._wallet(name, self._operators[name])

    def person(self, name: str, usdc: int = 0) -> Wallet:
        """A new wallet with native balance, a USDC trustline and `usdc` base units of it."""
        keypair = self._account()
        self._trust(keypair)
        if usdc:
            self.pay(keypair.public_key, usdc)
        return self._wallet(name, keypair)

    def introduce(self) -> None:
        """Let the pages offer everybody here as somebody to be: their keys are play things."""
        people = [
            Person(wallet.name, wallet.address, wallet.keypair.secret)
            for wallet in self.people.values()
        ]
        self._people_file.write_bytes(msgspec.json.encode(people))

    def pay(self, address: str, amount: int) -> None:
        """The issuer pays `amount` base units of USDC to an account."""
        text = f"{amount // UNITS}.{amount % UNITS:07}"
        self.chain.execute(self.issuer, lambda tx: tx.append_payment_op(address, self.usdc, text))

    def balance(self, address: str) -> int:
        """What an account or contract holds of USDC, in base units, by the ledger itself."""
        held: int = self.chain.view(self.asset, "balance", scval.to_address(address))
        return held

    def wait_until_shown(self) -> int:
        """Wait until the API shows the newest ledger; returns its number."""
        newest = self.chain.server.get_latest_ledger().sequence
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline:
            answer = httpx.get(f"{self.api_url}/v1/platform")
            if answer.is_success and answer.json()["meta"]["as_of_ledger"] >= newest:
                return newest
            time.sleep(0.02)
        raise LocalError(f"ledger {newest} is not shown:\n{self.indexer.log.read_text()[-3000:]}")

    def close(self) -> None:
        """Stop the services and let the wallets' connections go."""
        for wallet in self.people.values():
            wallet.close()
        with contextlib.ExitStack() as stopping:  # each is stopped, whatever the others do
            for service in (self.indexer, self.api, self.worker):
                stopping.callback(service.stop)

    def wait_until_ready(self) -> None:
        """Wait until the API answers that it can serve; raises with the log's place if not."""
        deadline = time.monotonic() + _READY_SECONDS
        while True:
            for service in (self.api, self.indexer, self.worker):
                if not service.running():
                    raise LocalError(f"{service.name} ended:\n{service.log.read_text()[-3000:]}")
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"{self.api_url}/health/ready").is_success:
                    return
            if time.monotonic() > deadline:
                raise LocalError(f"the API is not ready:\n{self.api.log.read_text()[-3000:]}")
            time.sleep(0.02)

    def _wallet(self, name: str, keypair: Keypair) -> Wallet:
        if keypair.public_key not in self.people:
            wallet = Wallet(name, keypair, self.api_url, self._wallets_chain)
            self.people[keypair.public_key] = wallet
        return self.people[keypair.public_key]

    def _account(self) -> Keypair:
        keypair = Keypair.random()
        self.devnet.fund(keypair.public_key)
        return keypair

    def _trust(self, keypair: Keypair) -> None:
        self.chain.execute(keypair, lambda tx: tx.append_change_trust_op(self.usdc))

    def _deploy(self) -> Deployment:
        self.chain.execute(
            self.issuer,
            lambda tx: tx.append_create_stellar_asset_contract_from_asset_op(self.usdc),
        )
        self._trust(self._operators["treasury"])
        address = {name: Address(key.public_key) for name, key in self._operators.items()}
        roles = Roles(address["verifier"], address["compliance"], address["treasury"])
        return deploy(self.chain, self._operators["owner"], roles, [self.asset])


@contextlib.contextmanager
def running(  # noqa: PLR0913 -- each has a default
    folder: Path,
    database_url: str,
    *,
    rpc_port: int = 0,
    api_port: int = 0,
    ledger_options: tuple[str, ...] = (),
    tell: Tell = lambda _: None,
    faults: Faults | None = None,
    further: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[LocalPlatform]:
    """Start everything on an empty database, stop it when the block ends; port 0 is a free one.

    `ledger_options` go to the local ledger; `faults` trouble services and wallets from before
    they start. `further` are settings of the services.
    """
    with devnet.running(listen=f"127.0.0.1:{rpc_port}", options=ledger_options) as network:
        tell(f"local ledger at {network.rpc}, Protocol {network.protocol}")
        migrations.upgrade(database_url)
        tell("database migrated")
        port = api_port or free_port()
        platform = LocalPlatform(network, database_url, folder, port, further)
        tell(f"contracts deployed: escrow {platform.deployment.escrow}")
        if faults is not None:
            platform.disturb(*faults.rules, seed=faults.seed)
        try:
            platform.indexer.start()
            platform.api.start()
            platform.worker.start()
            platform.wait_until_ready()
            tell(f"indexer and worker running, API at {platform.api_url}")
            yield platform
        finally:
            platform.close()


def _without_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without anything that would change a service's settings."""
    names = {name.upper() for name in settings.Settings.__struct_fields__}
    return {name: value for name, value in environment.items() if name not in names}


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
