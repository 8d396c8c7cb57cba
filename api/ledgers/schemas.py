"""What is told about ledgers and about what is different between two."""

from __future__ import annotations

import msgspec

from api.reads import Hex, Meta, Moment
from projections.differences import RowChange


class KnownLedger(msgspec.Struct, frozen=True, kw_only=True):
    """A ledger and when it closed; its hash where that is known.

    `first` is the first that was read here, `newest` the last.
    """

    ledger: int
    time: Moment
    hash: Hex | None
    first: int | None
    newest: int


class LedgerAnswer(msgspec.Struct, frozen=True):
    """A ledger."""

    data: KnownLedger
    meta: Meta


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """What is different: the rows, field by field, and the events in between by their names.

    About the platform: rows of contracts, assets, roles, money and counts, and in `invoices` those
    with the most events and how many. About one invoice: its terms, state, pool and positions.
    `left_out`: rows beyond those shown.
    """

    first: Meta
    last: Meta
    invoice: Hex | None
    events: dict[str, int]
    changes: list[RowChange]
    left_out: int
    invoices: dict[str, int]


class DifferenceAnswer(msgspec.Struct, frozen=True):
    """Two ledgers compared; `meta` is the later one."""

    data: Difference
    meta: Meta
