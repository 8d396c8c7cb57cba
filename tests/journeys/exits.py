"""What the journeys of the exits share: a stage with people on it, and how to compare."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx
import msgspec
import psycopg
import pytest
from stellar_sdk import scval

from contracts.addresses import token_address
from contracts.calls import escrow
from contracts.wire import Address, Contract, Invocation
from indexer.rpc import RpcClient
from indexer.sources.opening import Endpoints, opened
from indexer.tokens import Opener
from indexer.verify import verify
from projections import members
from stellarsettle.local import UNITS, LocalPlatform
from stellarsettle.story import DAY, Cast, Story
from stellarsettle.wallet import RefusedError, Wallet

REASON = hashlib.sha256(b"the goods were never delivered").hexdigest()
TAKEN_BY_EXITS = {
    *("dispute", "resolve-dispute", "mark-default", "write-off", "refund", "transfer-shares"),
    *("recover-position", "expire"),
}
"""Actions whose journeys are the exits; all others have theirs beside the table of actions."""
STATUSES = (
    *("created", "open", "funded", "active", "settled"),
    *("defaulted", "written_off", "refunding", "refunded", "cancelled"),
)
"""In the order of the contract's numbers."""
SAME_NAMES = ("raised", "refunded", "par_sold", "paid", "investors", "late_paid")
POOL = ("par_sold", "late", "fee", "investors", "seller", "claimed", "seller_claimed")


ROLES = ("verifier", "servicer", "arbiter", "compliance", "guardian")
_POSITION = """
    SELECT h.shares, h.index, h.accrued
    FROM read.position AS h JOIN read.address AS a ON a.id = h.holder
    WHERE h.invoice = %s AND a.address = %s
"""


def _contract(overview: dict[str, Any], name: str) -> dict[str, Any]:
    """The administration of one contract, as the API shows it."""
    (found,) = (one for one in overview["contracts"] if one["contract"] == name)
    return dict(found)


def units(usdc: str) -> int:
    """USDC as a decimal text, in base units."""
    return int(Decimal(usdc) * 10**7)


def refused(attempt: Callable[[], object], problem: str) -> dict[str, Any]:
    """The problem that `attempt` ends in, which is of this kind."""
    with pytest.raises(RefusedError) as caught:
        attempt()
    assert caught.value.problem["type"] == f"/problems/{problem}"
    return caught.value.problem


def tokens_of(platform: LocalPlatform, lake: str = "") -> Opener:
    """Reads events of the platform's share tokens."""
    endpoints = Endpoints(
        (platform.devnet.replica("tokens"),), platform.devnet.passphrase, lake, witnessed=False
    )
    return lambda token: opened(endpoints, token, threading.Event())


class Stage:
    """A platform with an arbiter, and one story's people with money enough for every journey."""

    def __init__(self, platform: LocalPlatform, cast: Cast) -> None:
        self.platform = platform
        self.cast = cast
        self.story = Story(platform, cast, lambda _: None)
        self.arbiter = platform.person("Ruth, arbiter")
        self.arbiter.sign_in()
        grant = escrow.grant_role(role="arbiter", addr=Address(self.arbiter.address))
        owner = platform.operator("owner").keypair
        platform.chain.invoke(owner, platform.deployment.escrow, grant)
        for wallet in (cast.debtor, *cast.investors):
            platform.pay(wallet.address, 50_000 * UNITS)

    def member(self, name: str) -> Wallet:
        """A new investor with money."""
        wallet = self.platform.person(name, usdc=20_000 * UNITS)
        wallet.sign_in()
        self.set_member(wallet)
        return wallet

    def set_member(self, wallet: Wallet, *, frozen: bool = False) -> None:
        until = self.platform.chain.close_time() + 365 * DAY
        body = {"address": wallet.address, "until": until, "frozen": frozen}
        self.cast.compliance.act("set-member", **body)

    def funded(self, number: str, stakes: dict[Wallet, int]) -> str:
        """An invoice of the story's terms with these stakes, in whole USDC."""
        self.story.admit()
        invoice = self.story.list_invoice(number)
        for wallet, stake in stakes.items():
            wallet.act("fund", invoice_id=invoice, amount=str(stake * UNITS))
        return invoice

    def released(self, number: str, stakes: dict[Wallet, int]) -> str:
        """The same, paid out to the seller."""
        invoice = self.funded(number, stakes)
        self.wait(self.story.invoice(invoice)["times"]["release_at"])
        self.cast.seller.act("release", invoice_id=invoice)
        return invoice

    def wait(self, moment: int) -> None:
        self.story.wait_until(moment, "")

    def pay(self, invoice: str, usdc: str) -> None:
        self.cast.debtor.act("pay", invoice_id=invoice, amount=str(units(usdc)))

    def claim_all(self, invoice: str, *holders: Wallet) -> None:
        """Holders, seller and treasury take what is theirs; claiming nothing is left out."""
        for wallet in holders:
            wallet.act("claim", invoice_id=invoice)
        if int(self.story.invoice(invoice)["pool"]["seller_claimable"]):
            self.cast.seller.act("claim-residual", invoice_id=invoice)
        self.cast.treasury.act("collect-fees", asset=self.platform.asset)

    def donate(self, giver: Wallet, address: str, amount: int) -> None:
        """Base units of USDC for a contract that has not asked for them."""
        arguments = (
            scval.to_address(giver.address),
            scval.to_address(address),
            scval.to_int128(amount),
        )
        call = Invocation(Contract.TOKEN, "transfer", arguments)
        self.platform.chain.invoke(giver.keypair, self.platform.asset, call)

    def balances(self, *wallets: Wallet) -> list[int]:
        return [self.platform.balance(wallet.address) for wallet in wallets]

    def gained(self, before: list[int], *wallets: Wallet) -> list[int]:
        """What each wallet has more than before."""
        now = self.balances(*wallets)
        return [after - earlier for after, earlier in zip(now, before, strict=True)]

    def recovery(self, invoice: str, lost: Wallet, new: Wallet) -> dict[str, Any]:
        """The request that compliance and arbiter sign together."""
        return {
            "invoice_id": invoice,
            "from": lost.address,
            "to": new.address,
            "compliance": self.cast.compliance.address,
            "arbiter": self.arbiter.address,
        }

    def recover(self, invoice: str, lost: Wallet, new: Wallet) -> None:
        """The arbiter authorises, compliance submits."""
        body = self.recovery(invoice, lost, new)
        authorization = self.arbiter.authorize("recover-position", **body)
        self.cast.compliance.act("recover-position", **body, authorization=authorization)

    def overview(self) -> dict[str, Any]:
        """The platform as the API shows it."""
        shown: dict[str, Any] = httpx.get(f"{self.platform.api_url}/v1/platform").json()["data"]
        return shown

    def taken(self) -> set[str]:
        """The actions that somebody signed here and that were shown."""
        taken = "SELECT DISTINCT built->>'action' FROM app.intent WHERE outcome->>'status' = %s"
        with psycopg.connect(self.platform.database_url) as connection:
            return {name for (name,) in connection.execute(taken, ("projected",))}

    def agrees(self, invoice: str) -> None:
        """The read models say of an invoice what the contracts say, and rebuild to the same."""
        self.platform.wait_until_shown()
        shown = self.story.invoice(invoice)
        chain, deployment = self.platform.chain, self.platform.deployment
        identity = scval.to_bytes(bytes.fromhex(invoice))
        told = chain.view(deployment.escrow, "get_invoice", identity)
        assert shown["status"] == STATUSES[told["status"]]
        assert {name: int(shown["money"][name]) for name in SAME_NAMES} == {
            name: told[name] for name in SAME_NAMES
        }
        due = chain.view(deployment.escrow, "amount_due", identity)
        assert int(shown["money"]["amount_due"]) == due
        assert shown["disputed_until"] == told["disputed_until"]
        assert shown["payee"] == told["payee"].address
        assert shown["events"] == {"seq": told["seq"], "missed": 0}
        if shown["pool"] is not None:
            pool = chain.view(deployment.distributor, "get_payment", identity)
            assert {name: int(shown["pool"][name]) for name in POOL} == {
                name: pool[name] for name in POOL
            }
        token = token_address(chain.passphrase, deployment.escrow, bytes.fromhex(invoice))
        for position in shown["positions"]:
            self._position_agrees(position, token, identity, pooled=shown["pool"] is not None)
        assert int(shown["money"]["supply"]) == chain.view(token, "total_supply")
        with RpcClient(self.platform.devnet.rpc) as client:
            verified = verify(self.platform.database_url, client, tokens_of(self.platform))
        assert verified.sound, verified.findings
        assert verified.balances_compared > 0
        assert verified.tokens_compared > 0

    def platform_agrees(self) -> None:
        """The read models say of the platform and its people what the contracts say."""
        self.platform.wait_until_shown()
        chain, deployment = self.platform.chain, self.platform.deployment
        shown = self.overview()
        told = chain.view(deployment.escrow, "params")
        assert msgspec.convert(shown["parameters"], dict[str, Any]) == {
            name: str(value) if name == "ticket" else value for name, value in told.items()
        }
        treasury = chain.view(deployment.distributor, "treasury").address
        assert treasury == _contract(shown, "distributor")["treasury"]
        for row in shown["assets"]:
            asset = scval.to_address(row["asset"])
            held = {one["contract"]: int(one["held"]) for one in row["contracts"]}
            for contract, address in (
                ("escrow", deployment.escrow),
                ("distributor", deployment.distributor),
            ):
                balance, owed = chain.view(address, "solvency", asset)
                assert held.get(contract, 0) == owed <= balance
        for person in self.platform.people:
            self._person_agrees(person)

    def _person_agrees(self, address: str) -> None:
        """Membership and roles of one account."""
        chain, escrow_address = self.platform.chain, self.platform.deployment.escrow
        query = members.by_address(address)
        with psycopg.connect(self.platform.database_url) as connection:
            row = connection.execute(query.sql.encode(), query.params).fetchone()
        shown = msgspec.json.decode(row[2]) if row and row[2] else {}
        told = chain.view(escrow_address, "member", scval.to_address(address))
        assert (shown.get("until") or 0, shown.get("frozen", False)) == (
            told["until"],
            told["frozen"],
        )
        assert (shown.get("frozen_at") or 0) == told["frozen_at"]
        held = {
            role
            for role in ROLES
            if chain.view(
                escrow_address, "has_role", scval.to_symbol(role), scval.to_address(address)
            )
        }
        assert set(shown.get("roles", [])) == held

    def _position_agrees(
        self, position: dict[str, Any], token: str, identity: Any, *, pooled: bool
    ) -> None:
        chain, holder = self.platform.chain, scval.to_address(position["holder"])
        stored = chain.view(token, "position", holder)
        with psycopg.connect(self.platform.database_url) as connection:
            row = connection.execute(
                _POSITION, (identity.bytes.sc_bytes, position["holder"])
            ).fetchone()
        assert row is not None
        shares, index, accrued = row
        assert (shares, accrued) == (stored["shares"], stored["accrued"])
        # Without shares the index earns nothing; a recovered position has none left.
        assert index == stored["index"] or not shares
        assert int(position["shares"]) == stored["shares"]
        assert int(position["shares"]) == chain.view(token, "balance", holder)
        if pooled:
            distributor = self.platform.deployment.distributor
            credit = chain.view(distributor, "calculate_distribution", identity, holder)
            assert int(position["claimable"]) == credit
