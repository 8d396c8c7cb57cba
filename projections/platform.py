"""The platform itself: who governs each contract, and the parameters for new invoices."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from contracts.events import (
    OwnerAccepted,
    OwnerProposed,
    ParamsSet,
    Paused,
    TokenWasmCancelled,
    TokenWasmSet,
    TreasurySet,
    Unpaused,
    UpgradeApplied,
    UpgradeCancelled,
    UpgradeProposed,
)
from contracts.wire import Address
from projections.lifecycle import Status
from projections.model import Big, Model, Record, Row, View
from projections.query import (
    Query,
    address,
    digits,
    hexadecimal,
    json_list,
    json_object,
    name,
    single,
)


class Governance(Row, frozen=True, array_like=True):
    """State of one contract's administration; hashes are of code, times Unix seconds.

    `next_token_wasm` takes effect by itself at `next_token_wasm_at`.
    """

    contract: str
    owner: Address | None = None
    proposed_owner: Address | None = None
    paused: bool = False
    treasury: Address | None = None
    upgrade: bytes | None = None
    upgrade_at: int | None = None
    upgraded_to: bytes | None = None
    token_wasm: bytes | None = None
    next_token_wasm: bytes | None = None
    next_token_wasm_at: int | None = None


class Parameters(Row, frozen=True, array_like=True):
    """What new invoices must keep to: `low` and `high` bounds; durations in seconds.

    `recovery`, `dispute_limit` and `ticket` (base units) are copied into new invoices.
    """

    contract: str
    fee_bps_low: int
    fee_bps_high: int
    late_bps_low: int
    late_bps_high: int
    late_cap_bps_low: int
    late_cap_bps_high: int
    grace_low: int
    grace_high: int
    release_delay_low: int
    release_delay_high: int
    tenor_low: int
    tenor_high: int
    recovery: int
    dispute_limit: int
    ticket: Big


GOVERNANCE = Model("governance", Governance, key=("contract",), version=2, resident=True)
PARAMETERS = Model("parameters", Parameters, key=("contract",), version=1, resident=True)


def _changed(view: View, record: Record, **changes: Any) -> Iterable[Governance]:
    name = str(record.contract)
    before = view.find(GOVERNANCE, name) or Governance(name)
    yield msgspec.structs.replace(before, **changes)


@GOVERNANCE.on(OwnerProposed)
def _owner_proposed(view: View, record: Record, event: OwnerProposed) -> Iterable[Governance]:
    """An owner who proposes himself withdraws his proposal."""
    before = view.find(GOVERNANCE, str(record.contract))
    withdrawn = before is not None and before.owner == event.owner
    return _changed(view, record, proposed_owner=None if withdrawn else event.owner)


@GOVERNANCE.on(OwnerAccepted)
def _owner_accepted(view: View, record: Record, event: OwnerAccepted) -> Iterable[Governance]:
    return _changed(view, record, owner=event.owner, proposed_owner=None)


@GOVERNANCE.on(Paused)
def _paused(view: View, record: Record, _: Paused) -> Iterable[Governance]:
    return _changed(view, record, paused=True)


@GOVERNANCE.on(Unpaused)
def _unpaused(view: View, record: Record, _: Unpaused) -> Iterable[Governance]:
    return _changed(view, record, paused=False)


@GOVERNANCE.on(TreasurySet)
def _treasury_set(view: View, record: Record, event: TreasurySet) -> Iterable[Governance]:
    return _changed(view, record, treasury=event.treasury)


@GOVERNANCE.on(UpgradeProposed)
def _upgrade_proposed(view: View, record: Record, event: UpgradeProposed) -> Iterable[Governance]:
    return _changed(view, record, upgrade=event.hash, upgrade_at=event.at)


@GOVERNANCE.on(UpgradeApplied)
def _upgrade_applied(view: View, record: Record, event: UpgradeApplied) -> Iterable[Governance]:
    return _changed(view, record, upgrade=None, upgrade_at=None, upgraded_to=event.hash)


@GOVERNANCE.on(UpgradeCancelled)
def _upgrade_cancelled(view: View, record: Record, _: UpgradeCancelled) -> Iterable[Governance]:
    return _changed(view, record, upgrade=None, upgrade_at=None)


@GOVERNANCE.on(TokenWasmSet)
def _token_wasm_set(view: View, record: Record, event: TokenWasmSet) -> Iterable[Governance]:
    """Replaces a pending one, unless that took effect before: then it is the one in force."""
    return _changed(
        view,
        record,
        token_wasm=_token_wasm_in_force(view, record),
        next_token_wasm=event.hash,
        next_token_wasm_at=event.at,
    )


@GOVERNANCE.on(TokenWasmCancelled)
def _token_wasm_cancelled(
    view: View, record: Record, _: TokenWasmCancelled
) -> Iterable[Governance]:
    return _changed(view, record, next_token_wasm=None, next_token_wasm_at=None)


def _token_wasm_in_force(view: View, record: Record) -> bytes | None:
    before = view.find(GOVERNANCE, str(record.contract))
    if before is None:
        return None
    at = before.next_token_wasm_at
    if at is not None and at <= record.mark.closed_at:
        return before.next_token_wasm
    return before.token_wasm


@PARAMETERS.on(ParamsSet)
def _params_set(_: View, record: Record, event: ParamsSet) -> Iterable[Parameters]:
    yield Parameters(
        contract=str(record.contract),
        fee_bps_low=event.fee_bps[0],
        fee_bps_high=event.fee_bps[1],
        late_bps_low=event.late_bps[0],
        late_bps_high=event.late_bps[1],
        late_cap_bps_low=event.late_cap_bps[0],
        late_cap_bps_high=event.late_cap_bps[1],
        grace_low=event.grace[0],
        grace_high=event.grace[1],
        release_delay_low=event.release_delay[0],
        release_delay_high=event.release_delay[1],
        tenor_low=event.tenor[0],
        tenor_high=event.tenor[1],
        recovery=event.recovery,
        dispute_limit=event.dispute_limit,
        ticket=event.ticket,
    )


_IN_FORCE = "g.next_token_wasm_at <= applied.closed_at"

_CONTRACT = json_object(
    contract="g.contract",
    owner=address("g.owner"),
    proposed_owner=address("g.proposed_owner"),
    paused="g.paused",
    treasury=address("g.treasury"),
    upgrade=hexadecimal("g.upgrade"),
    upgrade_at="g.upgrade_at",
    token_wasm=hexadecimal(f"CASE WHEN {_IN_FORCE} THEN g.next_token_wasm ELSE g.token_wasm END"),
    next_token_wasm=hexadecimal(f"CASE WHEN NOT ({_IN_FORCE}) THEN g.next_token_wasm END"),
    next_token_wasm_at=f"CASE WHEN NOT ({_IN_FORCE}) THEN g.next_token_wasm_at END",
)

_BOUNDED = ("fee_bps", "late_bps", "late_cap_bps", "grace", "release_delay", "tenor")

_PARAMETERS = json_object(
    **{each: f"json_build_array(q.{each}_low, q.{each}_high)" for each in _BOUNDED},
    recovery="q.recovery",
    dispute_limit="q.dispute_limit",
    ticket=digits("q.ticket"),
)

_ASSET = json_object(
    asset=address("c.asset"),
    allowed="coalesce(bool_or(s.allowed), false)",
    paid_in=digits("coalesce(sum(c.paid_in), 0)"),
    paid_out=digits("coalesce(sum(c.paid_out), 0)"),
    held=digits("coalesce(sum(c.paid_in - c.paid_out), 0)"),
    fees=digits("coalesce(sum(c.fees), 0)"),
    fees_collected=digits("coalesce(sum(c.fees_collected), 0)"),
    contracts="json_agg("
    + json_object(
        contract="c.contract",
        paid_in=digits("c.paid_in"),
        paid_out=digits("c.paid_out"),
        held=digits("c.paid_in - c.paid_out"),
        skimmed=digits("c.skimmed"),
    )
    + " ORDER BY c.contract)",
)

_ASSETS = f"""
    SELECT {_ASSET} AS item
    FROM read.custody AS c LEFT JOIN read.asset AS s USING (asset)
    GROUP BY c.asset ORDER BY c.asset
"""  # noqa: S608

_STATUSES = f"""(
    SELECT coalesce(json_object_agg(named.status, named.invoices), '{{}}') FROM (
        SELECT {name(Status, "n.status")} AS status, n.invoices
        FROM read.status_total AS n ORDER BY n.status
    ) AS named
)"""  # noqa: S608

_ALLOWED = f"""
    SELECT to_json({address("s.asset")}) AS item FROM read.asset AS s
    WHERE s.allowed ORDER BY s.asset
"""  # noqa: S608

_OVERVIEW = single(
    json_object(
        contracts=json_list(
            f"SELECT {_CONTRACT} AS item FROM read.governance AS g ORDER BY g.contract"  # noqa: S608
        ),
        parameters=f"(SELECT {_PARAMETERS} FROM read.parameters AS q)",  # noqa: S608
        allowed_assets=json_list(_ALLOWED),
        assets=json_list(_ASSETS),
        invoices=_STATUSES,
    )
)


def overview() -> Query:
    """Contracts' administration, parameters, money per asset, invoices per status; never null.

    `held` is what the contracts must still have: paid in less paid out, surplus apart.
    """
    return Query(_OVERVIEW, {})
