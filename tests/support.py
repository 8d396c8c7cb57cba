"""What tests of several rooms share."""

from __future__ import annotations

import psycopg


def empty(url: str) -> None:
    """Take everything out of the ledger and the read models of the database at `url`."""
    with psycopg.connect(url, autocommit=True) as connection:
        tables = connection.execute(
            "SELECT string_agg(format('%I.%I', schemaname, tablename), ',') FROM pg_tables"
            " WHERE schemaname IN ('ledger', 'read') AND tablename <> 'applied'"
        ).fetchone()
        assert tables
        connection.execute(f"TRUNCATE {tables[0]}".encode())
        connection.execute("UPDATE read.applied SET ledger = 0, closed_at = 0")
