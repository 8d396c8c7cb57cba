"""A fingerprint of all state: per model a chain over the ledgers that changed something.

`digest = SHA-256(previous digest || changed rows in key order)`, each row as JSON (an array of its
fields; bytes in base64, addresses as strkeys) and a newline. The chain of a model starts with the
SHA-256 of "name/version". Two databases with the same digest hold the same state and history,
whatever their batches were and whatever integers their address dictionaries gave.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec
import psycopg
from psycopg import sql

from projections.change import Step
from projections.model import Model, Row

_encode_lines = msgspec.json.Encoder().encode_lines


class VersionError(RuntimeError):
    """Stored rows were folded by another version of a model: rebuild the read models."""


def start(model: Model[Any]) -> bytes:
    """The digest of a model that nothing has changed yet."""
    return hashlib.sha256(f"{model.name}/{model.version}".encode()).digest()


def following(previous: bytes, rows: Iterable[Row]) -> bytes:
    """The digest after a ledger that left `rows` changed; they come in key order."""
    fingerprint = hashlib.sha256(previous)
    fingerprint.update(_encode_lines(rows))
    return fingerprint.digest()


class Digests:
    """The digest chains in `schema`: continued while folding, written with the rows."""

    def __init__(self, schema: str, models: Sequence[Model[Any]]) -> None:
        self._models = models
        table = sql.Identifier(schema, "digest")
        self._select = sql.SQL(
            "SELECT wanted.model, newest.digest"
            " FROM unnest(%(names)s::text[], %(versions)s::int[]) AS wanted(model, version)"
            " CROSS JOIN LATERAL (SELECT digest FROM {table} AS d WHERE d.model = wanted.model"
            " AND d.version = wanted.version AND (%(at)s::bigint IS NULL OR d.ledger <= %(at)s)"
            " ORDER BY d.ledger DESC LIMIT 1) AS newest"
        ).format(table=table)
        self._select_others = sql.SQL(
            "SELECT wanted.model FROM unnest(%(names)s::text[], %(versions)s::int[])"
            " AS wanted(model, version) WHERE EXISTS (SELECT FROM {table} AS d"
            " WHERE d.model = wanted.model AND d.version <> wanted.version)"
            " AND NOT EXISTS (SELECT FROM {table} AS d"
            " WHERE d.model = wanted.model AND d.version = wanted.version)"
        ).format(table=table)
        self._copy = sql.SQL("COPY {} (model, version, ledger, digest) FROM STDIN").format(table)
        self._heads: dict[str, bytes] = {}
        self._lines: list[str] = []

    def load(self, connection: psycopg.Connection) -> None:
        """Continues where the database stands. Raises VersionError if it stands elsewhere."""
        others = connection.execute(self._select_others, self._wanted(None)).fetchall()
        if others:
            names = ", ".join(name for (name,) in others)
            raise VersionError(
                f"these read models were folded by another version: {names}."
                " Run `stellarsettle rebuild --beside`."
            )
        self._heads = self._stored(connection, None)

    def add(self, model: Model[Any], ledger: int, rows: Sequence[Row]) -> None:
        """Continues a model's chain over a ledger that left `rows` changed, in key order."""
        head = following(self._heads[model.name], rows)
        self._heads[model.name] = head
        self._lines.append(f"{model.name}\t{model.version}\t{ledger}\t\\\\x{head.hex()}\n")

    def take(self) -> Iterator[Step]:
        """Writes the digests added since the last time."""
        if self._lines:
            lines, self._lines = self._lines, []
            yield Step(self._copy, "".join(lines))

    def forget(self) -> None:
        """Drops what is in memory; `load` before going on."""
        self._heads.clear()
        self._lines.clear()

    def combined(self, connection: psycopg.Connection, at: int | None = None) -> bytes:
        """One digest (32 bytes) over all models as of ledger `at`, None for the newest."""
        heads = self._stored(connection, at)
        return hashlib.sha256(b"".join(heads[name] for name in sorted(heads))).digest()

    def _stored(self, connection: psycopg.Connection, at: int | None) -> dict[str, bytes]:
        stored = connection.execute(self._select, self._wanted(at)).fetchall()
        return {model.name: start(model) for model in self._models} | dict(stored)

    def _wanted(self, at: int | None) -> dict[str, Any]:
        return {
            "names": [model.name for model in self._models],
            "versions": [model.version for model in self._models],
            "at": at,
        }
