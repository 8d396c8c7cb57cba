"""A busy platform in a database: two years of business, told to the read models by their own folds.

10,000 invoices and one million events with the default shape: most invoices were funded by twenty,
paid in parts and claimed, their shares changed hands; five hundred still take stakes.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator

import msgspec
import psycopg

import migrations
from contracts.wire import Address
from projections.engine import Engine
from projections.tables import APPLIED_CHANNEL
from tests.projections.business import Business, Deal
from tests.projections.support import DAY, Chain

_STAKES, _PARTS = 20, 6
_LEDGERS = 500
"""Ledgers in a batch."""
_HOUR = 3600
_YEARS = 2 * 365 * DAY
_OPEN_DAYS = 20
"""For so many days at the end what is listed stays open; funding ends after thirty."""


class Shape(msgspec.Struct, frozen=True):
    """How large the business is; `trades` transfers of shares of each invoice that was funded."""

    invoices: int = 10_000
    open: int = 500
    investors: int = 1_000
    trades: int = 56


class Market(msgspec.Struct, frozen=True):
    """What was written: ids in hex of all invoices and of the open ones, addresses, events."""

    invoices: list[str]
    open: list[str]
    investors: list[Address]
    sellers: list[Address]
    events: int


def write(url: str, shape: Shape) -> Market:
    """Fold a made-up business into the empty database at `url`, as the indexer would."""
    migrations.upgrade(url)
    chain = Chain()
    business = Business(chain, people=shape.investors)
    events, engine = 0, Engine()
    with psycopg.connect(url, options="-c role=stellarsettle_indexer") as writer:
        for days in _batches(_plan(shape, chain.mark.closed_at)):
            for at, number, act in days:
                chain.close(at)
                _act(business, random.Random(number), number, act)
            engine.apply(writer, chain.records, chain.mark)
            writer.commit()
            events += len(chain.records)
            chain.records.clear()
        writer.execute("SELECT pg_notify(%s, %s)", (APPLIED_CHANNEL, str(chain.mark.ledger)))
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute("VACUUM ANALYZE")
    return Market(
        invoices=[deal.id.hex() for deal in business.deals],
        open=[deal.id.hex() for deal in business.deals if deal.stage == "open"],
        investors=business.people,
        sellers=sorted({deal.seller for deal in business.deals}),
        events=events,
    )


_Step = tuple[int, int, str]


def _plan(shape: Shape, began: int) -> list[_Step]:
    """Everything that happens, in order: when, to which invoice, what."""
    dice = random.Random(1)  # reproducible material
    closed = shape.invoices - shape.open
    end = began + _YEARS
    plan: list[_Step] = []
    for number in range(closed):
        at = began + (number + 1) * (_YEARS - _OPEN_DAYS * DAY) // (closed + 1)
        paid = _PARTS if dice.random() < 0.9 else 1
        times = sorted(at + dice.randrange(20 * DAY, 120 * DAY) for _ in range(paid))
        plan += [(at, number, "fund"), (at + 10 * DAY, number, f"trade {shape.trades}")]
        plan += [(when, number, "pay") for when in times]
        plan += [(when + _HOUR, number, "claim") for when in (times[0], times[-1])]
    for place in range(shape.open):
        at = end - _OPEN_DAYS * DAY + (place + 1) * _OPEN_DAYS * DAY // (shape.open + 1)
        plan.append((at, closed + place, "open"))
    return [step for step in sorted(plan) if step[0] <= end]


def _batches(plan: list[_Step]) -> Iterator[list[_Step]]:
    for first in range(0, len(plan), _LEDGERS):
        yield plan[first : first + _LEDGERS]


def _act(business: Business, dice: random.Random, number: int, act: str) -> None:
    what, _, times = act.partition(" ")
    if what in {"fund", "open"}:
        deal = business.list_invoice(
            target=Business.TARGET, days=dice.randrange(30, 120), acknowledged=number % 3 == 0
        )
        stakes = _STAKES if what == "fund" else dice.randrange(_STAKES - 1)
        for _ in range(stakes):
            business.fund(deal, dice.choice(business.people), Business.TARGET // _STAKES)
        return
    deal = business.deals[number]
    if what == "pay":
        business.pay(deal, Business.FACE // _PARTS + 1)
    elif what == "claim":
        for holder in itertools.islice(list(deal.shares), _STAKES // 2):
            business.claim(deal, holder)
    else:
        _trade(business, dice, deal, int(times))


def _trade(business: Business, dice: random.Random, deal: Deal, times: int) -> None:
    for _ in range(times):
        giver, taker = dice.choice(list(deal.shares)), dice.choice(business.people)
        business.transfer(deal, giver, taker, max(1, deal.shares[giver] // 3))
