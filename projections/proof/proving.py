"""Proofs made from the database: what its rows say, shown to follow from its stored events."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

import msgspec
import psycopg

from contracts.wire import Address, Contract
from projections import remembering
from projections.engine import Engine
from projections.history import mark_at
from projections.memory import Memory
from projections.model import Mark, Model, Record
from projections.proof.bundle import Bundle, Header, LedgerEvent, Subject, folds, sealed
from projections.proof.derivation import Derivation, derive
from projections.proof.events import UnprovableError, decoded, in_database

_HASHES: Final = """
SELECT through, hash FROM ledger.stretch
WHERE hash IS NOT NULL AND through BETWEEN %s AND %s ORDER BY through
"""

EventsOf: TypeAlias = Callable[[psycopg.Connection, Subject, Mark], list[LedgerEvent]]
"""Gives all events that a subject's figures follow from, in order, wherever they are kept."""


class UnknownSubjectError(UnprovableError):
    """There is no such invoice or position as of that ledger."""


class Proof(msgspec.Struct, frozen=True):
    """A sealed bundle and the derivation of what it claims."""

    bundle: Bundle
    derivation: Derivation


def prove(
    connection: psycopg.Connection,
    subject: Subject,
    at: int | None = None,
    *,
    events: EventsOf = in_database,
) -> Proof:
    """A proof of the figures about `subject` as of the end of ledger `at`, None for the newest.

    The connection must not be in a transaction. Raises `history.NotFoldedError`,
    UnknownSubjectError, and UnprovableError where the database is not whole up to there or its rows
    say anything else than its events.
    """
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    connection.read_only = True
    try:
        with connection.transaction():
            bundle, records = _claimed(connection, subject, at, events)
            derivation = _derived(bundle, records)
            _require_equal(connection, bundle, derivation)
    finally:
        connection.isolation_level = connection.read_only = None
    bundle = msgspec.structs.replace(bundle, figures=derivation.figures, state=derivation.state)
    return Proof(sealed(bundle), derivation)


def _claimed(
    connection: psycopg.Connection, subject: Subject, at: int | None, events: EventsOf
) -> tuple[Bundle, list[Record]]:
    """The bundle without figures, and its events decoded."""
    mark = mark_at(connection, at)
    begin = _require_whole(connection, mark)
    found = events(connection, subject, mark)
    if not found:
        raise UnknownSubjectError(f"nothing is known of this {subject.kind} as of {mark.ledger}")
    first = begin if subject.id is None else found[0].ledger
    hashes = connection.execute(_HASHES, (first, mark.ledger)).fetchall()
    followed: dict[str, Address] = dict(
        connection.execute("SELECT kind, address FROM ledger.contract").fetchall()
    )
    bundle = Bundle(
        network=_network(connection),
        escrow=followed[Contract.ESCROW],
        distributor=followed[Contract.DISTRIBUTOR],
        subject=subject,
        ledger=mark.ledger,
        closed_at=mark.closed_at,
        first_ledger=first,
        folds=folds(),
        events=found,
        headers=[Header(ledger, digest.hex()) for ledger, digest in hashes],
        ledgers=[],
        figures=[],
        state="",
    )
    return bundle, decoded(found)


def _require_whole(connection: psycopg.Connection, mark: Mark) -> int:
    """The first ledger that was read; everything from it up to `mark` is there."""
    row = connection.execute("SELECT first, whole_through FROM ledger.coverage()").fetchone()
    first, through = row if row and row[0] is not None else (0, 0)
    if through < mark.ledger:
        raise UnprovableError(
            f"the database is whole up to ledger {through} only, not up to {mark.ledger}:"
            " see `stellarsettle verify`"
        )
    return int(first)


def _network(connection: psycopg.Connection) -> str:
    row = connection.execute("SELECT passphrase FROM ledger.network").fetchone()
    if row is None:
        raise UnprovableError("the database does not know its network: run `stellarsettle index`")
    return str(row[0])


def _derived(bundle: Bundle, records: Sequence[Record]) -> Derivation:
    try:
        return derive(bundle.subject, bundle.mark, records)
    except LookupError as error:
        raise UnknownSubjectError(str(error)) from error


def _require_equal(connection: psycopg.Connection, bundle: Bundle, derivation: Derivation) -> None:
    """The rows that the database shows are those that its events lead to."""
    subject, ledger = bundle.subject, bundle.ledger
    if subject.id is None:
        same = Engine().digest(connection, ledger).hex() == derivation.state
    else:
        newest = mark_at(connection, None).ledger
        at = None if ledger == newest else ledger
        memory = remembering.rows_of_invoice(connection, subject.id, at=at)
        same = all(_same(memory, derivation.memory, model) for model in remembering.ABOUT_INVOICE)
    if not same:
        raise UnprovableError(
            "the read models say anything else than the stored events:"
            " run `stellarsettle rebuild --beside`"
        )


def _same(memory: Memory, other: Memory, model: Model[Any]) -> bool:
    return memory.rows[model] == other.rows[model]
