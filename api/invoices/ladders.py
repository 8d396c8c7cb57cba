"""What a stake would bring, before anybody signs: folds over what has not happened."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import msgspec

from api.database import session
from api.errors import Problem
from api.invoices import schemas
from contracts.wire import Address
from projections import remembering
from projections.analytics import whatif
from projections.history import require_begun
from projections.invoices import INVOICE
from projections.model import Mark

_TITLES = {scenario.name: scenario.title for scenario in whatif.SCENARIOS}


class Ladders:
    """Reads an invoice's rows and lets time pass over a copy of them."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url

    async def of(
        self, invoice: bytes, stake: int, at: int | None = None
    ) -> tuple[Mark, tuple[whatif.Rung, ...]]:
        """A rung for each scenario of a stake of `stake` base units, and the ledger it starts at.

        That is `at`, None for the newest. Raises "not-found" for an unknown invoice, "not-possible"
        where the contracts would refuse, and as `history.mark_at` and `require_begun` do.
        """
        return await asyncio.to_thread(self._of, invoice, stake, at)

    async def outlook(
        self, holder: Address, at: int | None = None
    ) -> tuple[Mark, tuple[whatif.Rung, ...]]:
        """For each position that waits for its debtor, what every scenario would bring."""
        return await asyncio.to_thread(self._outlook, holder, at)

    def _outlook(self, holder: Address, at: int | None) -> tuple[Mark, tuple[whatif.Rung, ...]]:
        with session(self._url) as connection:
            memory, mark = remembering.of_holder(connection, holder, at=at)
            if at is not None:
                require_begun(connection, mark)
        return mark, whatif.outlook(memory, mark, holder)

    def _of(
        self, invoice: bytes, stake: int, at: int | None
    ) -> tuple[Mark, tuple[whatif.Rung, ...]]:
        with session(self._url) as connection:
            memory, mark = remembering.of_invoice(connection, invoice, at=at)
            if at is not None:
                require_begun(connection, mark)
        if memory.find(INVOICE, invoice) is None:
            raise Problem(
                "not-found", f"There is no invoice of that id as of ledger {mark.ledger}."
            )
        try:
            return mark, whatif.ladder(memory, mark, invoice, stake)
        except whatif.NotPossibleError as error:
            text = str(error)
            raise Problem("not-possible", f"{text[:1].upper()}{text[1:]}.") from error


def written(rung: whatif.Rung) -> schemas.Rung:
    """A rung as it is told over HTTP."""
    return msgspec.convert(
        {
            "scenario": rung.scenario,
            "title": _TITLES[rung.scenario],
            "status": rung.status.name.lower(),
            "at": rung.at,
            "late_charge": str(rung.late_charge),
            "receives": str(rung.receives),
            "gain": str(rung.gain),
            "simple_yield": _decimal(rung.simple_yield),
            "effective_yield": _decimal(rung.effective_yield),
            "yield_null": rung.yield_null,
        },
        schemas.Rung,
    )


def _decimal(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:f}"
