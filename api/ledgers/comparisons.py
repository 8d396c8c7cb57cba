"""Two ledgers compared away from the event loop."""

from __future__ import annotations

import functools
from typing import Final

import psycopg

from api.database import session
from api.errors import Problem
from api.turns import Turns
from projections import differences
from projections.differences import Comparison

_AT_ONCE: Final = 2
_WAITING: Final = 8
_SECONDS: Final = 20
"""For one statement."""


class Comparisons:
    """Reads the rows of two ledgers and tells what is different."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._turns = Turns(
            at_once=_AT_ONCE,
            waiting=_WAITING,
            sentence="Too many compare ledgers at this moment.",
        )

    async def between(self, first: int, last: int, invoice: bytes | None) -> Comparison | None:
        """What changed from the end of `first` to that of `last`; see `differences.between`.

        Raises "too-slow" where it takes too long, or too many ask at once.
        """
        return await self._turns.take(functools.partial(self._between, first, last, invoice))

    def _between(self, first: int, last: int, invoice: bytes | None) -> Comparison | None:
        with session(self._url) as connection:
            connection.execute(f"SET statement_timeout = '{_SECONDS}s'")
            try:
                return differences.between(connection, first, last, invoice)
            except psycopg.errors.QueryCanceled as error:
                raise Problem("too-slow", "Compare ledgers that are closer together.") from error
