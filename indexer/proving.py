"""Bundles held against a ledger, and proofs from events that lie in files.

What a bundle says about its own events is checked by the pure folds (`projections.proof`). Beyond
that its events can be held against the ledger: whole ledgers that travel in the bundle, of which
the header commits to every event, or any source of ledgers, which also shows that none is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
import psycopg

from contracts import rpc
from indexer import archived
from indexer.decode import Decoded, decode_all
from indexer.rpc import RpcClient
from indexer.sources.protocol import Batch, Deployment, RawEvent, Source
from indexer.sources.whole import Followed
from indexer.stored import whole_ledgers
from indexer.xdr.ledger import read_ledger
from indexer.xdr.runtime import LedgerFormatError
from projections.model import Mark
from projections.proof import proving
from projections.proof.bundle import (
    Bundle,
    LedgerEvent,
    OwnLedger,
    Refusal,
    RefusedError,
    Subject,
    sealed,
)
from projections.proof.checking import recomputed
from projections.proof.derivation import Derivation
from projections.proof.events import UnprovableError, at_place, places, stored
from projections.proof.proving import Proof


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
    """As `projections.proof.proving.prove`, from events wherever they are kept.

    With `ledgers` each whole ledger that holds one of the events is fetched from that node and put
    in. Raises as that one does, and UnprovableError where a file or a ledger is not to be had.
    """
    proof = proving.prove(connection, subject, at, events=_everywhere)
    if ledgers is None:
        return proof
    own = _own_ledgers(ledgers, proof.bundle)
    return Proof(sealed(msgspec.structs.replace(proof.bundle, ledgers=own)), proof.derivation)


def check(
    document: bytes, *, network: str | None = None, source: Callable[[Bundle], Source] | None = None
) -> Checked:
    """Work out everything in a bundle again; nothing of it is believed.

    `network`: the passphrase that it must be of, where it is known. `source`, made for the bundle's
    contracts, is read from its first ledger to its last. Raises
    `projections.proof.bundle.RefusedError`, and what the source raises.
    """
    bundle, derivation = recomputed(document, network=network)
    own = _check_own_ledgers(bundle)
    if source is not None:
        _check_source(bundle, source(bundle))
    return Checked(bundle, derivation, own, source is not None)


def deployment_of(bundle: Bundle) -> Deployment:
    """The contracts whose events are in it."""
    return Deployment(bundle.escrow, bundle.distributor, bundle.first_ledger)


def _everywhere(connection: psycopg.Connection, subject: Subject, mark: Mark) -> list[LedgerEvent]:
    """What the subject's figures follow from, in order, wherever it is stored."""
    try:
        if subject.id is None:
            parts = whole_ledgers(connection, mark)
            return [bundled(event) for part, _ in parts for event in part]
        found = stored(connection, subject, mark)
        elsewhere = places(connection, subject, mark)
        elsewhere -= {(event.position, event.index) for event in found}
        return [*map(bundled, archived.at_places(connection, elsewhere)), *found]
    except archived.MissingFileError as error:
        raise UnprovableError(str(error)) from error


def bundled(event: RawEvent) -> LedgerEvent:
    """The event as a bundle has it."""
    return at_place(*msgspec.structs.astuple(event))


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
