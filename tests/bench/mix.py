"""What people and programs ask of the API, in about the proportions in which they would.

Six of ten requests are of the market, public and often the same; two are about single invoices,
of which there are many; two are somebody's own.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from tests.bench.load import Ask
from tests.bench.market import Market

_SORTS = ("newest", "yield", "due", "closing", "size")
_OWN = ("me", "portfolio", "invoices", "transactions", "notifications/unread")


class Mix:
    """Makes up requests, the same for the same seed; `people` are headers of signed-in people."""

    def __init__(
        self, market: Market, people: Sequence[Mapping[str, str]], *, seed: int = 1
    ) -> None:
        self._market = market
        self._people = people
        self._dice = random.Random(seed)
        kinds = {
            self._list: 30,
            self._filtered: 10,
            self._facets: 10,
            self._platform: 10,
            self._invoice: 10,
            self._part: 10,
            self._own: 20,
        }
        self._kinds, self._weights = list(kinds), list(kinds.values())

    def ask(self) -> Ask:
        """The next request."""
        return self._dice.choices(self._kinds, self._weights)[0]()

    def _list(self) -> Ask:
        return Ask("list", f"/v1/marketplace?sort={self._dice.choice(_SORTS)}")

    def _filtered(self) -> Ask:
        days, percent = self._dice.choice((30, 60, 90)), self._dice.randrange(30)
        return Ask("filtered", f"/v1/marketplace?max_days={days}&min_yield=0.{percent:02}")

    def _facets(self) -> Ask:
        return Ask("facets", f"/v1/marketplace/facets?max_days={self._dice.choice((30, 60, 90))}")

    def _platform(self) -> Ask:
        return Ask("platform", "/v1/platform")

    def _invoice(self) -> Ask:
        return Ask("invoice", f"/v1/invoices/{self._dice.choice(self._market.invoices)}")

    def _part(self) -> Ask:
        part = self._dice.choice(("positions", "payments", "timeline"))
        return Ask(part, f"/v1/invoices/{self._dice.choice(self._market.invoices)}/{part}")

    def _own(self) -> Ask:
        what = self._dice.choice(_OWN)
        return Ask("own", f"/v1/{what}", headers=self._dice.choice(self._people))
