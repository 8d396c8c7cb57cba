"""Figures of the metric registry by table, row and name: what templates and charts look up."""

from __future__ import annotations

from collections.abc import Iterable

from projections.analytics.dashboards import Answer

Row = dict[str, Answer]


class Sheet:
    """Rows by table ("M02.invoice") and key, in the order in which they were given."""

    def __init__(self, answers: Iterable[Answer]) -> None:
        self._tables: dict[str, dict[tuple[tuple[str, str], ...], Row]] = {}
        self.ledger: int | None = None
        """The ledger that the figures hold for; None where there are none."""
        self.time: int | None = None
        """Its close time, in Unix seconds."""
        for answer in answers:
            rows = self._tables.setdefault(answer.table, {})
            rows.setdefault(tuple(answer.key.items()), {})[answer.figure] = answer
            self.ledger, self.time = answer.ledger, answer.closed_at

    def tables(self) -> list[str]:
        """The tables that have rows, in the order in which they were given."""
        return list(self._tables)

    def rows(self, table: str, **key: str) -> list[tuple[dict[str, str], Row]]:
        """All rows of a table whose key has these values."""
        return [
            (dict(names), row)
            for names, row in self._tables.get(table, {}).items()
            if key.items() <= dict(names).items()
        ]

    def row(self, table: str, **key: str) -> Row | None:
        """The one row with these values; None where there is none."""
        return next((row for _, row in self.rows(table, **key)), None)

    def assets(self) -> list[str]:
        """The assets of which any row tells, in order."""
        keys = (dict(names) for rows in self._tables.values() for names in rows)
        return sorted({key["asset"] for key in keys if "asset" in key})
