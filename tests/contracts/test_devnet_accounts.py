"""Accounts, signatures, fees and classic operations of the local ledger under an SDK."""

from __future__ import annotations

import httpx
import pytest
from stellar_sdk import (
    Account,
    Asset,
    Keypair,
    TransactionBuilder,
    scval,
    xdr,
)

from tests.contracts.ledger import (
    Devnet,
    error_code,
    fee_charged,
    meta_of,
    native_balance,
)


def test_friendbot_creates_an_account_once(devnet: Devnet) -> None:
    """The account has 10,000 XLM; asking again is refused like on a real network."""
    keypair = devnet.account()
    assert native_balance(devnet, keypair.public_key) == 100_000_000_000
    again = httpx.get(devnet.friendbot_url, params={"addr": keypair.public_key})
    assert again.status_code == 400
    assert "already funded" in again.json()["detail"]
    assert httpx.get(devnet.friendbot_url, params={"addr": "GNOBODY"}).status_code == 400


def test_classic_payment_moves_what_it_says(devnet: Devnet) -> None:
    """A payment moves lumens, costs the base fee, and tells so in an event."""
    sender, receiver = devnet.account(), devnet.account()
    builder = devnet.builder(sender.public_key)
    builder.append_payment_op(receiver.public_key, Asset.native(), "25").add_text_memo("rent")
    done = devnet.run(builder, sender)
    assert done.status.value == "SUCCESS"
    assert fee_charged(done) == 100
    assert native_balance(devnet, sender.public_key) == 100_000_000_000 - 250_000_000 - 100
    assert native_balance(devnet, receiver.public_key) == 100_000_000_000 + 250_000_000
    (event,) = meta_of(done).operations[0].events
    assert event.body.v0 is not None
    assert scval.to_native(event.body.v0.topics[0]) == "transfer"
    value = scval.to_native(event.body.v0.data)
    assert value == {"amount": 250_000_000, "to_muxed_id": "rent"}


def test_a_payment_without_trustline_fails_and_costs(devnet: Devnet) -> None:
    """A failed transaction is in the ledger: it paid its fee and used its number."""
    issuer, holder = devnet.account(), devnet.account()
    builder = devnet.builder(issuer.public_key)
    builder.append_payment_op(holder.public_key, Asset("USDC", issuer.public_key), "1")
    before = devnet.server().load_account(issuer.public_key).sequence
    done = devnet.run(builder, issuer)
    assert done.status.value == "FAILED"
    assert done.result_xdr is not None
    results = xdr.TransactionResult.from_xdr(done.result_xdr).result.results
    assert results is not None
    assert results[0].tr is not None
    assert results[0].tr.payment_result is not None
    assert results[0].tr.payment_result.code == xdr.PaymentResultCode.PAYMENT_NO_TRUST
    assert native_balance(devnet, issuer.public_key) == 100_000_000_000 - 100
    assert devnet.server().load_account(issuer.public_key).sequence == before + 1


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("unsigned", xdr.TransactionResultCode.txBAD_AUTH),
        ("wrong signer", xdr.TransactionResultCode.txBAD_AUTH),
        ("extra signature", xdr.TransactionResultCode.txBAD_AUTH_EXTRA),
        ("sequence too low", xdr.TransactionResultCode.txBAD_SEQ),
        ("sequence too high", xdr.TransactionResultCode.txBAD_SEQ),
        ("too late", xdr.TransactionResultCode.txTOO_LATE),
        ("too early", xdr.TransactionResultCode.txTOO_EARLY),
        ("fee too low", xdr.TransactionResultCode.txINSUFFICIENT_FEE),
        ("no account", xdr.TransactionResultCode.txNO_ACCOUNT),
    ],
)
def test_invalid_transactions_are_refused(
    devnet: Devnet, fault: str, code: xdr.TransactionResultCode
) -> None:
    """Each fault is answered with core's code, and nothing enters a ledger."""
    keypair, stranger = devnet.account(), Keypair.random()
    source = stranger if fault == "no account" else keypair
    number = devnet.server().load_account(keypair.public_key).sequence
    number += {"sequence too low": -1, "sequence too high": 1}.get(fault, 0)
    builder = devnet.builder(Account(source.public_key, number))
    builder.append_manage_data_op("name", b"value")
    bounds = {"too late": (0, 1), "too early": (4_000_000_000, 0)}.get(fault, (0, 0))
    envelope = builder.add_time_bounds(*bounds).build()
    if fault == "fee too low":
        envelope.transaction.fee = 99
    if fault != "unsigned":
        envelope.sign(stranger if fault == "wrong signer" else source)
    if fault == "extra signature":
        envelope.sign(stranger)
    latest = devnet.server().get_health().latest_ledger
    assert error_code(devnet.send(envelope)) == code
    assert devnet.server().get_health().latest_ledger == latest


def test_signers_and_thresholds_count(devnet: Devnet) -> None:
    """A payment at medium threshold two needs both signers of weight one."""
    keypair, second = devnet.account(), Keypair.random()
    builder = devnet.builder(keypair.public_key)
    builder.append_ed25519_public_key_signer(second.public_key, 1)
    builder.append_set_options_op(med_threshold=2, high_threshold=2)
    assert devnet.run(builder, keypair).status.value == "SUCCESS"
    payment = devnet.builder(keypair.public_key)
    payment.append_payment_op(keypair.public_key, Asset.native(), "1")
    envelope = payment.add_time_bounds(0, 0).build()
    envelope.sign(keypair)
    refused = devnet.send(envelope)
    assert error_code(refused) == xdr.TransactionResultCode.txFAILED
    envelope.sign(second)
    assert devnet.send(envelope).status.value == "PENDING"


def test_a_fee_bump_is_paid_by_its_sponsor(devnet: Devnet) -> None:
    """Found under both hashes; the sponsor pays, the source only spends its number."""
    source, sponsor = devnet.account(), devnet.account()
    inner = devnet.builder(source.public_key).append_manage_data_op("name", b"value")
    signed = inner.add_time_bounds(0, 0).build()
    signed.sign(source)
    bump = TransactionBuilder.build_fee_bump_transaction(sponsor, 200, signed, devnet.passphrase)
    bump.sign(sponsor)
    sent = devnet.server().send_transaction(bump)
    assert sent.status.value == "PENDING", sent
    for asked in (bump.hash_hex(), signed.hash_hex()):
        found = devnet.server().get_transaction(asked)
        assert found.status.value == "SUCCESS"
        assert found.fee_bump
        assert fee_charged(found) == 200
    assert native_balance(devnet, source.public_key) == 100_000_000_000
    assert native_balance(devnet, sponsor.public_key) == 100_000_000_000 - 200
