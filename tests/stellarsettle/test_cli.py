"""The command line as an operator meets it: every command, and clear words when not ready."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from stellar_sdk import Asset, Keypair, StrKey

from stellarsettle import devnet
from stellarsettle.chain import Chain
from stellarsettle.cli import cli
from stellarsettle.local import free_port
from stellarsettle.settings import fresh_keys

_PROGRAM = [sys.executable, "-W", "error", "-m", "stellarsettle"]


def run(
    *words: str, environment: dict[str, str], folder: Path, status: int = 0
) -> subprocess.CompletedProcess[str]:
    """Run one command to its end; its exit status must be `status` and no traceback be shown."""
    done = subprocess.run(
        [*_PROGRAM, *words],
        env={"PATH": os.environ["PATH"]} | environment,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == status, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


@contextmanager
def running(
    *words: str, environment: dict[str, str], folder: Path
) -> Iterator[subprocess.Popen[str]]:
    """A command that stays up; it must end with status 0 when asked to."""
    process = subprocess.Popen(
        [*_PROGRAM, *words],
        env={"PATH": os.environ["PATH"]} | environment,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield process
        assert process.poll() is None, f"{words[0]} ended by itself"
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def wait_for(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health/ready").is_success
    except httpx.TransportError:
        return False


def lines(text: str) -> dict[str, str]:
    """Lines of an environment file."""
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


@pytest.mark.parametrize("name", sorted(cli.commands))
def test_every_command_explains_itself(name: str, tmp_path: Path) -> None:
    assert "Usage" in run(name, "--help", environment={}, folder=tmp_path).stdout


_SEED = Keypair.random().secret
_NOBODY = "http://127.0.0.1:1"
_AWAY = {
    **fresh_keys(),
    **dict.fromkeys(("ESCROW", "DISTRIBUTOR"), StrKey.encode_contract(bytes(32))),
    "CLAMD": "/nowhere",
    "DATABASE_URL": "postgresql://127.0.0.1:1/x",
}
"""A platform whose database is away."""


@pytest.mark.parametrize(
    ("words", "environment", "said"),
    [
        (("index",), {}, "Please set ESCROW"),
        (("serve",), {}, "Please set ESCROW"),
        (("work",), {}, "Please set ESCROW"),
        (("jobs", "list"), {}, "There is no database"),
        (("jobs", "show", "1"), {}, "There is no database"),
        (("jobs", "retry"), {}, "name one job, or say --all"),
        (("migrate",), {}, "There is no database"),
        (("rebuild",), {}, "There is no database"),
        (("verify",), {}, "There is no database"),
        (("prove", "platform"), {}, "There is no database"),
        (("export", "--loan-tape"), {}, "There is no database"),
        (("archive", "old", "--before", "7"), {}, "There is no database"),
        (("prove", "invoice", "5f"), {}, "no invoice's id"),
        (("status",), {}, "There is no database"),
        (("quarantine", "list"), {}, "There is no database"),
        (("quarantine", "show", "12"), {}, "is no event id"),
        (("quarantine", "redrive"), {}, "There is no database"),
        (("deploy",), {}, "DEPLOYER_SEED"),
        (("deploy",), {"DEPLOYER_SEED": "S..."}, "DEPLOYER_SEED is no secret seed"),
        (("deploy", "--asset", "C1"), {"DEPLOYER_SEED": _SEED}, "--asset is no contract address"),
        (("deploy", "--plan"), {"DEPLOYER_SEED": _SEED, "RPC_URL": _NOBODY}, "does not answer"),
        (("documents", "evaluate", "."), {}, "is no folder of labelled documents"),
        (("documents", "rotate"), {}, "Please set ESCROW"),
        (("documents", "rotate"), _AWAY, "The database does not answer"),
        (("kyc", "rotate"), {}, "DOCUMENT_KEYS is written"),
        (("kyc", "rotate"), _AWAY, "The database does not answer"),
        (("documents", "check-certificate", __file__, "--signer", "G"), {}, "is no certificate"),
        (("documents", "scanner", "--folder", "/proc/x"), {}, "No such file"),
        (("prove", "invoice", "xyz"), {}, "no invoice's id"),
        (("serve",), _AWAY | {"DEMO_PEOPLE": "people.json"}, "DEMO_PEOPLE is for a local ledger"),
        (("work",), _AWAY | {"DEMO_PEOPLE": "people.json"}, "DEMO_PEOPLE is for a local ledger"),
        (("serve",), {"LIMITS_SHARED": "yes"}, "got `str` - at LIMITS_SHARED"),
        (("index",), {"ESCROW": "nonsense"}, "ESCROW is no contract"),
        (("serve",), {"API_PORT": "eighty"}, "A setting is wrong"),
        (("serve",), {"API_PORT": "99999"}, "A setting is wrong"),
        (("index",), {"POLL_SECONDS": "nan"}, "A setting is wrong"),
        (("migrate",), {"DATABASE_URL": "host=/tmp dbname=x"}, "DATABASE_URL is a URL"),
        (("migrate",), {"DATABASE_URL": "postgresql://127.0.0.1:1/x"}, "refused"),
    ],
)
def test_what_is_missing_is_said_in_a_sentence(
    words: tuple[str, ...], environment: dict[str, str], said: str, tmp_path: Path
) -> None:
    done = run(*words, environment=environment, folder=tmp_path, status=1)
    assert said in " ".join(done.stderr.replace("│", " ").split())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("rebuild", "--from", "7"), "--from goes with --beside"),
        (("verify", "--rpc", _NOBODY), "compare a BUNDLE"),
        (("verify", __file__, "--offline"), "goes with --rpc or --lake"),
        (("prove", "position", "5f"), "Missing argument"),
        (("verify", "/"), "is a directory"),
        (("documents", "verify", __file__, "--salt", "z", "--invoice", "5f"), "64 hexadecimal"),
        (("export",), "name a dataset"),
        (("archive", "old"), "either --before LEDGER or --moved"),
        (("archive", "old", "--before", "7", "--moved"), "either --before LEDGER or --moved"),
    ],
)
def test_options_that_do_not_go_together_are_said(
    tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    assert said in run(*words, environment={}, folder=tmp_path, status=2).stderr


def test_doctor_names_what_is_missing(tmp_path: Path) -> None:
    done = run("doctor", environment={}, folder=tmp_path, status=1)
    assert "ESCROW" in done.stdout
    assert "There is no database" in done.stdout
    assert "set DOCUMENT_KEYS and CLAMD for that; KYC needs DOCUMENT_KEYS too" in done.stdout


def test_a_taken_port_is_said_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", 8000))
        taken.listen()
        done = run("demo", environment={}, folder=tmp_path, status=1)
    assert "Port 8000 is taken" in done.stderr


def test_the_operators_way_from_keys_to_a_verified_platform(tmp_path: Path) -> None:
    """What the README tells for testnet, word by word, on a local ledger."""
    with devnet.running() as network:
        owner = Keypair.random()
        network.fund(owner.public_key)
        asset = Asset("USDC", owner.public_key)
        Chain(network.rpc, network.passphrase).execute(
            owner, lambda tx: tx.append_create_stellar_asset_contract_from_asset_op(asset)
        )
        port = free_port()
        environment = {
            "RPC_URL": network.rpc,
            "NETWORK_PASSPHRASE": network.passphrase,
            "API_PORT": str(port),
            "POLL_SECONDS": "0.1",
            "METRICS_PORT": str(free_port()),
        }
        environment |= lines(run("keys", environment=environment, folder=tmp_path).stdout)
        deployed = run(
            *("deploy", "--yes", "--asset", asset.contract_id(network.passphrase)),
            environment=environment | {"DEPLOYER_SEED": owner.secret},
            folder=tmp_path,
        )
        environment |= lines(deployed.stdout)
        with running("db", environment=environment, folder=tmp_path) as database:
            assert database.stdout is not None
            assert database.stdout.readline().startswith("DATABASE_URL=postgresql://")
            run("migrate", environment=environment, folder=tmp_path)
            with (
                running("index", environment=environment, folder=tmp_path),
                running("serve", environment=environment, folder=tmp_path),
                running("work", environment=environment, folder=tmp_path),
            ):
                url = f"http://127.0.0.1:{port}"
                wait_for(lambda: is_ready(url), "the API did not become ready")
                overview = httpx.get(f"{url}/v1/platform").json()["data"]
                assert overview["allowed_assets"] == [asset.contract_id(network.passphrase)]
                run("doctor", environment=environment, folder=tmp_path)
                said = run("status", environment=environment, folder=tmp_path).stdout
                assert "ready        yes" in said
                assert f"{network.rpc} at work" in said
                assert not run(
                    "quarantine", "list", environment=environment, folder=tmp_path
                ).stdout
                run("quarantine", "redrive", environment=environment, folder=tmp_path)
                verified = run("verify", environment=environment, folder=tmp_path)
                assert "balances and" in verified.stdout
                rebuilt = run("rebuild", environment=environment, folder=tmp_path)
                assert rebuilt.stdout.splitlines()[-1] == "equal"
                switched = run("rebuild", "--switch", environment=environment, folder=tmp_path)
                assert switched.stdout.splitlines()[-1] == "switched"
                wait_for(lambda: is_ready(url), "the API is not ready after the switch")
                run("verify", environment=environment, folder=tmp_path)
