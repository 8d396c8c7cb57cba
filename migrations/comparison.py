"""Whether the database has exactly the tables that the rooms describe."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator
from typing import Any

import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

_ROOMS = ("projections.tables", "indexer.tables", "api.tables", "api.audit.tables")
"""Modules with a `metadata`; a room may keep no tables."""

_PARTITIONS = """
SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r'
UNION ALL SELECT conname FROM pg_constraint WHERE conparentid <> 0
"""
"""Partitions and their constraints: parts of tables that are described."""


def described() -> Iterator[sqlalchemy.MetaData]:
    """The tables of every room that has some."""
    for name in _ROOMS:
        if importlib.util.find_spec(name) is not None:
            yield importlib.import_module(name).metadata


def differences(connection: sqlalchemy.Connection) -> list[Any]:
    """Alembic's list of operations that would make the database equal to the description."""
    metadatas = list(described())
    schemas = {metadata.schema for metadata in metadatas}
    partitions = set(connection.scalars(sqlalchemy.text(_PARTITIONS)))

    def ours(name: str | None, kind: str, _: Any) -> bool:
        if kind in {"table", "foreign_key_constraint"}:
            return name not in partitions
        return name in schemas if kind == "schema" else True

    context = MigrationContext.configure(
        connection,
        opts={
            "target_metadata": metadatas,
            "include_schemas": True,
            "include_name": ours,
            "compare_type": True,
            "compare_server_default": True,
        },
    )
    return list(compare_metadata(context, metadatas))  # type: ignore[arg-type]  # a list is taken too
