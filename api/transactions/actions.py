"""Every action a wallet can be asked to sign: one declaration each.

The one signed in is always the caller, so the envelope's signature is the only one needed. Who
may do what is the contracts' to decide, and simulation tells before anything is signed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import msgspec

from api.transactions import schemas
from api.transactions.natural import identity
from contracts.calls import distributor, escrow, token
from contracts.wire import Address, Invocation

R = TypeVar("R", bound=schemas.Body)

_OUTCOMES = {"resume": 0, "void": 1}

_END_OF_CALENDAR = 253_402_300_800
"""The first second of the year 10000."""


class Caller(msgspec.Struct, frozen=True):
    """Who acts, and the key under which natural invoices are named."""

    address: Address
    platform_key: bytes


class Action(msgspec.Struct, Generic[R], frozen=True, kw_only=True):
    """How one action is asked for, built and told."""

    name: str
    request: type[R]
    call: Callable[[Caller, R], Invocation]
    summary: Callable[[R], str]
    title: str


def _money(amount: int) -> str:
    """An amount as people write it: assets of the ledger have seven decimals."""
    whole, part = divmod(amount, 10**7)
    decimals = f"{part:07d}".rstrip("0")
    return f"{whole:,}.{decimals:0<2}"


def _label(invoice_id: bytes) -> str:
    """The invoice as its share token is called."""
    return f"INV-{invoice_id[:4].hex().upper()}"


def _short(address: str) -> str:
    return f"{address[:4]}…{address[-4:]}"


def _create(caller: Caller, body: schemas.CreateEscrow) -> Invocation:
    terms = escrow.Terms(
        debtor=None if body.debtor is None else Address(body.debtor),
        asset=Address(body.asset),
        natural=identity(caller.platform_key, body.natural_key),
        doc_hash=bytes(body.doc_hash),
        face=body.face,
        target=body.target,
        par=body.par,
        min_raise=body.min_raise,
        fee_bps=body.fee_bps,
        late_bps=body.late_bps,
        late_cap_bps=body.late_cap_bps,
        due_at=body.due_at,
        deadline=body.deadline,
        grace=body.grace,
        release_delay=body.release_delay,
        needs_ack=body.needs_ack,
    )
    return escrow.create_escrow(seller=caller.address, terms=terms, attempt=body.attempt)


def _holder(caller: Caller, body: schemas.ForHolder) -> Address:
    return caller.address if body.holder is None else Address(body.holder)


def _for_whom(body: schemas.ForHolder) -> str:
    return "" if body.holder is None else f" for {_short(body.holder)}"


def _transfer(caller: Caller, body: schemas.TransferShares) -> Invocation:
    return token.transfer(from_=caller.address, to=Address(body.to), amount=body.amount)


def _transfer_summary(body: schemas.TransferShares) -> str:
    return f"Give {_money(body.amount)} shares of {_label(body.invoice_id)} to {_short(body.to)}"


def _resolve(caller: Caller, body: schemas.Resolve) -> Invocation:
    return escrow.resolve_dispute(
        arbiter=caller.address, id=body.invoice_id, outcome=_OUTCOMES[body.outcome]
    )


def _moment(seconds: int) -> str:
    """A time as people write it; what lies beyond the calendar has no end."""
    if seconds >= _END_OF_CALENDAR:
        return "without end"
    return f"until {dt.datetime.fromtimestamp(seconds, dt.UTC):%Y-%m-%d %H:%M} UTC"


def _member_summary(body: schemas.SetMember) -> str:
    state = "frozen" if body.frozen else "not frozen"
    return f"Set the membership of {_short(body.address)}: {_moment(body.until)}, {state}"


_ALL: tuple[Action[Any], ...] = (
    Action(
        name="create-escrow",
        request=schemas.CreateEscrow,
        call=_create,
        summary=lambda b: f"Create an invoice of {_money(b.face)} asking for {_money(b.target)}",
        title="Create an invoice on chain (seller)",
    ),
    Action(
        name="approve",
        request=schemas.OneInvoice,
        call=lambda c, b: escrow.approve(verifier=c.address, id=b.invoice_id),
        summary=lambda b: f"Approve {_label(b.invoice_id)} for listing",
        title="Approve an invoice (verifier)",
    ),
    Action(
        name="reject",
        request=schemas.Reasoned,
        call=lambda c, b: escrow.reject(verifier=c.address, id=b.invoice_id, reason=b.reason),
        summary=lambda b: f"Reject {_label(b.invoice_id)}",
        title="Reject an invoice (verifier)",
    ),
    Action(
        name="publish",
        request=schemas.OneInvoice,
        call=lambda c, b: escrow.publish(seller=c.address, id=b.invoice_id),
        summary=lambda b: f"Open {_label(b.invoice_id)} for funding",
        title="Publish an approved invoice (seller)",
    ),
    Action(
        name="acknowledge",
        request=schemas.OneInvoice,
        call=lambda c, b: escrow.acknowledge(debtor=c.address, id=b.invoice_id),
        summary=lambda b: f"Confirm the debt of {_label(b.invoice_id)}",
        title="Confirm the debt (debtor)",
    ),
    Action(
        name="fund",
        request=schemas.Fund,
        call=lambda c, b: escrow.fund_escrow(investor=c.address, id=b.invoice_id, amount=b.amount),
        summary=lambda b: f"Invest {_money(b.amount)} in {_label(b.invoice_id)}",
        title="Invest in an open invoice (investor)",
    ),
    Action(
        name="close-funding",
        request=schemas.OneInvoice,
        call=lambda c, b: escrow.close_funding(seller=c.address, id=b.invoice_id),
        summary=lambda b: f"Close the funding of {_label(b.invoice_id)} with what was raised",
        title="Close funding early (seller)",
    ),
    Action(
        name="cancel",
        request=schemas.OneInvoice,
        call=lambda c, b: escrow.cancel(seller=c.address, id=b.invoice_id),
        summary=lambda b: f"Cancel {_label(b.invoice_id)} and give investors their money back",
        title="Cancel before release (seller)",
    ),
    Action(
        name="release",
        request=schemas.OneInvoice,
        call=lambda _, b: escrow.release(id=b.invoice_id),
        summary=lambda b: f"Release the money raised for {_label(b.invoice_id)} to the seller",
        title="Pay the seller out (anyone)",
    ),
    Action(
        name="pay",
        request=schemas.Pay,
        call=lambda c, b: escrow.record_payment(
            payer=c.address, id=b.invoice_id, amount=b.amount, reference=b.reference
        ),
        summary=lambda b: f"Pay {_money(b.amount)} towards {_label(b.invoice_id)}",
        title="Pay an invoice (debtor, seller or servicer)",
    ),
    Action(
        name="claim",
        request=schemas.ForHolder,
        call=lambda c, b: distributor.claim(id=b.invoice_id, holder=_holder(c, b)),
        summary=lambda b: f"Claim the earnings from {_label(b.invoice_id)}{_for_whom(b)}",
        title="Claim repayments (anyone, pays the holder)",
    ),
    Action(
        name="claim-residual",
        request=schemas.OneInvoice,
        call=lambda _, b: distributor.claim_residual(id=b.invoice_id),
        summary=lambda b: f"Claim the seller's remainder of {_label(b.invoice_id)}",
        title="Claim the remainder (anyone, pays the payee)",
    ),
    Action(
        name="collect-fees",
        request=schemas.OneAsset,
        call=lambda _, b: distributor.collect_fees(asset=Address(b.asset)),
        summary=lambda b: f"Collect the platform's fees in {_short(b.asset)}",
        title="Collect fees (anyone, pays the treasury)",
    ),
    Action(
        name="expire",
        request=schemas.OneInvoice,
        call=lambda _, b: escrow.expire(id=b.invoice_id),
        summary=lambda b: f"End the overdue funding of {_label(b.invoice_id)}",
        title="Expire an invoice whose time has passed (anyone)",
    ),
    Action(
        name="refund",
        request=schemas.ForHolder,
        call=lambda c, b: escrow.refund(id=b.invoice_id, holder=_holder(c, b)),
        summary=lambda b: f"Take the stake in {_label(b.invoice_id)} back{_for_whom(b)}",
        title="Refund a stake (anyone, pays the holder)",
    ),
    Action(
        name="mark-default",
        request=schemas.OneInvoice,
        call=lambda _, b: escrow.mark_default(id=b.invoice_id),
        summary=lambda b: f"Mark {_label(b.invoice_id)} as defaulted",
        title="Mark an overdue invoice as defaulted (anyone)",
    ),
    Action(
        name="write-off",
        request=schemas.OneInvoice,
        call=lambda c, b: escrow.write_off(arbiter=c.address, id=b.invoice_id),
        summary=lambda b: f"Write {_label(b.invoice_id)} off",
        title="Give up after the recovery window (arbiter)",
    ),
    Action(
        name="dispute",
        request=schemas.Reasoned,
        call=lambda c, b: escrow.dispute(by=c.address, id=b.invoice_id, reason_hash=b.reason),
        summary=lambda b: f"Dispute {_label(b.invoice_id)}",
        title="Open a dispute (debtor, seller or arbiter)",
    ),
    Action(
        name="resolve-dispute",
        request=schemas.Resolve,
        call=_resolve,
        summary=lambda b: f"End the dispute of {_label(b.invoice_id)}: {b.outcome}",
        title="End a dispute (arbiter)",
    ),
    Action(
        name="transfer-shares",
        request=schemas.TransferShares,
        call=_transfer,
        summary=_transfer_summary,
        title="Give shares to another member (holder)",
    ),
    Action(
        name="set-member",
        request=schemas.SetMember,
        call=lambda c, b: escrow.set_member(
            compliance=c.address, addr=Address(b.address), until=b.until, frozen=b.frozen
        ),
        summary=_member_summary,
        title="Admit, end or freeze a member (compliance)",
    ),
    Action(
        name="set-asset",
        request=schemas.SetAsset,
        call=lambda _, b: escrow.set_asset(asset=Address(b.asset), allowed=b.allowed),
        summary=lambda b: f"{'Allow' if b.allowed else 'Stop'} new invoices in {_short(b.asset)}",
        title="Put an asset on or off the list (owner)",
    ),
)

ACTIONS: dict[str, Action[Any]] = {action.name: action for action in _ALL}
"""All actions by the name they have in the URL."""
