"""What is told about the platform as a whole."""

from __future__ import annotations

import msgspec

from api.reads import Digits, Hex, Meta, Moment, Strkey


class Administration(msgspec.Struct, frozen=True, kw_only=True):
    """Who runs a contract and what is pending: upgrades wait on chain before they apply."""

    contract: str
    owner: Strkey | None
    proposed_owner: Strkey | None
    paused: bool
    treasury: Strkey | None
    upgrade: Hex | None
    upgrade_at: Moment | None
    token_wasm: Hex | None
    next_token_wasm: Hex | None
    next_token_wasm_at: Moment | None


class Parameters(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of new invoices: pairs [low, high] in basis points or seconds."""

    fee_bps: list[int]
    late_bps: list[int]
    late_cap_bps: list[int]
    grace: list[int]
    release_delay: list[int]
    tenor: list[int]
    recovery: int
    dispute_limit: int
    ticket: Digits


class ContractMoney(msgspec.Struct, frozen=True, kw_only=True):
    """One contract's money in one asset."""

    contract: str
    paid_in: Digits
    paid_out: Digits
    held: Digits
    skimmed: Digits


class AssetMoney(msgspec.Struct, frozen=True, kw_only=True):
    """All money in one asset: `held` = `paid_in` - `paid_out` is what the contracts must hold."""

    asset: Strkey
    allowed: bool
    paid_in: Digits
    paid_out: Digits
    held: Digits
    fees: Digits
    fees_collected: Digits
    contracts: list[ContractMoney]


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """The platform: administration, limits, money, and invoices by status."""

    contracts: list[Administration]
    parameters: Parameters | None
    allowed_assets: list[Strkey]
    assets: list[AssetMoney]
    invoices: dict[str, int]


class OverviewAnswer(msgspec.Struct, frozen=True):
    """The platform as of one ledger."""

    data: Overview
    meta: Meta


class Membership(msgspec.Struct, frozen=True, kw_only=True):
    """`member`: may fund, buy and sell now. `roles`: what the account may do for the platform."""

    address: Strkey
    member: bool
    until: Moment | None
    frozen: bool
    frozen_at: Moment | None
    roles: list[str]


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """The account you are signed in with; `membership` is null for a stranger."""

    address: Strkey
    membership: Membership | None


class MeAnswer(msgspec.Struct, frozen=True):
    """You."""

    data: Me
    meta: Meta


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One figure of one row of a metric's table.

    `value`: digits of an amount or a count, a decimal number, or yes or no; null with its reason.
    `key` names the row. `unit`, formula and reasons are those of GET /v1/figures/definitions.
    """

    metric: str
    version: int
    table: str
    key: dict[str, str]
    figure: str
    title: str
    unit: str
    value: str | bool | None
    null_reason: str | None
    null_sentence: str | None


class Figures(msgspec.Struct, frozen=True):
    """The figures of a dashboard; `about` is whose or of which invoice, null for the platform."""

    dashboard: str
    about: str | None
    figures: tuple[Figure, ...]


class FiguresAnswer(msgspec.Struct, frozen=True):
    """Figures as of one ledger, which may be some behind the newest that is read."""

    data: Figures
    meta: Meta


class FigureDefinition(msgspec.Struct, frozen=True, kw_only=True):
    """What a figure is; `nulls` are the reasons why it may be undefined, each in a sentence."""

    name: str
    title: str
    formula: str
    unit: str
    nulls: dict[str, str]


class TableDefinition(msgspec.Struct, frozen=True, kw_only=True):
    """Figures with a common key: a row for each value of it."""

    name: str
    about: str
    key: tuple[str, ...]
    figures: tuple[FigureDefinition, ...]


class MetricDefinition(msgspec.Struct, frozen=True, kw_only=True):
    """A metric of the dictionary; a changed formula raises `version`."""

    id: str
    title: str
    version: int
    inputs: tuple[str, ...]
    tables: tuple[TableDefinition, ...]


class RegistryAnswer(msgspec.Struct, frozen=True):
    """Every metric."""

    data: tuple[MetricDefinition, ...]
