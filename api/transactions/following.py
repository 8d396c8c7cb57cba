"""From what a node and the read models say to what became of an intent: pure decisions."""

from __future__ import annotations

import msgspec

from api.transactions.refusals import fee_charged, refusal_of_transaction
from api.transactions.schemas import Failure, State, Step
from api.transactions.store import Outcome
from contracts.rpc import Health, TransactionInfo

_FIRST_LEDGER = 2
"""No node has an older one with transactions."""


class Applied(msgspec.Struct, frozen=True):
    """The ledger through which the read models have folded, and its close time."""

    ledger: int
    closed_at: int


def landed_in(ledger: int, closed_at: int) -> Outcome:
    """What to say of a transaction that did what it should in a ledger."""
    return Outcome(status="in_ledger", steps=(Step("in_ledger", ledger, closed_at),))


def landed(info: TransactionInfo) -> Outcome | None:
    """What became of a transaction that a ledger holds; None if the node knows of none."""
    if info.status == "SUCCESS":
        return landed_in(info.ledger, info.created_at)
    if info.status == "FAILED":
        step = Step("failed", info.ledger, info.created_at)
        return Outcome(status="failed", steps=(step,), error=_failure(info))
    return None


def lost(info: TransactionInfo, health: Health, built_at: int) -> Outcome:
    """What to say of a transaction no ledger held until its time was over.

    A node that no longer holds all ledgers since `built_at` (its own time) cannot know.
    """
    forgotten = health.oldest_ledger > _FIRST_LEDGER and health.oldest_ledger_close_time > built_at
    state: State = "unknown" if forgotten else "expired"
    step = Step(state, info.latest_ledger, info.latest_ledger_close_time)
    return Outcome(status=state, steps=(step,))


def replaced(info: TransactionInfo) -> Outcome:
    """What to say of a transaction whose sequence number another one used."""
    step = Step("replaced", info.latest_ledger, info.latest_ledger_close_time)
    return Outcome(status="replaced", steps=(step,))


def reported(tx_hash: str, health: Health) -> Outcome:
    """What to say of a transaction that a wallet says it has submitted."""
    step = Step("submitted", health.latest_ledger, health.latest_ledger_close_time)
    return Outcome(status="submitted", steps=(step,), reported_hash=tx_hash)


def continued(known: Outcome | None, found: Outcome) -> Outcome:
    """What was found, after what was known before it: a report stays in the steps."""
    if known is None or known.status != "submitted" or found.status == "submitted":
        return found
    steps = (*known.steps, *found.steps)
    return msgspec.structs.replace(found, steps=steps, reported_hash=known.reported_hash)


def projected(outcome: Outcome, applied: Applied | None) -> Outcome:
    """The outcome, moved on if the read models hold the transaction's ledger."""
    if outcome.status != "in_ledger" or applied is None:
        return outcome
    if applied.ledger < outcome.steps[-1].ledger:
        return outcome
    step = Step("projected", applied.ledger, applied.closed_at)
    return msgspec.structs.replace(outcome, status="projected", steps=(*outcome.steps, step))


def _failure(info: TransactionInfo) -> Failure:
    kind = refusal_of_transaction(info.result_xdr, info.diagnostic_events_xdr)
    charged = fee_charged(info.result_xdr)
    return Failure(
        type=kind.type,
        sentence=kind.sentence,
        remedy=kind.remedy,
        code=kind.code,
        fee_charged=None if charged is None else str(charged),
    )
