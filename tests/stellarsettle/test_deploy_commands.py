"""`deploy --plan`, `deploy --confirm`, `contracts verify` and `histories` as an operator types."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from stellar_sdk import Keypair

from contracts.calls import escrow
from contracts.wire import Address
from stellarsettle import devnet
from stellarsettle.chain import Chain
from stellarsettle.cli import cli


class Operator:
    """Someone with a funded key, at a terminal."""

    def __init__(self, network: devnet.Devnet) -> None:
        self.chain = Chain(network.rpc, network.passphrase)
        self.key = Keypair.random()
        network.fund(self.key.public_key)
        self.environment = {
            "RPC_URL": network.rpc,
            "NETWORK_PASSPHRASE": network.passphrase,
            "DEPLOYER_SEED": self.key.secret,
        }

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(cli, words, env=self.environment)

    def planned(self) -> str:
        """The hash at the end of what `deploy --plan` prints."""
        done = self.run("deploy", "--plan")
        assert done.exit_code == 0, done.output
        assert done.stdout == "", "there are no settings to print yet"
        label, found = done.stderr.splitlines()[-1].split()
        assert label == "plan"
        return found


@pytest.fixture
def operator() -> Iterator[Operator]:
    with devnet.running() as network:
        yield Operator(network)


def test_a_plan_is_shown_confirmed_and_verified(operator: Operator) -> None:
    before = operator.chain.server.get_latest_ledger().sequence
    hash_of_plan = operator.planned()
    assert operator.chain.server.get_latest_ledger().sequence == before

    assert hash_of_plan.startswith(f"{before}-")
    refused = operator.run("deploy", "--confirm", f"{before}-{'00' * 32}")
    assert refused.exit_code == 1
    assert hash_of_plan in refused.stderr
    nonsense = operator.run("deploy", "--confirm", "00" * 32)
    assert nonsense.exit_code == 1
    assert "is no hash of a plan" in " ".join(nonsense.stderr.replace("│", " ").split())
    assert operator.chain.server.get_latest_ledger().sequence == before

    done = operator.run("deploy", "--confirm", hash_of_plan)
    assert done.exit_code == 0, done.output
    operator.environment |= dict(line.split("=", 1) for line in done.stdout.splitlines())
    verified = operator.run("contracts", "verify")
    assert verified.exit_code == 0, verified.output
    assert [line[:2] for line in verified.stdout.splitlines()] == ["ok"] * 8, "code, lifetimes"

    newest = operator.chain.server.get_latest_ledger().sequence
    again = operator.run("deploy", "--confirm", hash_of_plan)
    assert (again.exit_code, again.stdout) == (0, done.stdout), "it is there: the same settings"
    assert operator.chain.server.get_latest_ledger().sequence == newest, "nothing is sent twice"

    revoke = escrow.revoke_role(role="verifier", addr=Address(operator.key.public_key))
    operator.chain.invoke(operator.key, operator.environment["ESCROW"], revoke)
    changed = operator.run("deploy", "--confirm", hash_of_plan)
    assert changed.exit_code == 1
    assert "the role verifier was taken" in " ".join(changed.stderr.replace("│", " ").split())


def test_a_deployment_that_is_killed_is_finished_by_the_same_command(operator: Operator) -> None:
    command = [sys.executable, "-m", "stellarsettle", "deploy", "--confirm", operator.planned()]
    with subprocess.Popen(
        command, env={**os.environ, **operator.environment}, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        lines = iter(process.stderr.readline, "")
        assert any(line.startswith("done: create the escrow") for line in lines)
        process.kill()
    done = operator.run(*command[3:])
    assert done.exit_code == 0, done.output
    steps = [line for line in done.stderr.splitlines() if "done: " in line]
    assert [step.startswith("was ") for step in steps[:4]] == [True] * 4
    operator.environment |= dict(line.split("=", 1) for line in done.stdout.splitlines())
    assert operator.run("contracts", "verify").exit_code == 0


def test_other_code_than_ours_is_told(operator: Operator) -> None:
    done = operator.run("deploy", "--yes")
    found = dict(line.split("=", 1) for line in done.stdout.splitlines())
    operator.environment |= {"ESCROW": found["DISTRIBUTOR"], "DISTRIBUTOR": found["ESCROW"]}
    verified = operator.run("contracts", "verify")
    assert verified.exit_code == 1
    assert [line[:2] for line in verified.stdout.splitlines()[:3]] == ["!!", "!!", "!!"]


def test_a_folder_without_scripts_is_refused(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["histories", str(tmp_path)])
    assert done.exit_code == 1
    assert "holds no script" in " ".join(done.stderr.replace("│", " ").split())
