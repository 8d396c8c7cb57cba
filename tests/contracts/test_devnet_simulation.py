"""Simulations run beside the ledger, and remember the code that they have parsed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from stellar_sdk import Account, Asset, Keypair, TransactionBuilder

from contracts.calls import escrow
from contracts.wire import Address
from stellarsettle.chain import Chain
from stellarsettle.deploy import Roles, deploy
from tests.contracts.ledger import Devnet, running

AT_ONCE = 8


def platform(devnet: Devnet) -> tuple[Address, Keypair]:
    """The contracts on this ledger: the escrow's address and the account that owns it."""
    chain, owner = Chain(devnet.rpc_url, devnet.passphrase), devnet.account()
    chain.execute(
        owner, lambda to: to.append_create_stellar_asset_contract_from_asset_op(Asset.native())
    )
    everybody = Address(owner.public_key)
    roles = Roles(everybody, everybody, everybody)
    asset = Address(Asset.native().contract_id(devnet.passphrase))
    return deploy(chain, owner, roles, [asset]).escrow, owner


def admission(devnet: Devnet, contract: Address, owner: Keypair) -> str:
    """A transaction that writes an entry and emits an event, not simulated yet."""
    call = escrow.set_member(
        compliance=Address(owner.public_key),
        addr=Address(Keypair.from_raw_ed25519_seed(bytes(32)).public_key),
        until=2**32 - 1,
        frozen=False,
    )
    builder = TransactionBuilder(Account(owner.public_key, 1), devnet.passphrase)
    builder.append_invoke_contract_function_op(contract, call.function, call.arguments)
    return builder.add_time_bounds(0, 0).build().to_xdr()


def simulated(devnet: Devnet, transaction: str) -> dict[str, Any]:
    return devnet.result("simulateTransaction", transaction=transaction)


def test_what_is_remembered_costs_what_is_parsed(tmp_path: Path) -> None:
    """The first simulation after a start parses the code; those after it, at once, do not."""
    flags = ("--state", str(tmp_path / "ledger"))
    with running(*flags) as devnet:
        contract, owner = platform(devnet)
    with running(*flags) as devnet:
        transaction = admission(devnet, contract, owner)
        parsed = simulated(devnet, transaction)
        assert "error" not in parsed, parsed
        assert parsed["stateChanges"]
        with ThreadPoolExecutor(AT_ONCE) as threads:
            again = list(threads.map(lambda _: simulated(devnet, transaction), range(4 * AT_ONCE)))
    assert again == [parsed] * len(again)


def test_a_simulation_sees_what_was_sent_before_it(devnet: Devnet) -> None:
    """Each client sees its own change at once, while the others' simulations run."""
    contract, owner = platform(devnet)
    others = [devnet.account() for _ in range(AT_ONCE)]

    def admit_and_look(number: int) -> bool:
        pay = devnet.builder(others[number].public_key)
        pay.append_manage_data_op("seen", str(number))
        before = simulated(devnet, admission(devnet, contract, owner))["latestLedger"]
        done = devnet.run(pay, others[number])
        after = simulated(devnet, admission(devnet, contract, owner))["latestLedger"]
        assert done.ledger is not None
        return bool(before < done.ledger <= after)

    with ThreadPoolExecutor(AT_ONCE) as threads:
        assert all(threads.map(admit_and_look, range(AT_ONCE)))
