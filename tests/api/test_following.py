"""What is concluded from a node's answers, and the ledger's clock between two closes."""

from __future__ import annotations

import pytest

from api.errors import Problem
from api.stellar import LedgerClock, price
from api.transactions.following import Applied, landed, lost, projected
from contracts.rpc import Health, TransactionInfo


def _info(
    status: str, *, ledger: int = 0, at: int = 0, latest_time: int = 2_000
) -> TransactionInfo:
    return TransactionInfo(
        status=status,
        latest_ledger=90,
        latest_ledger_close_time=latest_time,
        ledger=ledger,
        created_at=at,
    )


def _health(*, oldest: int, oldest_time: int) -> Health:
    return Health(
        status="healthy",
        latest_ledger=90,
        latest_ledger_close_time=2_000,
        oldest_ledger=oldest,
        oldest_ledger_close_time=oldest_time,
        ledger_retention_window=50,
    )


def test_a_success_is_projected_once_its_ledger_is_folded() -> None:
    outcome = landed(_info("SUCCESS", ledger=80, at=1_500))
    assert outcome is not None
    assert (outcome.status, outcome.ledger, outcome.final) == ("in_ledger", 80, False)
    assert projected(outcome, None) is outcome
    assert projected(outcome, Applied(79, 1_490)) is outcome
    shown = projected(outcome, Applied(80, 1_500))
    assert (shown.status, shown.ledger, shown.final) == ("projected", 80, True)
    assert projected(shown, Applied(81, 1_510)) is shown


def test_a_failure_is_final_and_never_projected() -> None:
    outcome = landed(_info("FAILED", ledger=80, at=1_500))
    assert outcome is not None
    assert outcome.final
    assert outcome.error is not None
    assert projected(outcome, Applied(99, 9_999)) is outcome


def test_a_node_that_does_not_know_says_nothing_of_landing() -> None:
    assert landed(_info("NOT_FOUND")) is None


@pytest.mark.parametrize(
    ("oldest", "oldest_time", "status"),
    [
        (40, 1_000, "expired"),
        (41, 1_001, "unknown"),
        (2, 1_001, "expired"),
    ],
)
def test_only_a_node_that_remembers_can_say_expired(
    oldest: int, oldest_time: int, status: str
) -> None:
    """Built at 1,000: a node whose oldest ledger is later may have forgotten it."""
    health = _health(oldest=oldest, oldest_time=oldest_time)
    outcome = lost(_info("NOT_FOUND"), health, built_at=1_000)
    assert (outcome.status, outcome.ledger, outcome.final) == (status, None, True)


def test_the_fee_follows_the_market_between_floor_and_cap() -> None:
    assert price(100_000, 0, 5_000).inclusion == 100
    assert price(100_000, 700, 5_000).inclusion == 700
    assert price(100_000, 10**9, 5_000).inclusion == 5_000
    assert price(100_001, 0, 5_000).resource == 115_002
    assert price(100_000, 700, 5_000).maximum == 115_700
    with pytest.raises(Problem):
        price(2**32, 100, 100)


def test_a_quiet_ledgers_time_goes_on() -> None:
    """Nothing closed for ten minutes: the present is ours, not the last close."""
    assert LedgerClock().now(1_000_000, wall=1_000_600.0) == 1_000_600


def test_a_ledger_ahead_of_us_keeps_its_lead_between_closes() -> None:
    clock = LedgerClock()
    assert clock.now(5_000_000, wall=1_000_000.0) == 5_000_000
    assert clock.now(5_000_000, wall=1_000_700.0) == 5_000_700
    assert clock.now(5_000_900, wall=1_000_710.0) == 5_000_900


def test_a_ledger_set_back_on_purpose_is_believed() -> None:
    clock = LedgerClock()
    assert clock.now(1_000_000, wall=9_000_000.0) == 1_000_000
    assert clock.now(1_000_000, wall=9_000_060.0) == 1_000_060
