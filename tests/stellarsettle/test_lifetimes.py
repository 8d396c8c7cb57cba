"""How long contracts and code live is said in time, and anybody can have it extended."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from click.testing import CliRunner, Result
from stellar_sdk import Keypair, TransactionEnvelope

from contracts.wire import Address
from stellarsettle import deploy, devnet, lifetimes
from stellarsettle.chain import Chain, ChainError
from stellarsettle.cli import cli
from stellarsettle.lifetimes import LEDGERS_A_DAY

INSTANCES = ("invoice_escrow, instance", "payment_distributor, instance")
CODES = ("invoice_escrow, code", "payment_distributor, code", "invoice_token, code")
UPLOADED_DAYS = 120
"""What an upload pays for, by the network's setting."""


class Platform:
    """Deployed contracts that nobody calls."""

    def __init__(self, network: devnet.Devnet) -> None:
        self.network = network
        self.chain = Chain(network.rpc, network.passphrase)
        self.owner = Keypair.random()
        network.fund(self.owner.public_key)
        owner = Address(self.owner.public_key)
        self.deployment = deploy.deploy(
            self.chain, self.owner, deploy.Roles(owner, owner, owner), []
        )

    def living(self) -> list[lifetimes.Lifetime]:
        """Everything with a lifetime, as it is now."""
        return lifetimes.examine(self.chain, self.deployment.escrow, self.deployment.distributor)

    def leave(self, name: str, ledgers: int) -> None:
        """Let one of them have so many ledgers left, as if the others had passed."""
        (one,) = (one for one in self.living() if one.name == name)
        found = self.chain.server.get_ledger_entries([one.key])
        assert found.entries is not None
        params = {
            "key": one.key.to_xdr(),
            "xdr": found.entries[0].xdr,
            "liveUntilLedgerSeq": found.latest_ledger + ledgers,
        }
        message = {"jsonrpc": "2.0", "id": 1, "method": "dev_setEntry", "params": params}
        assert httpx.post(self.network.rpc, json=message).json()["result"] == {}

    def run(self, *words: str) -> Result:
        environment = {
            **self.deployment.environment(),
            "RPC_URL": self.network.rpc,
            "NETWORK_PASSPHRASE": self.network.passphrase,
        }
        return CliRunner().invoke(cli, words, env=environment)


@pytest.fixture
def platform() -> Iterator[Platform]:
    with devnet.running() as network:
        yield Platform(network)


def test_what_was_deployed_lives_for_months(platform: Platform) -> None:
    living = platform.living()
    assert tuple(one.name for one in living) == INSTANCES + CODES
    assert [one.days for one in living] == [179, 179, *[UPLOADED_DAYS - 1] * 3]
    assert all(one.long for one in living)


def test_what_lives_less_than_a_month_is_warned_of_and_extended(platform: Platform) -> None:
    """The warning begins below thirty days, and whoever signs the printed transaction ends it."""
    month = 30 * LEDGERS_A_DAY
    platform.leave("invoice_token, code", month)
    assert "--" not in platform.run("contracts", "verify").stdout
    platform.leave("invoice_token, code", month - 1)
    platform.leave("invoice_escrow, instance", 5)
    verified = platform.run("contracts", "verify")
    assert verified.exit_code == 0, "the code is ours all the same"
    warned = [line for line in verified.stdout.splitlines() if line.startswith("--")]
    assert [line[4:33].strip() for line in warned] == [INSTANCES[0], CODES[2]]
    assert "lives 29 more days (518399 ledgers): `stellarsettle contracts extend`" in warned[1]
    doctor = platform.run("doctor").stdout
    assert sum("stellarsettle contracts extend" in line for line in doctor.splitlines()) == 2

    before = {one.name: one.ledgers for one in platform.living()}
    payer = Keypair.random()
    platform.network.fund(payer.public_key)
    printed = platform.run("contracts", "extend", "--days", "90", "--source", payer.public_key)
    assert printed.exit_code == 0, printed.output
    envelope = TransactionEnvelope.from_xdr(printed.stdout.strip(), platform.chain.passphrase)
    assert not envelope.signatures
    assert envelope.hash_hex() in printed.stderr
    assert f"{envelope.transaction.fee} stroops" in printed.stderr
    envelope.sign(payer)
    platform.chain.submit(envelope)
    after = {one.name: one.days for one in platform.living()}
    assert after[INSTANCES[0]] == after[CODES[2]] == 90
    assert after[INSTANCES[1]] == (before[INSTANCES[1]] or 0) // LEDGERS_A_DAY, "left alone"
    assert "--" not in platform.run("contracts", "verify").stdout


def test_what_is_archived_is_said_and_the_rest_extended(platform: Platform) -> None:
    platform.leave("invoice_escrow, code", 1)
    platform.network.advance_time(5)
    platform.network.advance_time(5)
    living = platform.living()
    assert [one.name for one in living if one.ledgers is None] == [CODES[0]]
    assert "not live" in platform.run("contracts", "verify").stdout
    envelope = lifetimes.extension(platform.chain, platform.owner.public_key, living, 150)
    envelope.sign(platform.owner)
    platform.chain.submit(envelope)
    assert [one.days for one in platform.living()] == [179, 179, 0, 150, 150]
    with pytest.raises(ChainError, match="nothing to extend"):
        lifetimes.extension(platform.chain, platform.owner.public_key, living[2:3], 150)


def test_an_extension_that_cannot_be_is_refused_in_a_sentence(platform: Platform) -> None:
    living = platform.living()
    owner = platform.owner.public_key
    with pytest.raises(ChainError, match="keeps entries for 179 days at most"):
        lifetimes.extension(platform.chain, owner, living, 180)
    assert lifetimes.extension(platform.chain, owner, living, 179).transaction.fee > 0
    nobody = Keypair.random().public_key
    with pytest.raises(ChainError, match=f"no account {nobody}"):
        lifetimes.extension(platform.chain, nobody, living, 90)
    wrong = platform.run("contracts", "extend", "--source", "G...")
    assert "--source is no account" in wrong.stderr
