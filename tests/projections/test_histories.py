"""The folds against the scripted histories: after every step rows show what the views show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from projections.custody import CUSTODY
from projections.invoices import INVOICE, TERMS, amount_due
from projections.members import MEMBER
from projections.memory import Memory
from projections.platform import GOVERNANCE, PARAMETERS
from projections.pools import POOL
from projections.positions import POSITION, claimable
from tests.projections.support import History, Step, address, as_dict

NUMBERS = range(12)


def _get_invoice(memory: Memory, step: Step, arguments: dict[str, Any]) -> dict[str, Any]:
    invoice = memory.get(INVOICE, arguments["id"])
    shown = as_dict(invoice)
    shown["approved"] = invoice.approved_at is not None
    shown["acknowledged"] = invoice.acknowledged_at is not None
    shown["disputed"] = step.at < invoice.disputed_until
    return shown


def _amount_due(memory: Memory, step: Step, arguments: dict[str, Any]) -> int:
    invoice = arguments["id"]
    return amount_due(memory.get(TERMS, invoice), memory.get(INVOICE, invoice), step.at)


def _get_payment(memory: Memory, _: Step, arguments: dict[str, Any]) -> dict[str, Any]:
    return as_dict(memory.get(POOL, arguments["id"]))


def _claimable(memory: Memory, _: Step, arguments: dict[str, Any]) -> int:
    position = memory.find(POSITION, arguments["id"], arguments["holder"])
    return claimable(position, memory.get(POOL, arguments["id"]).index) if position else 0


def _member(memory: Memory, _: Step, arguments: dict[str, Any]) -> dict[str, Any]:
    member = memory.find(MEMBER, arguments["addr"])
    return as_dict(member) if member else {"until": 0, "frozen": False}


def _params(memory: Memory, _: Step, __: dict[str, Any]) -> dict[str, Any]:
    shown = as_dict(memory.get(PARAMETERS, "escrow"))
    lows = [name.removesuffix("_low") for name in shown if name.endswith("_low")]
    return shown | {name: (shown[f"{name}_low"], shown[f"{name}_high"]) for name in lows}


def _treasury(memory: Memory, _: Step, __: dict[str, Any]) -> str | None:
    return memory.get(GOVERNANCE, "distributor").treasury


def _token_address(memory: Memory, _: Step, arguments: dict[str, Any]) -> str:
    return memory.get(TERMS, arguments["id"]).token


def _held(memory: Memory, contract: str, arguments: dict[str, Any]) -> int:
    custody = memory.find(CUSTODY, contract, arguments["asset"])
    return custody.paid_in - custody.paid_out if custody else 0


def _principal(memory: Memory, _: Step, arguments: dict[str, Any]) -> dict[str, Any]:
    return {"principal": _held(memory, "escrow", arguments)}


def _liability(memory: Memory, _: Step, arguments: dict[str, Any]) -> dict[str, Any]:
    return {"liability": _held(memory, "distributor", arguments)}


VIEWS = {
    ("@escrow", "get_invoice"): _get_invoice,
    ("@escrow", "amount_due"): _amount_due,
    ("@escrow", "member"): _member,
    ("@escrow", "params"): _params,
    ("@escrow", "token_address"): _token_address,
    ("@escrow", "solvency"): _principal,
    ("@distributor", "get_payment"): _get_payment,
    ("@distributor", "calculate_distribution"): _claimable,
    ("@distributor", "solvency"): _liability,
    ("@distributor", "treasury"): _treasury,
}


def _token_view(memory: Memory, view: dict[str, Any]) -> Any:
    """A view of an invoice's token; None for those that are no state of ours (allowances)."""
    invoice = next(
        row.invoice for row in memory.all(TERMS) if row.token == address(view["contract"])
    )
    if view["fn"] == "balance":
        position = memory.find(POSITION, invoice, view["args"]["holder"])
        return position.shares if position else 0
    if view["fn"] == "total_supply":
        positions = [row for row in memory.all(POSITION) if row.invoice == invoice]
        assert sum(row.shares for row in positions) == memory.get(INVOICE, invoice).supply
        return memory.get(INVOICE, invoice).supply
    return invoice if view["fn"] == "invoice" else None


def _shown(memory: Memory, step: Step, view: dict[str, Any]) -> Any:
    """What the rows say to a view; None where it is about something that events do not tell."""
    if view["contract"].startswith("@token"):
        return _token_view(memory, view)
    show = VIEWS.get((view["contract"], view["fn"]))
    return show(memory, step, view["args"]) if show else None


def _differences(expected: Any, shown: Any) -> list[str]:
    """What a view has and the rows have otherwise. Real balances are no facts of events."""
    if shown is None:
        return []
    if not isinstance(expected, dict):
        return [] if expected == shown else [f"{expected} is shown as {shown}"]
    return [
        f"{name}: {value} is shown as {shown.get(name)}"
        for name, value in expected.items()
        if name != "balance" and (shown.get(name) or 0) != (value or 0)
    ]


@pytest.mark.parametrize("number", NUMBERS)
def test_rows_show_what_the_contracts_views_show(corpus: Path, number: int) -> None:
    """Folding the events rebuilds the state: every view after every step is compared."""
    history = History(corpus / "histories" / f"{number:02}.jsonl")
    memory = Memory()
    compared = 0
    for step in history.steps():
        memory.apply(step.records)
        for view in step.views:
            shown = _shown(memory, step, view)
            compared += shown is not None
            place = f"step {step.number}: {view['contract']}.{view['fn']}{view['args']}"
            assert _differences(view["result"], shown) == [], place
    assert compared > 100
    assert all(row.missed == 0 for row in memory.all(INVOICE))
    assert all(row.missed == 0 for row in memory.all(POOL))
