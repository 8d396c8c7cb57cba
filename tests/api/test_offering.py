"""What an intent tells beside the transaction: a link, a code, what moves, what to read again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from stellar_sdk import TransactionEnvelope
from stellar_sdk.sep.stellar_uri import TransactionStellarUri

from api.config import ApiConfig
from api.problems.catalogue import KINDS
from api.transactions.actions import ACTIONS
from api.transactions.moves import Move
from api.transactions.offering import QR_BYTES, offered
from api.transactions.schemas import FeeAnswer, Holding, Intent

pytestmark = pytest.mark.anyio

UNIT = 10**7


def _intent(**changes: Any) -> Intent:
    given: dict[str, Any] = {
        "id": "1", "action": "fund", "status": "built", "xdr": "AAAA+/==", "hash": "5f" * 32,
        "network_passphrase": "A net; 2026", "source": "GA", "sequence": "1",
        "fee": FeeAnswer("1", "2", "3"), "valid_until": 9, "summary": "Invest & win",
        "simulated_at_ledger": 1,
    }  # fmt: skip
    return Intent(**(given | changes))


async def test_a_stake_leaves_one_and_comes_back_as_shares(people: Any) -> None:
    """The link is one that the standard's own reader takes, and the code holds the same."""
    platform = people.platform
    seller, debtor, ada = platform.person(), platform.person(), platform.person(10_000)
    await people.admit(seller, ada)
    invoice = await people.listed(seller, debtor, "offered-1")
    stake = {"invoice_id": invoice, "amount": str(5_000 * UNIT)}
    intent = await people.prepare(ada, "fund", **stake)
    assert intent["leaves"] == [{"token": platform.asset_address, "amount": str(5_000 * UNIT)}]
    (shares,) = intent["gets"]
    assert shares["amount"] == str(5_000 * UNIT)
    assert intent["rpc_url"] == people.config.rpc_url
    assert f"invoice:{invoice}" in intent["affected"]
    assert intent["cursor_needed"] is None
    link = TransactionStellarUri.from_uri(intent["sep7"], people.config.network_passphrase)
    assert isinstance(link.transaction_envelope, TransactionEnvelope)
    assert link.transaction_envelope.hash_hex() == intent["hash"]
    assert link.pubkey == ada.public_key
    assert intent["qr"] == intent["sep7"] or len(intent["sep7"]) > QR_BYTES
    people.platform.chain.submit(people.sign(ada, intent))
    told = (await people.get(ada, f"/v1/transactions/{intent['id']}")).json()
    assert told["cursor_needed"] == told["ledger"] is not None
    refused = await people.ask(platform.person(100), "fund", **stake)
    assert refused.json()["action"] == "apply-for-membership"


def test_what_is_too_long_for_a_code_leads_to_its_page(
    configuration: Callable[..., ApiConfig],
) -> None:
    config = configuration()
    short, long = _intent(), _intent(xdr="A" * QR_BYTES)
    assert offered(short, config).qr == offered(short, config).sep7
    assert offered(long, config).qr == f"{config.public_url}/tx/1"
    assert "&msg=Invest%20%26%20win" in offered(short, config).sep7


def test_movements_are_summed_by_token_and_side(configuration: Callable[..., ApiConfig]) -> None:
    moves = tuple(
        Move(token=token, amount=amount, from_=source, to=to)
        for token, amount, source, to in (
            ("USDC", "5", "GA", "CE"), ("USDC", "7", "GA", "CE"), ("USDC", "2", "CE", "GA"),
            ("SHARE", "12", None, "GA"), ("USDC", "9", "GB", "GC"),
        )
    )  # fmt: skip
    told = offered(_intent(moves=moves), configuration())
    assert told.leaves == (Holding("USDC", "12"),)
    assert told.gets == (Holding("USDC", "2"), Holding("SHARE", "12"))
    again = offered(told, configuration())
    assert msgspec.to_builtins(again) == msgspec.to_builtins(told)


def test_what_mends_a_problem_is_an_action_or_a_step_elsewhere() -> None:
    elsewhere = {
        "fund-account", "add-trustline", "add-balance", "apply-for-membership", "take-the-rest",
        "raise-amount", "build-again", "sign-in",
    }  # fmt: skip
    named = {kind.action for kind in KINDS if kind.action is not None}
    assert named <= elsewhere | set(ACTIONS)
    assert {"add-trustline", "acknowledge"} <= named
