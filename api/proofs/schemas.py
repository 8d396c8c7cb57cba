"""What is told of a derivation and of a bundle that was looked at."""

from __future__ import annotations

import msgspec

from api.reads import Hex, Meta, Moment, Strkey
from projections.differences import RowChange


class About(msgspec.Struct, frozen=True):
    """What numbers are about: an invoice, a position (`holder`'s in the invoice), the platform."""

    kind: str
    invoice: Hex | None
    holder: Strkey | None


class ProvenFigure(msgspec.Struct, frozen=True, kw_only=True):
    """One number: `value` follows by `formula` from `inputs`, or is null for a reason."""

    name: str
    formula: str
    unit: str
    inputs: dict[str, str]
    value: str | bool | None
    null_reason: str | None


class DerivationStep(msgspec.Struct, frozen=True, kw_only=True):
    """One event, by the name it has on chain, and what it changed in which rows.

    `transaction` counts from 1 in its ledger.
    """

    ledger: int
    time: Moment
    transaction: int
    operation: int
    index: int
    tx_hash: Hex
    contract: str
    event: str
    changes: list[RowChange]


class Derivation(msgspec.Struct, frozen=True, kw_only=True):
    """How numbers follow from events: the first `steps` of `events` in all, and the figures.

    `state` is the digest of everything that the events fold to, `digest` that of the bundle,
    `folds` the versions of the read models' folds.
    """

    about: About
    network: str
    first_ledger: int
    events: int
    steps: list[DerivationStep]
    figures: list[ProvenFigure]
    folds: dict[str, int]
    state: Hex
    digest: Hex
    verify: str


class DerivationAnswer(msgspec.Struct, frozen=True):
    """A derivation as of one ledger."""

    data: Derivation
    meta: Meta


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a bundle holds: its events lead to its figures, and contradict nothing.

    If not, `refusal` is the kind of what is wrong and `sentence` says it; the rest is null where
    it cannot be told. `ledgers_in_bundle`: whole ledgers that travel in it; they and the ledger
    itself are compared by `stellarsettle verify`, not here.
    """

    holds: bool
    refusal: str | None
    sentence: str | None
    about: About | None
    network: str | None
    ledger: int | None
    time: Moment | None
    events: int | None
    ledgers_in_bundle: int | None
    figures: list[ProvenFigure]


class VerdictAnswer(msgspec.Struct, frozen=True):
    """What was found in a bundle, by itself alone: no database was asked."""

    data: Verdict
