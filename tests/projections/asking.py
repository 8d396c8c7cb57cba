"""Asking the queries as the API does, of a database that a chain was folded into."""

from __future__ import annotations

import json
import random
from typing import Any

import psycopg

from contracts import events
from projections.engine import Engine
from projections.query import Query
from tests.projections.business import Business
from tests.projections.support import Chain


def ask(connection: psycopg.Connection, query: Query) -> Any:
    """The body of the one row that a query must give."""
    (row,) = connection.execute(query.sql, query.params).fetchall()
    ledger, time, body = row
    assert (ledger, time) == connection.execute(
        "SELECT ledger, closed_at FROM read.applied"
    ).fetchone()
    return None if body is None else json.loads(body)


def write(database: str, chain: Chain) -> None:
    """Folds a chain's events into the database, as the indexer would."""
    with psycopg.connect(database, options="-c role=stellarsettle_indexer") as writer:
        Engine().apply(writer, chain.records, chain.mark)


def fill(database: str, number_of_invoices: int) -> Business:
    """Many invoices, holders and events in the database, and statistics of them."""
    dice = random.Random(3)  # reproducible material
    chain = Chain()
    business = Business(chain, people=1500)
    for number in range(number_of_invoices):
        chain.close(chain.mark.closed_at + 5)
        deal = business.list_invoice()
        if number % 40 == 0:
            continue
        for _ in range(3):
            person = business.people[dice.randrange(1500)]
            business.fund(deal, person, Business.TARGET // 3 + 1)
        business.pay(deal, Business.FACE // 5)
        holders = list(deal.shares)
        for holder in holders:
            business.claim(deal, holder)
        business.transfer(deal, holders[0], holders[-1], 5)
    for person in business.people:
        chain.tell(events.MemberSet(addr=person, until=2**40, frozen=False))
    write(database, chain)
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("ANALYZE")
    return business
