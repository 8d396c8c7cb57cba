"""All views for analysts, in the order in which they are documented."""

from __future__ import annotations

from projections.views import invoices, platform
from projections.views.view import View

VIEWS: tuple[View, ...] = (
    platform.LEDGER,
    invoices.LOAN_TAPE,
    invoices.INVOICES,
    invoices.POOLS,
    invoices.POSITIONS,
    invoices.STAKES,
    invoices.PAYMENTS,
    invoices.MONEY_OUT_VIEW,
    platform.CASH_FLOWS,
    invoices.TRANSFERS,
    invoices.DISPUTES,
    platform.MEMBERS,
    platform.ROLES,
    platform.ASSETS,
    platform.CUSTODY_VIEW,
    platform.CONTRACTS,
    platform.PARAMETERS_VIEW,
    platform.UPGRADES,
    platform.INVOICES_BY_STATUS,
    platform.EVENTS,
)
