"""The folds against figures worked by hand (story.py), and rules that the story does not reach."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from contracts import events
from contracts.wire import Contract, Event
from projections.custody import CUSTODY
from projections.invoices import INVOICE, TERMS, Status, amount_due, late_charge
from projections.members import MEMBER, ROLE
from projections.memory import Memory
from projections.model import Model, UndeclaredReadError, View
from projections.platform import GOVERNANCE
from projections.pools import POOL, accrue
from projections.positions import POSITION, claimable
from projections.registry import MODELS
from projections.statuses import STATUS_TOTAL
from projections.timeline import ACTIVITY, TOKEN_EVENTS
from tests.projections import story
from tests.projections.support import DAY, START, Chain, address, event_types, identifier


def _claimable(memory: Memory, holder: str) -> int:
    position = memory.get(POSITION, story.INVOICE, holder)
    return claimable(position, memory.get(POOL, story.INVOICE).index)


def _due(memory: Memory, at: int) -> int:
    return amount_due(memory.get(TERMS, story.INVOICE), memory.get(INVOICE, story.INVOICE), at)


def test_every_event_changes_something_or_is_listed_as_changing_nothing() -> None:
    """Each event of escrow and distributor has a line in the timeline and a fold in a model."""
    for kind in event_types():
        folding = [model for model in MODELS if kind in model.rules]
        if kind in TOKEN_EVENTS:
            assert folding == [], kind
        else:
            assert ACTIVITY in folding, kind
            assert len(folding) > 1, kind


def test_after_funding_and_release() -> None:
    memory = Memory(story.told(2).records)
    invoice = memory.get(INVOICE, story.INVOICE)
    assert invoice.status is Status.ACTIVE
    assert (invoice.raised, invoice.supply, invoice.par_sold) == (
        90_000_000_000,
        90_000_000_000,
        96_000_000_000,
    )
    assert invoice.acknowledged_at == invoice.funded_at == START + DAY
    assert invoice.released_at == START + 2 * DAY
    assert memory.get(INVOICE, story.REFUNDED).raised == 8_000_000_000
    escrow = memory.get(CUSTODY, "escrow", story.USDC)
    assert escrow.paid_in - escrow.paid_out == 8_000_000_000


def test_a_missed_minimum_gives_everyone_his_principal_back() -> None:
    memory = Memory(story.told(3).records)
    invoice = memory.get(INVOICE, story.REFUNDED)
    assert (invoice.status, invoice.refunded, invoice.supply) == (Status.REFUNDED, 8 * 10**9, 0)
    assert (invoice.listed, invoice.ended_at) == (False, START + 10 * DAY)
    ann = memory.get(POSITION, story.REFUNDED, story.ANN)
    assert (ann.shares, ann.paid_in, ann.refunded) == (0, 5_000_000_000, 5_000_000_000)
    escrow = memory.get(CUSTODY, "escrow", story.USDC)
    assert (escrow.paid_in, escrow.paid_out) == (98_000_000_000, 98_000_000_000)


def test_an_early_part_payment_carries_no_late_charge() -> None:
    memory = Memory(story.told(4).records)
    pool = memory.get(POOL, story.INVOICE)
    assert (pool.index, pool.carry) == (326666666666666666, 60_000_000_000)
    assert (pool.late, pool.fee, pool.investors) == (0, 600_000_000, 29_400_000_000)
    assert _claimable(memory, story.ANN) == 0
    assert _claimable(memory, story.BOB) == 9_799_999_999
    assert _claimable(memory, story.CID) == 6_533_333_333
    assert _due(memory, story.DUE) == 70_000_000_000


def test_the_late_charge_grows_by_whole_days() -> None:
    """33.30 after ten days, not a second before; 0.05 % of 6,660.00 is 3.33 a day."""
    memory = Memory(story.told(4).records)
    ninth = story.DUE + 10 * DAY - 1
    assert _due(memory, ninth) == 70_000_000_000 + 9 * 33_300_000
    assert _due(memory, ninth + 1) == 70_000_000_000 + 333_000_000
    tenth_of_par_sold = 9_600_000_000
    assert _due(memory, story.DUE + 10_000 * DAY) == 70_000_000_000 + tenth_of_par_sold


def test_a_late_part_payment_pays_the_charge_first() -> None:
    memory = Memory(story.told(5).records)
    invoice = memory.get(INVOICE, story.INVOICE)
    assert (invoice.paid, invoice.investors, invoice.late_paid) == (
        39_667_000_000,
        38_873_660_000,
        333_000_000,
    )
    assert (invoice.late_num, invoice.late_days) == (333_000_000 * 10_000, 10)
    assert _due(memory, story.DUE + 10 * DAY) == 60_333_000_000
    assert _due(memory, story.DUE + 20 * DAY) == 60_618_631_700
    pool = memory.get(POOL, story.INVOICE)
    assert (pool.index, pool.fee) == (435629555555555555, 793_340_000)


def test_the_rest_settles_it_and_nothing_is_left_but_rounding() -> None:
    memory = Memory(story.told().records)
    invoice, pool = memory.get(INVOICE, story.INVOICE), memory.get(POOL, story.INVOICE)
    assert (invoice.status, invoice.investors) == (Status.SETTLED, 96_000_000_000)
    assert _due(memory, story.DUE + 999 * DAY) == 0
    assert (pool.index, pool.carry) == (1073540352222222223, 0)
    assert (pool.investors, pool.claimed) == (96_618_631_700, 96_618_631_698)
    assert (pool.seller, pool.seller_claimed) == (2_000_000_000, 2_000_000_000)
    received = [memory.get(POSITION, story.INVOICE, who).received for who in (story.ANN, story.BOB)]
    assert received == [42_941_614_088, 32_206_210_566]
    distributor = memory.get(CUSTODY, "distributor", story.USDC)
    assert distributor.paid_in == 100_618_631_700
    assert distributor.paid_in - distributor.paid_out == 2
    assert (distributor.fees, distributor.fees_collected) == (2_000_000_000, 2_000_000_000)


def test_our_accrual_is_the_tokens() -> None:
    """The index computed from the payments is the one that the events carry."""
    memory = Memory(story.told(3).records)
    index = carry = 0
    for number, amount in enumerate((29_400_000_000, 9_806_660_000, 57_411_971_700)):
        pool = msgspec.structs.replace(memory.get(POOL, story.INVOICE), index=index, carry=carry)
        index, carry = accrue(pool, amount, last=number == 2)
        assert index == story.INDEXES[number]


def test_invoices_are_counted_by_status() -> None:
    memory = Memory(story.told().records)
    counts = {row.status: row.invoices for row in memory.all(STATUS_TOTAL) if row.invoices}
    assert counts == {Status.SETTLED: 1, Status.REFUNDED: 1}


def test_a_write_off_stops_the_late_charge() -> None:
    chain = story.told(4)
    chain.close(story.DUE + 5 * DAY)
    chain.tell(events.InvoiceDefaulted(id=story.INVOICE, outstanding=70_000_000_000, seq=11))
    chain.close(story.DUE + 95 * DAY)
    chain.tell(events.InvoiceWrittenOff(id=story.INVOICE, shortfall=66_600_000_000, seq=12))
    memory = Memory(chain.records)
    assert memory.get(INVOICE, story.INVOICE).status is Status.WRITTEN_OFF
    charged = 95 * 33_300_000
    for later in (0, 1000 * DAY):
        assert _due(memory, chain.mark.closed_at + later) == 70_000_000_000 + charged
    terms, invoice = memory.get(TERMS, story.INVOICE), memory.get(INVOICE, story.INVOICE)
    assert late_charge(terms, invoice, 2**40) == (charged * 10_000, 95)


def test_transferred_shares_keep_the_credit_with_whom_earned_it() -> None:
    chain = story.told(4)
    chain.tell(
        events.ShareTransferred(
            id=story.INVOICE,
            from_=story.BOB,
            to=story.DAN,
            amount=30_000_000_000,
            from_shares=0,
            to_shares=30_000_000_000,
        )
    )
    story.paid_late(chain)
    memory = Memory(chain.records)
    assert _claimable(memory, story.BOB) == 9_799_999_999
    assert _claimable(memory, story.DAN) == 30_000_000_000 * 9_806_660_000 // 90_000_000_000


@pytest.mark.parametrize("amount", [0, 5])
def test_a_transfer_of_nothing_or_to_oneself_creates_no_position(amount: int) -> None:
    chain = story.told(4)
    for to in {0: (story.DAN, story.BOB), 5: (story.BOB,)}[amount]:
        bobs = 30_000_000_000
        chain.tell(
            events.ShareTransferred(
                id=story.INVOICE,
                from_=story.BOB,
                to=to,
                amount=amount,
                from_shares=bobs,
                to_shares=bobs if to == story.BOB else 0,
            )
        )
    memory = Memory(chain.records)
    assert memory.find(POSITION, story.INVOICE, story.DAN) is None
    bob = memory.get(POSITION, story.INVOICE, story.BOB)
    assert (bob.shares, bob.shares_in, bob.shares_out) == (30_000_000_000, 0, 0)


def test_a_recovered_wallet_brings_shares_and_credit() -> None:
    chain = story.told(4)
    chain.tell(
        events.PositionRecovered(
            id=story.INVOICE, from_=story.BOB, to=story.CID, shares=30_000_000_000, seq=11
        ),
        events.PayeeChanged(id=story.INVOICE, from_=story.SELLER, to=story.CID, seq=12),
    )
    memory = Memory(chain.records)
    cid = memory.get(POSITION, story.INVOICE, story.CID)
    assert cid.shares == 50_000_000_000
    assert _claimable(memory, story.CID) == 50_000_000_000 * story.INDEXES[0] // 10**18
    assert _claimable(memory, story.BOB) == 0
    assert memory.get(INVOICE, story.INVOICE).payee == story.CID


def test_a_burnt_receipt_keeps_its_credit() -> None:
    chain = story.told(6)
    chain.tell(
        events.ShareBurned(id=story.INVOICE, from_=story.BOB, amount=30_000_000_000, from_shares=0)
    )
    memory = Memory(chain.records)
    assert memory.get(INVOICE, story.INVOICE).supply == 60_000_000_000
    assert _claimable(memory, story.BOB) == 32_206_210_566


def test_a_void_dispute_defaults_a_running_invoice() -> None:
    chain = story.told(4)
    chain.tell(
        events.DisputeOpened(
            id=story.INVOICE,
            by=story.DEBTOR,
            reason_hash=identifier("goods missing"),
            until=START + 80 * DAY,
            seq=11,
        )
    )
    disputed = Memory(chain.records).get(INVOICE, story.INVOICE)
    assert (disputed.disputed_until, disputed.debtor_disputed) == (START + 80 * DAY, True)
    chain.tell(events.DisputeResolved(id=story.INVOICE, outcome=1, status=5, seq=12))
    ruled = Memory(chain.records).get(INVOICE, story.INVOICE)
    assert (ruled.status, ruled.disputed_until) == (Status.DEFAULTED, 0)
    assert (ruled.defaulted_at, ruled.seller_disputed) == (chain.mark.closed_at, False)


def test_a_hole_in_the_sequence_is_counted() -> None:
    """An event that never came is visible on the invoice, and on the pool."""
    chain = story.told(5)
    lost = {id(chain.records[place]) for place in (-4, -3)}
    memory = Memory(record for record in chain.records if id(record) not in lost)
    assert memory.get(INVOICE, story.INVOICE).missed + memory.get(POOL, story.INVOICE).missed > 0


@pytest.mark.parametrize("kind", sorted(event_types() - TOKEN_EVENTS, key=str))
def test_folds_are_total(kind: type[Event]) -> None:
    """Pain 13: an event whose past is missing is folded without an exception."""
    chain = Chain()
    values: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind):
        annotation = str(field.type)
        if "Address" in annotation:
            values[field.encode_name] = address(f"@{field.name}")
        elif "bytes" in annotation:
            values[field.encode_name] = identifier(field.name)
        elif "tuple" in annotation:
            values[field.encode_name] = (0, 1)
        elif "bool" in annotation:
            values[field.encode_name] = True
        else:
            values[field.encode_name] = "role" if field.name == "role" else 1
    told = kind(**{f.name: values[f.encode_name] for f in msgspec.structs.fields(kind)})
    chain.tell(told)
    assert len(Memory(chain.records).all(ACTIVITY)) == 1


def test_freezing_again_does_not_restart_the_clock() -> None:
    chain = Chain()
    who = address("@who")
    seen = []
    for day, frozen in ((1, False), (2, True), (3, True), (4, False), (5, True)):
        chain.close(START + day * DAY).tell(
            events.MemberSet(addr=who, until=2**64 - 1, frozen=frozen)
        )
        seen.append(Memory(chain.records).get(MEMBER, who).frozen_at)
    assert seen == [None, START + 2 * DAY, START + 2 * DAY, None, START + 5 * DAY]


def test_a_role_is_held_from_grant_to_revocation() -> None:
    chain, who = Chain(), address("@who")
    chain.tell(events.RoleGranted(role="arbiter", addr=who))
    chain.close(START + DAY).tell(events.RoleGranted(role="arbiter", addr=who))
    assert Memory(chain.records).get(ROLE, "arbiter", who).since == START
    chain.close(START + 2 * DAY).tell(events.RoleRevoked(role="arbiter", addr=who))
    assert Memory(chain.records).get(ROLE, "arbiter", who).granted is False


def test_a_pending_token_wasm_takes_effect_by_itself_and_proposals_are_replaced() -> None:
    chain = Chain()
    one, two, three = (identifier(name) for name in ("one", "two", "three"))
    chain.tell(events.TokenWasmSet(hash=one, at=START))
    chain.close(START + DAY).tell(events.TokenWasmSet(hash=two, at=START + 15 * DAY))
    waiting = Memory(chain.records).get(GOVERNANCE, "escrow")
    assert (waiting.token_wasm, waiting.next_token_wasm) == (one, two)
    chain.close(START + 16 * DAY).tell(events.TokenWasmSet(hash=three, at=START + 30 * DAY))
    assert Memory(chain.records).get(GOVERNANCE, "escrow").token_wasm == two
    chain.close(START + 17 * DAY).tell(events.TokenWasmCancelled(hash=three))
    left = Memory(chain.records).get(GOVERNANCE, "escrow")
    assert (left.token_wasm, left.next_token_wasm, left.next_token_wasm_at) == (two, None, None)


def test_an_owner_who_proposes_himself_withdraws() -> None:
    chain = Chain()
    chain.tell(events.OwnerAccepted(owner=story.OWNER), contract=Contract.DISTRIBUTOR)
    for proposed, expected in ((story.ANN, story.ANN), (story.OWNER, None)):
        chain.tell(events.OwnerProposed(owner=proposed), contract=Contract.DISTRIBUTOR)
        found = Memory(chain.records).get(GOVERNANCE, "distributor")
        assert (found.owner, found.proposed_owner) == (story.OWNER, expected)


def test_a_fold_cannot_read_what_it_did_not_declare() -> None:
    view = View({model: {} for model in MODELS})
    with pytest.raises(UndeclaredReadError, match="invoice"):
        view.find(INVOICE, b"x")
    assert view.find(CUSTODY, "escrow", story.USDC) is None


def test_a_model_has_one_fold_for_an_event() -> None:
    model: Model[Any] = Model("twice", MEMBER.row, key=("address",), version=1)
    model.on(events.MemberSet)(lambda *_: ())
    with pytest.raises(TypeError, match="two folds"):
        model.on(events.MemberSet)(lambda *_: ())
