"""Whatever was shown at a ledger is shown as of it for ever, of quiet ledgers too.

Histories are random by a seed: ledgers with events and without, committed one by one as a live
indexer does, everything asked after some of them; later everything is asked as of these.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from itertools import groupby
from typing import Any

import msgspec
import psycopg
import pytest

from indexer.decode import prepare
from indexer.sources.protocol import Batch, Header
from indexer.writer import Writer
from projections import details, payments, platform, positions, timeline
from projections.analytics import facts
from projections.analytics.dashboards import Answer, answers
from projections.analytics.workings import Workings
from projections.asof import as_of
from projections.history import mark_at
from projections.marketplace import facets, open_invoices
from projections.model import Mark
from projections.query import Query
from tests.indexer import synthetic

START = synthetic.START_LEDGER
SIXTY_DAYS = 60 * 86_400


def _live(seed: int) -> Iterator[Batch]:
    """A batch for each ledger, most of them quiet; months pass, so that what is due grows."""
    chance = random.Random(seed)  # a seed is the point
    events = synthetic.ledgers(seed, synthetic.story(seed, 4, holders=6))
    ledger, now = START - 1, synthetic.START_TIME
    for number, group in groupby(events, key=lambda event: event.ledger):
        while ledger < number:
            ledger += 1
            now += chance.choice((5, 6, 3_600, 86_400, 9 * 86_400))
            found = [
                msgspec.structs.replace(event, closed_at=now)
                for event in (group if ledger == number else ())
            ]
            yield Batch(found, Mark(ledger, now), ledger)
    for quiet in range(1, 4):
        yield Batch([], Mark(ledger + quiet, now + quiet * SIXTY_DAYS), ledger + quiet)


def _questions(connection: psycopg.Connection) -> dict[str, Query]:
    invoices = connection.execute("SELECT invoice FROM read.terms ORDER BY 1").fetchall()
    asked = {"platform": platform.overview(), "market": open_invoices(50), "facets": facets()}
    for number in range(2):
        holder = synthetic.address(f"holder {number}")
        asked[f"portfolio {number}"] = positions.portfolio(holder)
    for (invoice,) in invoices:
        about = (details.by_id, positions.of_invoice, payments.of_invoice, timeline.of_invoice)
        asked |= {f"{one.__module__} {invoice.hex()[:6]}": one(invoice) for one in about}
    return asked


def _shown(
    connection: psycopg.Connection, asked: dict[str, Query], at: int | None = None
) -> dict[str, list[tuple[Any, ...]]]:
    return {
        name: connection.execute((past := as_of(query, at)).sql.encode(), past.params).fetchall()
        for name, query in asked.items()
    }


def _figures(connection: psycopg.Connection, at: int | None = None) -> list[Answer]:
    mark = None if at is None else mark_at(connection, at)
    return answers("platform", Workings(facts.stored(connection, mark)))


@pytest.mark.parametrize("seed", range(3))
def test_what_was_shown_at_a_ledger_is_shown_as_of_it(database: str, seed: int) -> None:
    chance = random.Random(seed)  # a seed is the point
    then: dict[int, tuple[dict[str, Query], dict[str, list[tuple[Any, ...]]], list[Answer]]] = {}
    with (
        Writer.open(database, synthetic.DEPLOYMENT, threading.Event()) as writer,
        psycopg.connect(database, autocommit=True) as reader,
    ):
        reader.execute("SET ROLE stellarsettle_api")
        for batch in _live(seed):
            writer.commit(prepare(batch))
            if chance.random() < 0.12 or batch.through.closed_at > synthetic.START_TIME * 2:
                asked = _questions(reader)
                then[batch.through.ledger] = asked, _shown(reader, asked), _figures(reader)
        assert len(then) > 4, f"seed {seed} looks too seldom"
        for ledger, (asked, shown, figures) in then.items():
            assert _shown(reader, asked, ledger) == shown, f"seed {seed}, ledger {ledger}"
            assert _figures(reader, ledger) == figures, f"seed {seed}, ledger {ledger}"


def test_the_time_of_a_quiet_ledger_is_that_of_its_header_or_the_nearest_known_before(
    database: str,
) -> None:
    """Read in bulk, only some quiet ledgers have a header; read whole, all have."""
    headers = [
        Header(ledger, bytes([ledger % 256]) * 32, bytes([(ledger - 1) % 256]) * 32, time)
        for ledger, time in ((START + 2, 50_000), (START + 3, 50_005))
    ]
    with (
        Writer.open(database, synthetic.DEPLOYMENT, threading.Event()) as writer,
        psycopg.connect(database, autocommit=True) as reader,
    ):
        writer.commit(prepare(Batch([], Mark(START + 9, 50_050), START + 9, headers)))
        writer.commit(prepare(Batch([], Mark(START + 20, 50_400), START + 20)))
        times = {n: mark_at(reader, START + n).closed_at for n in (0, 1, 2, 3, 8, 9, 19, 20)}
        assert times == {
            0: 0, 1: 0, 2: 50_000, 3: 50_005, 8: 50_005, 9: 50_050, 19: 50_050, 20: 50_400
        }  # fmt: skip
        reader.execute("SELECT set_config('analytics.as_of', %s, false)", (str(START + 8),))
        shown = reader.execute(
            "SELECT ledger, extract(epoch FROM closed_at)::bigint FROM analytics.ledger"
        )
        assert shown.fetchall() == [(START + 8, 50_005)]
