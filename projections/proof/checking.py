"""Whether a bundle's events lead to its numbers: what is wrong is refused by name."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from contracts.wire import Contract
from projections.model import Record
from projections.proof.bundle import Bundle, Refusal, RefusedError, opened
from projections.proof.derivation import Derivation, derive
from projections.proof.events import decoded


def recomputed(document: bytes, *, network: str | None = None) -> tuple[Bundle, Derivation]:
    """What is in a bundle, and everything in it worked out again; nothing of it is believed.

    `network`: the passphrase that it must be of, where it is known. Raises RefusedError.
    """
    bundle = opened(document)
    if network is not None and bundle.network != network:
        raise RefusedError(
            Refusal.NETWORK, f"the bundle is of the network {bundle.network!r}, not {network!r}"
        )
    return bundle, checked(bundle, decoded(bundle.events))


def checked(bundle: Bundle, records: Sequence[Record]) -> Derivation:
    """The derivation of an opened bundle; `records` are its events, decoded.

    Raises RefusedError where events are out of order, about something else, missing, too many or
    changed, or do not lead to the bundle's figures and state.
    """
    _require_order(bundle)
    _require_subject(bundle, records)
    _require_sequences(records)
    try:
        derivation = derive(bundle.subject, bundle.mark, records)
    except LookupError as error:
        raise RefusedError(Refusal.DROPPED, str(error)) from error
    except Exception as error:  # what no contract emits breaks folds in ways that nobody can list
        raise RefusedError(
            Refusal.CHANGED, f"its events cannot be folded ({type(error).__name__})"
        ) from error
    for event, step in zip(bundle.events, derivation.steps, strict=True):
        for sentence in step.contradictions:
            raise RefusedError(
                Refusal.CHANGED,
                f"{step.record.event.NAME} {event.name}: {sentence}; it was changed,"
                " or an event before it is missing",
            )
    _require_figures(bundle, derivation)
    return derivation


def _require_order(bundle: Bundle) -> None:
    places = [(event.position, event.index) for event in bundle.events]
    for before, after in itertools.pairwise(places):
        if before == after:
            raise RefusedError(Refusal.ADDED, f"event {after} is there twice")
        if before > after:
            raise RefusedError(Refusal.ORDER, f"event {after} stands after {before}")
    for event in bundle.events:
        if not bundle.first_ledger <= event.ledger <= bundle.ledger:
            raise RefusedError(
                Refusal.ADDED,
                f"event {event.name} is not of ledgers {bundle.first_ledger} to {bundle.ledger}",
            )


def _require_subject(bundle: Bundle, records: Sequence[Record]) -> None:
    wanted = bundle.subject.id
    for event, record in zip(bundle.events, records, strict=True):
        if wanted is not None and getattr(record.event, "id", None) != wanted:
            raise RefusedError(
                Refusal.FOREIGN,
                f"{record.event.NAME} {event.name} is about something else than invoice"
                f" {wanted.hex()}",
            )
    if wanted is None:
        owners = {record.contract for record in records if record.event.NAME == "owner_accepted"}
        for contract in {Contract.ESCROW, Contract.DISTRIBUTOR} - owners:
            raise RefusedError(
                Refusal.DROPPED, f"the {contract} contract's first events are missing"
            )


def _require_sequences(records: Sequence[Record]) -> None:
    """The contracts number the events of each invoice: 1, 2, 3, without a hole."""
    reached: dict[tuple[Contract, bytes], int] = {}
    for record, about, seq in _numbered(records):
        expected = reached.get((record.contract, about), 0) + 1
        where = f"of the {record.contract} contract about invoice {about.hex()}"
        if seq > expected:
            raise RefusedError(Refusal.DROPPED, f"event number {expected} {where} is missing")
        if seq < expected:
            raise RefusedError(Refusal.ADDED, f"event number {seq} {where} is there twice")
        reached[record.contract, about] = seq


def _numbered(records: Sequence[Record]) -> Iterator[tuple[Record, bytes, int]]:
    for record in records:
        seq = getattr(record.event, "seq", None)
        if seq is not None:
            yield record, record.event.id, seq  # type: ignore[attr-defined]  # all that count have it


def _require_figures(bundle: Bundle, derivation: Derivation) -> None:
    claimed = {figure.name: figure for figure in bundle.figures}
    follows = {figure.name: figure for figure in derivation.figures}
    for name in sorted(claimed.keys() | follows.keys()):
        claim, figure = claimed.get(name), follows.get(name)
        if claim != figure:
            raise RefusedError(
                Refusal.FIGURE,
                f"{name} is claimed as {_told(claim)}, the events give {_told(figure)}",
            )
    if bundle.state != derivation.state:
        raise RefusedError(
            Refusal.STATE,
            f"the bundle names state {bundle.state}, its events fold to {derivation.state}",
        )


def _told(figure: object) -> str:
    value = getattr(figure, "value", None)
    if value is not None:
        return str(value)
    return str(getattr(figure, "null_reason", None) or "nothing")
