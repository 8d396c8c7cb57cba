"""What the local ledger does not do it refuses by name, and nothing happens."""

from __future__ import annotations

from typing import Any

import pytest
from stellar_sdk import (
    AllowTrust,
    Asset,
    BeginSponsoringFutureReserves,
    ChangeTrust,
    Claimant,
    ClaimClaimableBalance,
    ClaimPredicate,
    ClawbackClaimableBalance,
    CreateClaimableBalance,
    CreatePassiveSellOffer,
    EndSponsoringFutureReserves,
    Inflation,
    Keypair,
    LiquidityPoolAsset,
    LiquidityPoolDeposit,
    LiquidityPoolWithdraw,
    ManageBuyOffer,
    ManageSellOffer,
    Operation,
    PathPaymentStrictReceive,
    PathPaymentStrictSend,
    RevokeSponsorship,
    scval,
    xdr,
)

from tests.contracts.ledger import Devnet, error_code, native_balance

OTHER = Keypair.from_raw_ed25519_seed(bytes([7] * 32)).public_key
CREDIT = Asset("USDC", OTHER)
LUMENS = Asset.native()
POOL = LiquidityPoolAsset(LUMENS, CREDIT)
BALANCE = "00000000" + "11" * 32

with pytest.deprecated_call():
    ALLOW_TRUST = AllowTrust(OTHER, "USDC", authorize=True)

ABSENT: dict[str, Operation] = {
    "AllowTrust": ALLOW_TRUST,
    "PathPaymentStrictReceive": PathPaymentStrictReceive(OTHER, LUMENS, "1", CREDIT, "1", []),
    "PathPaymentStrictSend": PathPaymentStrictSend(OTHER, LUMENS, "1", CREDIT, "1", []),
    "ManageSellOffer": ManageSellOffer(LUMENS, CREDIT, "1", "1"),
    "ManageBuyOffer": ManageBuyOffer(LUMENS, CREDIT, "1", "1"),
    "CreatePassiveSellOffer": CreatePassiveSellOffer(LUMENS, CREDIT, "1", "1"),
    "Inflation": Inflation(),
    "CreateClaimableBalance": CreateClaimableBalance(
        LUMENS, "1", [Claimant(OTHER, ClaimPredicate.predicate_unconditional())]
    ),
    "ClaimClaimableBalance": ClaimClaimableBalance(BALANCE),
    "ClawbackClaimableBalance": ClawbackClaimableBalance(BALANCE),
    "BeginSponsoringFutureReserves": BeginSponsoringFutureReserves(OTHER),
    "EndSponsoringFutureReserves": EndSponsoringFutureReserves(),
    "RevokeSponsorship": RevokeSponsorship.revoke_account_sponsorship(OTHER),
    "LiquidityPoolDeposit": LiquidityPoolDeposit(POOL.liquidity_pool_id, "1", "1", "1", "1"),
    "LiquidityPoolWithdraw": LiquidityPoolWithdraw(POOL.liquidity_pool_id, "1", "1", "1"),
    "ChangeTrust": ChangeTrust(POOL),
}


def reasons(diagnostics: list[str] | None) -> list[Any]:
    """What diagnostic events say."""
    told = []
    for text in diagnostics or []:
        body = xdr.DiagnosticEvent.from_xdr(text).event.body.v0
        assert body is not None
        told.append(scval.to_native(body.data))
    return told


@pytest.mark.parametrize("name", ABSENT)
def test_an_absent_operation_is_named(devnet: Devnet, name: str) -> None:
    """By sendTransaction in an event, by simulateTransaction in its error."""
    account = devnet.account()
    builder = devnet.builder(account.public_key).append_operation(ABSENT[name])
    envelope = builder.add_time_bounds(0, 0).build()
    envelope.sign(account)
    sent = devnet.send(envelope)
    assert error_code(sent) == xdr.TransactionResultCode.txFAILED
    wanted = "liquidity pools" if name == "ChangeTrust" else f"operation {name}"
    assert f"this ledger has no {wanted}" in str(reasons(sent.diagnostic_events_xdr))
    simulated = devnet.result("simulateTransaction", transaction=envelope.to_xdr())
    unsupported = f"Transaction contains unsupported operation type: OperationType{name}"
    assert simulated["error"] == unsupported
    assert native_balance(devnet, account.public_key) == 100_000_000_000
