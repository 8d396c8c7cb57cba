"""Why the ledger refuses, said in figures from what the read models know."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from api.errors import Problem
from api.problems.catalogue import BY_SLUG
from api.transactions import facts as f
from api.transactions.actions import ACTIONS
from api.transactions.conditions import broken
from api.transactions.examples import example
from api.transactions.explaining import explainable, explained, people_in
from api.transactions.facts import Facts
from api.transactions.requests import Body

DAY = 86_400
NOW = 1_800_000_000
CALLER, SELLER, DEBTOR, OWNER = (letter * 56 for letter in "CSDO")
ASSET = example(ACTIONS["set-asset"].request)["asset"]
TERMS = f.Terms(
    asset=ASSET,
    target=9_500 * 10**7,
    min_raise=5_000 * 10**7,
    ticket=10**7,
    grace=10 * DAY,
    release_delay=DAY,
    recovery=90 * DAY,
    needs_ack=True,
)
OPEN = f.Invoice(
    status="open",
    disputed_until=0,
    seller=SELLER,
    debtor=DEBTOR,
    payee=SELLER,
    raised=9_000 * 10**7,
    amount_due=0,
    due_at=NOW + 60 * DAY,
    deadline=NOW + 7 * DAY,
    terms=TERMS,
    times=f.Times(approved_at=1, acknowledged_at=None, release_at=None),
)
ESCROW = f.Contract("escrow", OWNER, None, False, None, None, None)
MEMBER = f.Standing(until=NOW + DAY)


def _facts(**changes: Any) -> Facts:
    given: dict[str, Any] = {
        "ledger": 100,
        "now": NOW,
        "caller": CALLER,
        "people": {CALLER: MEMBER},
        "platform": f.Platform((ESCROW,), (ASSET,)),
        "invoice": OPEN,
    }
    return Facts(**(given | changes))


def _body(action: str, **changes: Any) -> Body:
    kind = ACTIONS[action].request
    body = example(kind) | changes
    return msgspec.convert(body, kind, dec_hook=lambda kind, value: kind.parse(value))


def _why(action: str, facts: Facts, **changes: Any) -> dict[str, str]:
    found = broken(ACTIONS[action].conditions, facts, _body(action, **changes))
    return {one.kind.slug: one.detail for one in found}


def _with(invoice: f.Invoice, **changes: Any) -> f.Invoice:
    return msgspec.structs.replace(invoice, **changes)


def test_nothing_is_said_where_nothing_is_wrong() -> None:
    assert _why("fund", _facts(), amount=str(500 * 10**7)) == {}


def test_everything_that_is_in_the_way_of_a_stake() -> None:
    platform = f.Platform((msgspec.structs.replace(ESCROW, paused=True),), ())
    late = _with(OPEN, deadline=NOW, disputed_until=NOW + DAY)
    facts = _facts(invoice=late, platform=platform, people={CALLER: f.Standing(frozen=True)})
    assert _why("fund", facts, amount=str(501 * 10**7)) == {
        "deadline-passed": "The funding ended at 2027-01-15 08:00 UTC.",
        "not-member": "CCCC…CCCC is not a member.",
        "frozen": "CCCC…CCCC is frozen: its money is held.",
        "disputed": "A dispute is open; it ends by itself at 2027-01-16 08:00 UTC.",
        "paused": "The platform is paused.",
        "asset-not-allowed": "The asset CDLZ…CYSC was taken off the platform's list.",
        "exceeds-target": "500.00 of 9,500.00 are left to fund.",
    }
    assert _why("fund", _facts(), amount="1") == {"below-ticket": "A stake is 1.00 at least."}


FUNDED = _with(OPEN, status="funded", times=f.Times(1, None, NOW + DAY))
DEFAULTED = _with(OPEN, status="defaulted", due_at=NOW - 11 * DAY)
ARBITER = {CALLER: f.Standing(roles=("arbiter",))}


@pytest.mark.parametrize(
    ("action", "facts", "slugs"),
    [
        ("publish", _facts(), {"not-seller", "invalid-status"}),
        ("acknowledge", _facts(caller=DEBTOR), set()),
        ("approve", _facts(), {"not-authorized-role", "invalid-status", "already-approved"}),
        ("close-funding", _facts(caller=SELLER), set()),
        (
            "close-funding",
            _facts(caller=SELLER, invoice=_with(OPEN, raised=1, due_at=NOW + DAY)),
            {"below-minimum", "due-passed"},
        ),
        ("expire", _facts(), {"time-locked"}),
        ("expire", _facts(invoice=_with(OPEN, deadline=NOW)), set()),
        ("expire", _facts(invoice=FUNDED), {"time-locked"}),
        ("release", _facts(invoice=FUNDED), {"time-locked", "not-acknowledged"}),
        ("cancel", _facts(caller=SELLER, invoice=DEFAULTED), {"invalid-status"}),
        ("pay", _facts(), {"not-payer", "invalid-status", "reference-rule"}),
        ("pay", _facts(caller=DEBTOR, invoice=DEFAULTED), set()),
        ("write-off", _facts(people=ARBITER, invoice=DEFAULTED), {"time-locked"}),
        (
            "write-off",
            _facts(people=ARBITER, invoice=_with(DEFAULTED, due_at=NOW - 100 * DAY)),
            set(),
        ),
        ("mark-default", _facts(), {"invalid-status", "time-locked"}),
        ("dispute", _facts(), {"not-party"}),
        ("resolve-dispute", _facts(people=ARBITER), {"not-disputed"}),
        ("claim-residual-to", _facts(), {"not-authorised"}),
        ("claim-residual-to", _facts(caller=SELLER), set()),
        ("burn-shares", _facts(), {"burn-not-allowed"}),
        ("pause", _facts(), {"not-authorized-role"}),
        ("pause", _facts(people={CALLER: f.Standing(roles=("guardian",))}), set()),
        ("unpause", _facts(caller=OWNER), {"not-paused"}),
        ("set-asset", _facts(), {"not-authorised"}),
        ("accept-owner", _facts(), {"not-authorised"}),
        ("apply-upgrade", _facts(caller=OWNER), {"no-pending-upgrade"}),
        ("cancel-token-code", _facts(caller=OWNER), {"no-pending-upgrade"}),
        ("create-escrow", _facts(people={}), {"not-member"}),
    ],
)
def test_what_stands_in_the_way(action: str, facts: Facts, slugs: set[str]) -> None:
    assert set(_why(action, facts)) == slugs


def test_a_recovery_needs_two_roles_a_long_freeze_and_a_member() -> None:
    body = example(ACTIONS["recover-position"].request)
    lost, frozen_at = body["from"], NOW - 6 * DAY
    facts = _facts(people={lost: f.Standing(frozen=True, frozen_at=frozen_at)})
    found = _why("recover-position", facts)
    assert found["time-locked"].endswith("; seven days must pass.")
    assert {"not-authorised", "not-authorized-role", "not-member"} <= set(found)


def test_an_upgrade_waits_for_its_time() -> None:
    ripe = msgspec.structs.replace(ESCROW, upgrade="ab", upgrade_at=NOW + 1)
    facts = _facts(caller=OWNER, platform=f.Platform((ripe,)))
    assert set(_why("apply-upgrade", facts)) == {"time-locked"}
    later = msgspec.structs.replace(facts, now=NOW + 1)
    assert _why("apply-upgrade", later) == {}


def test_paying_more_than_is_due_is_said_not_refused() -> None:
    owed = _with(OPEN, status="active", amount_due=100 * 10**7)
    facts = _facts(caller=DEBTOR, invoice=owed)
    body = _body("pay", amount=str(101 * 10**7))
    assert broken(ACTIONS["pay"].conditions, facts, body) == []
    (notice,) = broken(ACTIONS["pay"].warns, facts, body)
    assert notice.detail == (
        "That is 1.00 more than the 100.00 that are due; the excess goes to the seller."
    )


def test_a_refusal_gets_its_figures_and_the_rest_beside_it() -> None:
    body = _body("fund", amount=str(501 * 10**7))
    facts = _facts(people={})
    refused = Problem("exceeds-target")
    told = explained(refused, ACTIONS["fund"], facts, body)
    assert told.kind == refused.kind
    assert told.detail == "500.00 of 9,500.00 are left to fund."
    assert [one.type for one in told.obstacles] == [
        "/problems/exceeds-target",
        "/problems/not-member",
    ]


def test_a_refusal_without_reason_takes_the_one_that_is_known() -> None:
    told = explained(Problem("not-authorised"), ACTIONS["unpause"], _facts(), _body("unpause"))
    assert told.detail == "Only the owner OOOO…OOOO may do this; you are CCCC…CCCC."
    other = Problem("nothing-to-claim")
    assert explained(other, ACTIONS["collect-fees"], _facts(), _body("collect-fees")) is other


def test_only_what_the_ledger_refuses_is_explained() -> None:
    assert explainable(Problem("exceeds-target"))
    assert explainable(Problem("not-authorised"))
    for slug in ("ledger-unreachable", "account-not-on-ledger", "authorization-refused"):
        assert not explainable(Problem(slug))
    assert BY_SLUG["exceeds-target"].code is not None


def test_the_people_of_a_request() -> None:
    body = _body("recover-position")
    given = example(ACTIONS["recover-position"].request)
    assert people_in(body) == {given[name] for name in ("from", "to", "compliance", "arbiter")}
