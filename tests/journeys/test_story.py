"""One invoice financed, repaid early and late, and settled; another expired and refunded.

The figures, worked by hand, in USDC (seven decimals):

- Terms: face 10,000; investors are asked for 9,500 and get 9,800 (par); the platform's fee is 1 %
  of the face; the late charge 0.1 % a day of what investors are still owed.
- Ada 5,000 + Ben 3,000 + Cleo 1,500 = 9,500 = target: par_sold = 9,800. The seller gets 9,500.
- Payment 1, 4,000, a month early: late 0; fee 1 % = 40; investors 3,960; seller 0.
  Ada claims 3,960 x 50/95 = 2,084.21052631... -> 2,084.2105263.
- Payment 2, 2,000, five days late: late 5 x 0.1 % x (9,800 - 3,960) = 29.20; of the other 1,970.80
  the fee is 1 % of 5,970.80 less 40 = 19.708; investors 1,951.092; seller 0.
- Payment 3, the rest, eight days late: late 3 x 0.1 % x (9,800 - 5,911.092) = 11.666724;
  face 10,000 - 5,970.80 = 4,029.20; so 4,040.866724 is due. Fee 100 - 59.708 = 40.292;
  investors 9,800 - 5,911.092 = 3,888.908; the seller 4,029.20 - 40.292 - 3,888.908 = 100.
- Investors together: 9,800 + 29.20 + 11.666724 = 9,840.866724. Of this
  Ada  50/95 = 5,179.40353894... -> 5,179.4035389 (3,095.1930126 of it in her second claim),
  Ben  30/95 = 3,107.64212336... -> 3,107.6421233,
  Cleo 15/95 = 1,553.82106168... -> 1,553.8210616;
  0.0000002 stay in the pool: less than one unit for each address that ever held.
- The second invoice raises 800 + 400 of at least 5,000 and gives both back.
- In: 9,500 + 1,200 + 10,040.866724 = 20,740.866724. Out: 9,500 + 1,200 + 9,840.8667238 + 100 + 100
  = 20,740.8667238. Held: 0.0000002.
"""

from __future__ import annotations

from decimal import Decimal

import httpx
import pytest

from stellarsettle import story
from stellarsettle.local import LocalPlatform
from stellarsettle.story import Cast, Told


def units(usdc: str) -> int:
    """USDC as a decimal text, in base units."""
    return int(Decimal(usdc) * 10**7)


@pytest.fixture(scope="module")
def cast(platform: LocalPlatform) -> Cast:
    return story.gather(platform)


@pytest.fixture(scope="module")
def told(platform: LocalPlatform, cast: Cast) -> Told:
    return story.Story(platform, cast, lambda _: None).tell()


def test_everybody_holds_what_was_worked_out_by_hand(
    platform: LocalPlatform, cast: Cast, told: Told
) -> None:
    assert told.settled != told.refunded
    ada, ben, cleo = cast.investors
    expected = {
        cast.seller.address: "9600",
        cast.debtor.address: "1959.133276",
        ada.address: "7179.4035389",
        ben.address: "5107.6421233",
        cleo.address: "2053.8210616",
        cast.treasury.address: "100",
        platform.deployment.escrow: "0",
        platform.deployment.distributor: "0.0000002",
    }
    actual = {address: platform.balance(address) for address in expected}
    assert actual == {address: units(usdc) for address, usdc in expected.items()}


def test_the_invoice_reads_as_settled(cast: Cast, told: Told) -> None:
    invoice = cast.seller.get(f"/v1/invoices/{told.settled}")
    assert invoice["status"] == "settled"
    expected = {
        "raised": "9500",
        "par_sold": "9800",
        "paid": "10000",
        "outstanding": "0",
        "investors": "9800",
        "late_paid": "40.866724",
        "amount_due": "0",
        "shortfall": "0",
    }
    actual = {name: int(invoice["money"][name]) for name in expected}
    assert actual == {name: units(usdc) for name, usdc in expected.items()}


def test_each_payment_is_split_by_the_waterfall(cast: Cast, told: Told) -> None:
    payments = cast.seller.get(f"/v1/invoices/{told.settled}/payments")["items"]
    parts = ("amount", "late", "fee", "investors", "seller", "outstanding")
    actual = [tuple(int(payment[part]) for part in parts) for payment in payments]
    rows = [
        ("4000", "0", "40", "3960", "0", "6000"),
        ("2000", "29.20", "19.708", "1951.092", "0", "4029.20"),
        ("4040.866724", "11.666724", "40.292", "3888.908", "100", "0"),
    ]
    assert actual == [tuple(units(part) for part in row) for row in rows]


def test_each_position_tells_its_own_story(cast: Cast, told: Told) -> None:
    positions = {
        position["holder"]: position
        for position in cast.seller.get(f"/v1/invoices/{told.settled}/positions")["items"]
    }
    received = {holder: int(position["received"]) for holder, position in positions.items()}
    ada, ben, cleo = cast.investors
    assert received == {
        ada.address: units("5179.4035389"),
        ben.address: units("3107.6421233"),
        cleo.address: units("1553.8210616"),
    }
    assert all(int(position["claimable"]) == 0 for position in positions.values())


def test_the_refunded_invoice_keeps_nothing(cast: Cast, told: Told) -> None:
    assert cast.seller.get(f"/v1/invoices/{told.refunded}")["status"] == "refunded"
    positions = cast.seller.get(f"/v1/invoices/{told.refunded}/positions")["items"]
    money = sorted((int(position["shares"]), int(position["refunded"])) for position in positions)
    assert money == [(0, units("400")), (0, units("800"))]


def test_the_timeline_names_every_fact_in_order(cast: Cast, told: Told) -> None:
    timeline = cast.seller.get(f"/v1/invoices/{told.refunded}/timeline")["items"]
    assert [fact["event"] for fact in timeline] == [
        "invoice_created",
        "invoice_approved",
        "invoice_acknowledged",
        "invoice_published",
        "escrow_funded",
        "escrow_funded",
        "funding_expired",
        "stake_refunded",
        "stake_refunded",
    ]


def test_the_platform_accounts_for_every_unit(platform: LocalPlatform, told: Told) -> None:
    assert told.settled
    overview = httpx.get(f"{platform.api_url}/v1/platform").json()["data"]
    (totals,) = (row for row in overview["assets"] if row["asset"] == platform.asset)
    assert int(totals["paid_in"]) == units("20740.866724")
    assert int(totals["paid_out"]) == units("20740.8667238")
    assert int(totals["held"]) == units("0.0000002")
    assert {status: n for status, n in overview["invoices"].items() if n} == {
        "settled": 1,
        "refunded": 1,
    }


def test_a_portfolio_is_the_investors_own(cast: Cast, told: Told) -> None:
    ada = cast.investors[0].get("/v1/portfolio")
    assert {position["invoice"]["id"] for position in ada["positions"]} == {
        told.settled,
        told.refunded,
    }
