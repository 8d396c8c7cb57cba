"""What people's confirmations say about confidence: the curve is fitted to them, every day."""

from __future__ import annotations

import asyncio
from typing import Final

import msgspec

from api.database import Connection
from api.documents.reading.calibration import Curve, Sample, fitted, shipped

_ENOUGH: Final = 100
"""Outcomes below which the shipped curve stays."""
_LAST: Final = 20_000
"""So many outcomes, the last ones, are fitted to: readers and invoices change."""


async def curve(connection: Connection) -> Curve | None:
    """The one that was fitted last; None as long as the shipped one holds."""
    row = await (await connection.execute("SELECT curve FROM app.document_curve")).fetchone()
    return None if row is None else msgspec.convert(row["curve"], Curve)


async def recalibrate(connection: Connection) -> int:
    """Fit the curve to what people confirmed and corrected; to how many fields that was."""
    query = """
        SELECT source, field, score, was_right AS right FROM app.document_outcome
        WHERE score IS NOT NULL ORDER BY number DESC LIMIT %s
    """
    rows = await (await connection.execute(query, (_LAST,))).fetchall()
    if len(rows) < _ENOUGH:
        return 0
    samples = [Sample(**row) for row in rows]
    found = await asyncio.to_thread(fitted, samples, shipped())
    await connection.execute(
        """
        INSERT INTO app.document_curve (one, curve, outcomes) VALUES (true, %s, %s)
        ON CONFLICT (one) DO UPDATE
        SET curve = excluded.curve, outcomes = excluded.outcomes, fitted_at = now()
        """,
        (msgspec.json.encode(found).decode(), len(samples)),
    )
    return len(samples)
