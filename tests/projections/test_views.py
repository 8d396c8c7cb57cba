"""The analyst's door: every view is documented, looks back exactly, and opens nothing else."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import polars as pl
import psycopg
import pytest
from psycopg import sql
from psycopg.rows import dict_row

import migrations
from contracts import events
from projections import rebuild
from projections.analytics import facts
from projections.analytics.workings import BUCKETS, Workings
from projections.engine import Engine
from projections.registry import MODELS
from projections.views import installing
from projections.views.registry import VIEWS
from tests.projections import story
from tests.projections.analytics.test_facts import lively
from tests.projections.support import DAY, Chain, identifier

ROLE = "stellarsettle_analyst"
NAMES = [view.name for view in VIEWS]


@pytest.fixture
def analyst(database: str) -> Iterator[psycopg.Connection]:
    """A session as an analyst opens it: the role's own settings apply."""
    with psycopg.connect(database, autocommit=True, user=ROLE) as opened:
        yield opened


def write(database: str, chain: Chain) -> None:
    ledgers = itertools.groupby(chain.records, key=lambda record: record.mark)
    with psycopg.connect(database, options="-c role=stellarsettle_indexer") as writer:
        engine = Engine()
        for mark, records in ledgers:
            engine.apply(writer, list(records), mark)


def contested(chain: Chain) -> None:
    """What the story lacks: a dispute, and shares that change hands."""
    chain.close(story.DUE + 22 * DAY)
    chain.tell(
        events.DisputeOpened(
            id=story.INVOICE,
            by=story.SELLER,
            reason_hash=identifier("reason"),
            until=story.DUE + 30 * DAY,
            seq=14,
        ),
        events.ShareTransferred(
            id=story.INVOICE,
            from_=story.ANN,
            to=story.DAN,
            amount=10,
            from_shares=39_999_999_990,
            to_shares=10,
        ),
    )


def contents(connection: psycopg.Connection) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all views, in the order of their keys."""
    return {
        view.name: connection.execute(
            sql.SQL("SELECT * FROM analytics.{} ORDER BY {}").format(
                sql.Identifier(view.name), sql.SQL(", ").join(map(sql.Identifier, view.key))
            )
        ).fetchall()
        for view in VIEWS
    }


def test_every_view_and_every_column_says_what_it_is(database: str) -> None:
    with psycopg.connect(database) as owner:
        told = owner.execute("""
            SELECT c.relname, obj_description(c.oid), array_agg(a.attname::text ORDER BY attnum),
                   array_agg(col_description(c.oid, a.attnum) ORDER BY attnum),
                   array_agg(format_type(atttypid, atttypmod) ORDER BY attnum)
            FROM pg_class AS c JOIN pg_attribute AS a ON attrelid = c.oid AND attnum > 0
            WHERE relnamespace = 'analytics'::regnamespace GROUP BY c.oid ORDER BY relname
        """).fetchall()
    assert [name for name, *_ in told] == sorted(NAMES)
    by_name = {view.name: view for view in VIEWS}
    for name, comment, columns, comments, types in told:
        view = by_name[name]
        assert comment == f"{view.meaning}. Key: {', '.join(view.key)}"
        assert columns == [field.name for field in view.fields]
        assert comments == [f"{field.meaning} [{field.unit}]" for field in view.fields]
        assert set(view.key) <= set(columns)
        assert set(types) <= {
            "bigint", "boolean", "numeric", "numeric(38,7)", "text", "timestamp with time zone",
        }  # fmt: skip  # nothing that rounds


def test_every_read_model_is_behind_a_view() -> None:
    shown = " ".join(view.sql for view in VIEWS)
    assert [model.name for model in MODELS if f"read.{model.name} " not in shown] == []


def test_a_view_as_of_a_ledger_is_what_it_was_then(
    database: str, analyst: psycopg.Connection
) -> None:
    then = {}
    with psycopg.connect(database, options="-c role=stellarsettle_indexer") as writer:
        engine, chain = Engine(), Chain(ledger=5000)
        for chapter in (*story.CHAPTERS, contested):
            told = len(chain.records)
            chapter(chain)
            for mark, records in itertools.groupby(
                chain.records[told:], key=lambda record: record.mark
            ):
                engine.apply(writer, list(records), mark)
            writer.commit()
            then[chain.mark.ledger] = contents(analyst)
    newest = contents(analyst)
    assert all(newest.values())
    for ledger, rows in then.items():
        analyst.execute("SELECT set_config('analytics.as_of', %s, false)", (str(ledger),))
        assert contents(analyst) == rows
    analyst.execute("RESET analytics.as_of")
    assert contents(analyst) == newest


def test_before_the_first_event_there_is_nothing(
    database: str, analyst: psycopg.Connection
) -> None:
    write(database, story.told())
    analyst.execute("SET analytics.as_of = 4000")
    assert contents(analyst) == {name: [] for name in NAMES} | {
        "ledger": analyst.execute("SELECT 4000::bigint, to_timestamp(0)").fetchall()
    }


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        ("99999", "ledger 99999 is after 50"),
        ("soon", "number of a ledger, not soon"),
        ("-1", "number of a ledger"),
        ("99999999999999999999", "number of a ledger"),
    ],
)
def test_a_ledger_that_cannot_be_is_refused(
    database: str, analyst: psycopg.Connection, wanted: str, why: str
) -> None:
    write(database, story.told())
    analyst.execute("SELECT set_config('analytics.as_of', %s, false)", (wanted,))
    for name in NAMES:
        with pytest.raises(psycopg.errors.InvalidParameterValue, match=why):
            analyst.execute(
                sql.SQL("SELECT * FROM analytics.{}").format(sql.Identifier(name))
            ).fetchall()


def test_an_analyst_reads_the_views_and_nothing_else(
    database: str, analyst: psycopg.Connection
) -> None:
    write(database, story.told())
    with psycopg.connect(database) as owner:
        tables = owner.execute("""
            SELECT schemaname, tablename FROM pg_tables
            WHERE schemaname NOT IN ('pg_catalog', 'information_schema')
        """).fetchall()
        functions = owner.execute(
            """
            SELECT p.oid::regprocedure::text FROM pg_proc AS p
            WHERE pronamespace IN (SELECT oid FROM pg_namespace WHERE nspname IN
                  ('app', 'ledger', 'read', 'analytics', 'public'))
              AND has_function_privilege(%s, p.oid, 'EXECUTE')
              AND has_schema_privilege(%s, pronamespace, 'USAGE')
        """,
            (ROLE, ROLE),
        ).fetchall()
    assert {schema for schema, _ in tables} >= {"app", "ledger", "read", "public"}
    assert functions == [("analytics.as_of()",)]
    analyst.execute("SET default_transaction_read_only = off")  # the rights must do without it
    for table in (sql.Identifier(*names) for names in tables):
        for statement in ("SELECT FROM {}", "DELETE FROM {}", "TRUNCATE {}"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                analyst.execute(sql.SQL(statement).format(table))
    for name in NAMES:
        for statement in ("DELETE FROM analytics.{}", "DROP VIEW analytics.{}"):
            with pytest.raises(
                (
                    psycopg.errors.InsufficientPrivilege,
                    psycopg.errors.ObjectNotInPrerequisiteState,
                )
            ):
                analyst.execute(sql.SQL(statement).format(sql.Identifier(name)))
    for schema in ("app", "ledger", "read", "analytics", "public"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            analyst.execute(sql.SQL("CREATE TABLE {}.mine (x int)").format(sql.Identifier(schema)))


def test_the_role_has_its_limits_and_its_views_insist_on_them(
    database: str, analyst: psycopg.Connection
) -> None:
    settings = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
    shown = [analyst.execute(f"SHOW {name}").fetchone() for name in settings]
    assert shown == [("30s",), ("5s",), ("1min",)]
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        analyst.execute("CREATE TEMPORARY TABLE mine (x int)")
    analyst.execute("SET statement_timeout = '50ms'")
    with pytest.raises(psycopg.errors.QueryCanceled, match="statement timeout"):
        analyst.execute("SELECT count(*) FROM analytics.ledger, generate_series(1, 1000000000)")
    analyst.execute("SET statement_timeout = 0")
    with pytest.raises(psycopg.errors.QueryCanceled, match="at most 5 minutes"):
        analyst.execute("SELECT * FROM analytics.ledger")
    with psycopg.connect(database) as owner:  # not an analyst: nothing bounds an export
        assert len(owner.execute("SELECT * FROM analytics.ledger").fetchall()) == 1


def test_views_stand_on_the_rebuilt_tables_after_a_switch(
    database: str, analyst: psycopg.Connection
) -> None:
    chain = story.told()
    write(database, chain)
    before = contents(analyst)
    migrations.upgrade(database)  # a copy of a database lacks the rights on the database itself
    with psycopg.connect(database) as connection:
        connection.execute("SET ROLE stellarsettle_indexer")
        rebuild.prepare(connection, "read_beside")
        Engine("read_beside").apply(connection, chain.records, chain.mark)
        rebuild.complete(connection, "read_beside")
        connection.commit()
        rebuild.switch(connection, "read_beside")
    assert contents(analyst) == before


def test_making_the_views_again_changes_nothing_and_drops_what_is_gone(database: str) -> None:
    with psycopg.connect(database, options="-c role=stellarsettle_indexer") as owner:
        owner.execute("CREATE VIEW analytics.gone AS SELECT * FROM read.pool")
        installing.install(owner)
        installing.remove(owner)
        count = "SELECT count(*) FROM pg_views WHERE schemaname = 'analytics'"
        assert owner.execute(count).fetchone() == (0,)
        installing.install(owner)
        assert owner.execute(count).fetchone() == (len(VIEWS),)


def test_the_loan_tape_says_what_the_metrics_are_worked_out_from(
    database: str, analyst: psycopg.Connection
) -> None:
    chain, marks = lively(3, 120)
    write(database, chain)
    for mark in (marks[40], marks[80], marks[-1]):
        analyst.execute("SELECT set_config('analytics.as_of', %s, false)", (str(mark.ledger),))
        cursor = analyst.cursor(row_factory=dict_row)
        tape = {
            row["invoice"]: row
            for row in cursor.execute("SELECT * FROM analytics.loan_tape").fetchall()
        }
        with psycopg.connect(database, autocommit=True) as reader:
            deals = Workings(facts.stored(reader, mark)).deals.filter("closed")
        assert len(tape) == len(deals) > 0
        for deal in deals.with_columns(pl.col("invoice").cast(pl.String)).iter_rows(named=True):
            row = tape[deal["invoice"]]
            assert row["outstanding"] == deal["outstanding"]
            assert row["owed_to_investors"] == deal["owed"]
            assert row["late_owed"] == deal["late_owed"]
            assert row["days_past_due"] == deal["dpd"]
            assert row["advance"] == deal["raised"]
            assert row["advance_scaled"] * 10**7 == deal["raised"]
            assert row["bucket"] in BUCKETS
