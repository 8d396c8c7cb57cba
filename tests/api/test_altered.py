"""A wallet that changes what it signs: its effect is found, or it is said that none can come."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from stellar_sdk import Keypair, TransactionEnvelope

from api.transactions.tracing import same_deed

pytestmark = pytest.mark.anyio

DAY = 86_400
UNIT = 10**7


def _altered(intent: dict[str, Any], *, fee: int = 0, sequence: int = 0) -> TransactionEnvelope:
    """The transaction as a wallet might change it."""
    envelope = TransactionEnvelope.from_xdr(intent["xdr"], intent["network_passphrase"])
    envelope.transaction.fee += fee
    envelope.transaction.sequence += sequence
    return envelope


def _sent(people: Any, who: Keypair, envelope: TransactionEnvelope) -> str:
    envelope.sign(who)
    people.platform.chain.server.send_transaction(envelope)
    return envelope.hash_hex()


def _another(people: Any, who: Keypair) -> None:
    """Something else that uses up a sequence number."""
    people.platform.chain.execute(who, lambda tx: tx.append_set_options_op(home_domain="a.org"))


async def _asked(people: Any, who: Keypair, **changes: Any) -> dict[str, Any]:
    body = {"address": Keypair.random().public_key, "until": 1, "frozen": False} | changes
    intent: dict[str, Any] = await people.prepare(who, "set-member", **body)
    return intent


async def _told(people: Any, who: Keypair, intent: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = (await people.get(who, f"/v1/transactions/{intent['id']}")).json()
    return told


async def test_another_fee_is_another_hash_and_the_same_deed(people: Any) -> None:
    compliance = people.platform.compliance
    intent = await _asked(people, compliance)
    other = _sent(people, compliance, _altered(intent, fee=1_000))
    told = await _told(people, compliance, intent)
    assert (told["status"], told["altered_hash"]) == ("in_ledger", other)
    assert told["hash"] == intent["hash"] != other
    with psycopg.connect(people.config.database_url) as connection:
        connection.execute("DELETE FROM read.applied")
        row = (told["ledger"], told["steps"][-1]["at"])
        connection.execute(
            "INSERT INTO read.applied (single, ledger, closed_at) VALUES (true, %s, %s)", row
        )
    shown = await _told(people, compliance, intent)
    assert (shown["status"], shown["altered_hash"]) == ("projected", other)
    assert [step["state"] for step in shown["steps"]] == ["built", "in_ledger", "projected"]


async def test_another_sequence_number_is_found_as_well(people: Any) -> None:
    """The wallet had something else to send first."""
    compliance = people.platform.compliance
    intent = await _asked(people, compliance)
    _another(people, compliance)
    other = _sent(people, compliance, _altered(intent, sequence=1))
    told = await _told(people, compliance, intent)
    assert (told["status"], told["altered_hash"]) == ("in_ledger", other)


async def test_a_number_that_was_used_for_something_else_is_said(people: Any) -> None:
    compliance = people.platform.compliance
    intent = await _asked(people, compliance)
    assert (await _told(people, compliance, intent))["status"] == "built"
    _another(people, compliance)
    told = await _told(people, compliance, intent)
    assert (told["status"], told["altered_hash"]) == ("replaced", None)
    assert await _told(people, compliance, intent) == told


async def test_of_two_alike_only_the_signed_one_happened(people: Any) -> None:
    """They call the same with the same; the second is another intent's, not an alteration."""
    compliance, member = people.platform.compliance, Keypair.random().public_key
    first = await _asked(people, compliance, address=member)
    people.platform.network.advance_time(2)  # other time bounds, so another transaction
    second = await _asked(people, compliance, address=member)
    assert first["hash"] != second["hash"]
    _sent(people, compliance, _altered(second))
    assert (await _told(people, compliance, second))["status"] == "in_ledger"
    assert (await _told(people, compliance, first))["status"] == "replaced"


async def test_an_altered_transaction_that_fails_says_why(people: Any) -> None:
    platform = people.platform
    seller, debtor = platform.person(), platform.person()
    quick, slow = platform.person(10_000), platform.person(10_000)
    await people.admit(seller, quick, slow)
    invoice = await people.listed(seller, debtor, "altered-1")
    stake = {"invoice_id": invoice, "amount": str(9_500 * UNIT)}
    late = await people.prepare(slow, "fund", **stake)
    await people.act(quick, "fund", **stake)
    other = _sent(people, slow, _altered(late, fee=1))
    told = await _told(people, slow, late)
    assert (told["status"], told["altered_hash"]) == ("failed", other)
    assert told["error"]["type"] == "/problems/invalid-status"


async def test_what_cannot_be_read_is_not_the_same(people: Any) -> None:
    intent = await _asked(people, people.platform.compliance)
    assert same_deed(intent["xdr"], intent["xdr"])
    assert not same_deed(intent["xdr"], "AAAA")
    assert not same_deed("AAAA", intent["xdr"])
