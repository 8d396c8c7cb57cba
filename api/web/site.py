"""What pages are made from, in one piece: the renderer and everything that is asked for values."""

from __future__ import annotations

import dataclasses

from api.assets import Assets
from api.database import Database
from api.figures import Figures
from api.invoices.ladders import Ladders
from api.reads import read
from api.web.rendering import Pages, Standing
from projections.platform import overview


@dataclasses.dataclass(frozen=True)
class Site:
    """Lives as long as the application."""

    pages: Pages
    database: Database
    figures: Figures
    assets: Assets
    ladders: Ladders

    async def standing(self, at: int | None = None) -> Standing:
        """As of which ledger everything is shown: now, or that of `at`; raises as `read` does."""
        async with self.database.public() as connection:
            return self.pages.standing(await read(connection, overview(), at))
