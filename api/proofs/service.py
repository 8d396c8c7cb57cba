"""Proofs made and bundles checked away from the event loop, a few at a time."""

from __future__ import annotations

import functools
from typing import Final

from api.database import session
from api.errors import Problem
from api.turns import Turns
from projections.history import mark_at, require_begun
from projections.proof import proving
from projections.proof.bundle import Bundle, Subject
from projections.proof.checking import recomputed
from projections.proof.derivation import Derivation
from projections.proof.events import (
    ArchivedEventsError,
    TooManyEventsError,
    UnprovableError,
    in_database,
)
from projections.proof.proving import Proof, UnknownSubjectError

MOST_EVENTS: Final = 20_000
LARGEST_BUNDLE: Final = 4 * 2**20
"""Bytes; a bundle has less than a thousand for each event."""
_AT_ONCE: Final = 2
_WAITING: Final = 16


class Proofs:
    """Makes and checks proofs: a bounded number at once, each of a bounded size."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._turns = Turns(
            at_once=_AT_ONCE,
            waiting=_WAITING,
            sentence="Too many ask for proofs at this moment.",
        )

    async def of(self, subject: Subject, at: int | None) -> Proof:
        """The proof of the figures about `subject` as of the end of `at`, None for the newest.

        Raises "not-found" for an unknown subject, "ledger-archived" and "too-much-to-prove" where
        the command line can do it, "unprovable" where the database cannot vouch for the figures,
        and as `history.mark_at` and `require_begun` do.
        """
        return await self._turns.take(functools.partial(self._of, subject, at))

    async def check(self, document: bytes) -> tuple[Bundle, Derivation]:
        """A bundle worked out again, without any database.

        Raises `projections.proof.bundle.RefusedError`.
        """
        return await self._turns.take(functools.partial(recomputed, document))

    def _of(self, subject: Subject, at: int | None) -> Proof:
        events = functools.partial(in_database, most=MOST_EVENTS)
        with session(self._url) as connection:
            mark = mark_at(connection, at)
            if not mark.ledger:
                raise Problem("not-read-yet")
            require_begun(connection, mark)
            try:
                return proving.prove(connection, subject, at, events=events)
            except UnknownSubjectError as error:
                raise Problem("not-found", _sentence(error)) from error
            except ArchivedEventsError as error:
                raise Problem("ledger-archived", _sentence(error)) from error
            except TooManyEventsError as error:
                raise Problem("too-much-to-prove", _sentence(error)) from error
            except UnprovableError as error:
                raise Problem("unprovable", _sentence(error)) from error


def _sentence(error: Exception) -> str:
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."
