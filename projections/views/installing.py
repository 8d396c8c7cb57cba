"""Puts the views into the database: dropped before its tables change, made anew afterwards.

Views are not history: every migration and every switch of the read models makes them from their
declarations, in its own transaction.
"""

from __future__ import annotations

from collections.abc import Iterator

import psycopg

from projections.views.registry import VIEWS
from projections.views.view import View

SCHEMA = "analytics"
ROLE = "stellarsettle_analyst"
SERVICE = "stellarsettle_api"
"""It exports what analysts read."""

_REMOVAL = f"""
DO $$ DECLARE name text; BEGIN
    FOR name IN SELECT viewname FROM pg_views WHERE schemaname = '{SCHEMA}' LOOP
        EXECUTE format('DROP VIEW {SCHEMA}.%I', name);
    END LOOP;
END $$
"""  # noqa: S608


def remove(connection: psycopg.Connection) -> None:
    """Drops all views of the schema, whatever version made them."""
    connection.execute(_REMOVAL.encode())


def install(connection: psycopg.Connection) -> None:
    """Makes or replaces every view with its comments and rights; the caller is the tables' owner.

    Raises psycopg.Error as it comes, also where a view of that name has other columns: `remove`
    first.
    """
    for statement in _statements():
        connection.execute(statement.encode())


def _statements() -> Iterator[str]:
    for view in VIEWS:
        yield f"CREATE OR REPLACE VIEW {SCHEMA}.{view.name} AS\n{view.sql}"
        yield from _comments(view)
    yield f"GRANT SELECT ON ALL TABLES IN SCHEMA {SCHEMA} TO {ROLE}, {SERVICE}"


def _comments(view: View) -> Iterator[str]:
    key = ", ".join(view.key)
    yield f"COMMENT ON VIEW {SCHEMA}.{view.name} IS {_quoted(f'{view.meaning}. Key: {key}')}"
    for field in view.fields:
        text = _quoted(f"{field.meaning} [{field.unit}]")
        yield f"COMMENT ON COLUMN {SCHEMA}.{view.name}.{field.name} IS {text}"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
