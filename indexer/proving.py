"""Proofs made from the database, and bundles checked against a ledger or by themselves alone.

What a bundle says about its own events is checked by the pure folds (`projections.proof`). Beyond
that its events can be held against the ledger: whole ledgers that travel in the bundle, of which
the header commits to every event, or any source of ledgers, which also shows that none is missing.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
import psycopg

from contracts import rpc
from contracts.wire import Address, Contract
from indexer import archived
from indexer.copying import CONTRACTS
from indexer.coverage import coverage
from indexer.decode import Decoded, decode_all
from indexer.rpc import RpcClient
from indexer.sources.protocol import Batch, Deployment, RawEvent, Source
from indexer.sources.whole import Followed
from indexer.stored import whole_ledgers
from indexer.xdr.ledger import read_ledger
from indexer.xdr.runtime import LedgerFormatError
from projections import remembering
from projections.engine import Engine
from projections.history import mark_at
from projections.memory import Memory
from projections.model import Mark, Model, Record
from projections.proof.bundle import (
    Bundle,
    Header,
    LedgerEvent,
    OwnLedger,
    Refusal,
    RefusedError,
    Subject,
    folds,
    opened,
    sealed,
)
from projections.proof.checking import checked
from projections.proof.derivation import Derivation, derive

_EVENTS_OF_INVOICE: Final = """
SELECT e.position, e.index, e.contract, e.closed_at, e.tx_hash, e.body
FROM read.activity AS a
JOIN ledger.event AS e ON (e.position, e.index) = (a.position, a.event_index)
WHERE a.invoice = %(invoice)s AND a.position < %(end)s ORDER BY e.position, e.index
"""
_PLACES_OF_INVOICE: Final = """
SELECT position, event_index FROM read.activity
WHERE invoice = %(invoice)s AND position < %(end)s
"""
_HASHES: Final = """
SELECT through, hash FROM ledger.stretch
WHERE hash IS NOT NULL AND through BETWEEN %s AND %s ORDER BY through
"""
_OPERATION: Final = 0xFFF
_TRANSACTION: Final = 0xFFFFF


class UnprovableError(Exception):
    """The database cannot vouch for the number: the message says what to do."""


class Proof(msgspec.Struct, frozen=True):
    """A sealed bundle and the derivation of what it claims."""

    bundle: Bundle
    derivation: Derivation


class Checked(msgspec.Struct, frozen=True):
    """A bundle that holds: `own_ledgers` of it and a source up to its ledger were compared."""

    bundle: Bundle
    derivation: Derivation
    own_ledgers: int
    source: bool


def prove(
    connection: psycopg.Connection,
    subject: Subject,
    at: int | None = None,
    ledgers: RpcClient | None = None,
) -> Proof:
    """A proof of the figures about `subject` as of the end of ledger `at`, None for the newest.

    The connection must not be in a transaction. With `ledgers` each whole ledger that holds one of
    the events is fetched from that node and put in. Raises UnprovableError where the database is
    not whole up to there, knows no such subject, or its rows say anything else than its events.
    """
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    connection.read_only = True
    try:
        with connection.transaction():
            bundle, records = _claimed(connection, subject, at)
            derivation = _derived(bundle, records)
            _require_equal(connection, bundle, derivation)
    finally:
        connection.isolation_level = connection.read_only = None
    bundle = msgspec.structs.replace(
        bundle,
        figures=derivation.figures,
        state=derivation.state,
        ledgers=_own_ledgers(ledgers, bundle) if ledgers else [],
    )
    return Proof(sealed(bundle), derivation)


def check(
    document: bytes, *, network: str | None = None, source: Callable[[Bundle], Source] | None = None
) -> Checked:
    """Work out everything in a bundle again; nothing of it is believed.

    `network`: the passphrase that it must be of, where it is known. `source`, made for the bundle's
    contracts, is read from its first ledger to its last. Raises
    `projections.proof.bundle.RefusedError`, and what the source raises.
    """
    bundle = opened(document)
    if network is not None and bundle.network != network:
        raise RefusedError(
            Refusal.NETWORK, f"the bundle is of the network {bundle.network!r}, not {network!r}"
        )
    derivation = checked(bundle, _decoded(bundle))
    own = _check_own_ledgers(bundle)
    if source is not None:
        _check_source(bundle, source(bundle))
    return Checked(bundle, derivation, own, source is not None)


def deployment_of(bundle: Bundle) -> Deployment:
    """The contracts whose events are in it."""
    return Deployment(bundle.escrow, bundle.distributor, bundle.first_ledger)


def _claimed(
    connection: psycopg.Connection, subject: Subject, at: int | None
) -> tuple[Bundle, list[Record]]:
    """The bundle without figures, and its events decoded."""
    mark = mark_at(connection, at)
    whole = coverage(connection)
    if whole is None or whole.whole_through < mark.ledger:
        through = whole.whole_through if whole else 0
        raise UnprovableError(
            f"the database is whole up to ledger {through} only, not up to {mark.ledger}:"
            " see `stellarsettle verify`"
        )
    try:
        raw = _events(connection, subject, mark)
    except archived.MissingFileError as error:
        raise UnprovableError(str(error)) from error
    if not raw:
        raise UnprovableError(f"nothing is known of this {subject.kind} as of {mark.ledger}")
    first = whole.first if subject.id is None else raw[0].ledger
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
        events=[bundled(event) for event in raw],
        headers=[Header(ledger, digest.hex()) for ledger, digest in hashes],
        ledgers=[],
        figures=[],
        state="",
    )
    return bundle, decode_all(raw).records


def _events(connection: psycopg.Connection, subject: Subject, mark: Mark) -> list[RawEvent]:
    """What the subject's figures follow from, in order, wherever it is stored."""
    if subject.id is None:
        return [event for part, _ in whole_ledgers(connection, mark) for event in part]
    place = {"invoice": subject.id, "end": (mark.ledger + 1) << 32}
    raw = [
        RawEvent(position, index, CONTRACTS[contract], closed_at, tx_hash, body)
        for position, index, contract, closed_at, tx_hash, body in connection.execute(
            _EVENTS_OF_INVOICE, place
        )
    ]
    places = set(connection.execute(_PLACES_OF_INVOICE, place).fetchall())
    elsewhere = places - {(event.position, event.index) for event in raw}
    return [*archived.at_places(connection, elsewhere), *raw]


def _network(connection: psycopg.Connection) -> str:
    row = connection.execute("SELECT passphrase FROM ledger.network").fetchone()
    if row is None:
        raise UnprovableError("the database does not know its network: run `stellarsettle index`")
    return str(row[0])


def _derived(bundle: Bundle, records: Sequence[Record]) -> Derivation:
    try:
        return derive(bundle.subject, bundle.mark, records)
    except LookupError as error:
        raise UnprovableError(str(error)) from error


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


def bundled(event: RawEvent) -> LedgerEvent:
    """The event as a bundle has it."""
    return LedgerEvent(
        ledger=event.ledger,
        transaction=event.position >> 12 & _TRANSACTION,
        operation=event.position & _OPERATION,
        index=event.index,
        contract=event.contract,
        closed_at=event.closed_at,
        tx_hash=event.tx_hash.hex(),
        xdr=event.body,
    )


def raw(event: LedgerEvent) -> RawEvent:
    """The event as sources give it. Raises ValueError if a part is malformed."""
    return RawEvent(
        event.position,
        event.index,
        event.contract,
        event.closed_at,
        bytes.fromhex(event.tx_hash),
        event.xdr,
    )


def _decoded(bundle: Bundle) -> list[Record]:
    try:
        decoded = decode_all([raw(event) for event in bundle.events])
    except (KeyError, ValueError, struct.error) as error:
        raise RefusedError(Refusal.FORMAT, f"an event is malformed: {error}") from error
    for event in decoded.quarantined:
        raise RefusedError(
            Refusal.UNREADABLE, f"event {event.position}-{event.index}: {event.reason}"
        )
    return decoded.records


def _own_ledgers(client: RpcClient, bundle: Bundle) -> list[OwnLedger]:
    """Each ledger that holds an event, whole. Raises UnprovableError if the node lacks one."""
    found = []
    for ledger in sorted({event.ledger for event in bundle.events}):
        try:
            page = client.call(rpc.get_ledgers(ledger, limit=1))
        except rpc.RpcError as error:
            raise UnprovableError(f"{client.url} gives no ledger {ledger}: {error}") from error
        if not page.ledgers or page.ledgers[0].sequence != ledger:
            raise UnprovableError(f"{client.url} does not hold ledger {ledger}")
        found.append(OwnLedger(ledger, page.ledgers[0].metadata_xdr))
    return found


def _check_own_ledgers(bundle: Bundle) -> int:
    """Ledgers that travel in the bundle hold its very events, and have the hashes it names."""
    followed = Followed(deployment_of(bundle), bundle.network)
    for own in bundle.ledgers:
        try:
            ledger = read_ledger(own.xdr, followed.wanted)
        except LedgerFormatError as error:
            raise RefusedError(Refusal.LEDGER, f"ledger {own.ledger}: {error}") from error
        if ledger.header.sequence != own.ledger:
            raise RefusedError(
                Refusal.LEDGER, f"ledger {own.ledger} is ledger {ledger.header.sequence}"
            )
        batch = followed.batch([ledger], own.ledger)
        claimed = [event for event in bundle.events if event.ledger == own.ledger]
        _require_same(bundle, claimed, batch.events, f"ledger {own.ledger} in the bundle")
        _require_hashes(bundle, batch)
    return len(bundle.ledgers)


def _check_source(bundle: Bundle, source: Source) -> None:
    """The source tells of the subject's events what the bundle does, no more and no less."""
    found: list[RawEvent] = []
    after = bundle.first_ledger - 1
    while after < bundle.ledger:
        batch = source.fetch(after)
        if batch is None:
            raise RefusedError(
                Refusal.BEYOND,
                f"the source ends at ledger {after}, the bundle is as of {bundle.ledger}",
            )
        found += [event for event in batch.events if event.ledger <= bundle.ledger]
        _require_hashes(bundle, batch)
        after = batch.through.ledger
    _require_same(bundle, bundle.events, found, "the ledger")


def _require_hashes(bundle: Bundle, batch: Batch) -> None:
    known = {header.ledger: header.hash for header in bundle.headers}
    for header in batch.headers:
        named = known.get(header.ledger, header.hash.hex())
        if named != header.hash.hex():
            raise RefusedError(
                Refusal.HISTORY,
                f"ledger {header.ledger} has hash {header.hash.hex()}, the bundle names {named}",
            )


def _require_same(
    bundle: Bundle, claimed: Sequence[LedgerEvent], found: Sequence[RawEvent], where: str
) -> None:
    """What `where` holds about the subject is what is claimed."""
    about = _about(bundle.subject, found)
    told = {(event.position, event.index): event for event in about}
    for event in claimed:
        place = (event.position, event.index)
        if place not in told:
            raise RefusedError(Refusal.ADDED, f"{where} holds no event {event.name}")
        if told.pop(place) != raw(event):
            raise RefusedError(Refusal.CHANGED, f"event {event.name} is another in {where}")
    for missing in told.values():
        name = f"{missing.position:019d}-{missing.index:010d}"
        raise RefusedError(
            Refusal.DROPPED, f"{where} holds event {name}, which is not in the bundle"
        )


def _about(subject: Subject, events: Sequence[RawEvent]) -> list[RawEvent]:
    """Those about the subject, unreadable ones included that say so, or do not say."""
    if subject.id is None:
        return list(events)
    decoded: Decoded = decode_all(events)
    ids = {
        (record.position, record.index): getattr(record.event, "id", None)
        for record in decoded.records
    }
    ids |= {(one.position, one.index): one.invoice or subject.id for one in decoded.quarantined}
    return [event for event in events if ids[event.position, event.index] == subject.id]
