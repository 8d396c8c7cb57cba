"""Every query is carried by indexes, now and as of a ledger."""

from __future__ import annotations

from typing import Any

import psycopg

from projections import (
    asof,
    details,
    disputes,
    funding,
    invoices,
    members,
    payments,
    payouts,
    platform,
    positions,
    timeline,
    transactions,
    transfers,
)
from projections.marketplace import open_invoices
from tests.projections.asking import ask, fill

LARGE = {
    "invoice_history",
    "pool_history",
    "position_history",
    "funding",
    "transfer",
    "terms",
    "invoice",
    "pool",
    "position",
    "payment",
    "money_out",
    "activity",
    "address",
    "member",
}


def sequential_scans(plan: dict[str, Any]) -> set[str]:
    """Large tables that a plan reads from end to end."""
    found = {plan["Relation Name"]} if plan["Node Type"] == "Seq Scan" else set()
    return found.union(*map(sequential_scans, plan.get("Plans", []))) & LARGE


def test_every_query_is_carried_by_indexes(database: str, reader: psycopg.Connection) -> None:
    filled = fill(database, 2500)
    deal = filled.deals[7]
    holder = next(iter(deal.shares))
    queries = {
        "by_id": invoices.by_id(deal.id),
        "of_party": details.of_party(deal.seller),
        "positions": positions.of_invoice(deal.id),
        "portfolio": positions.portfolio(holder),
        "payments": payments.of_invoice(deal.id),
        "payouts": payouts.of_invoice(deal.id),
        "timeline": timeline.of_invoice(deal.id),
        "transaction": timeline.by_transaction(filled.chain.records[99].tx_hash),
        "marketplace": open_invoices(5),
        "member": members.by_address(holder),
        "stakes": funding.of_invoice(deal.id),
        "investor": funding.of_investor(holder),
        "transfers": transfers.of_invoice(deal.id),
        "money": payouts.of_address(holder),
        "disputes": disputes.of_invoice(deal.id),
        "transactions": transactions.of_ledgers(1007, 1020),
        "overview": platform.overview(),
    }
    past = filled.chain.mark.ledger - 100
    for name, query in queries.items():
        assert ask(reader, query) is not None, name
        for asked in (query, asof.as_of(query, past)):
            explained = reader.execute(
                f"EXPLAIN (FORMAT JSON) {asked.sql}", asked.params
            ).fetchone()
            assert explained is not None
            # The marketplace of the past is looked for among all invoices.
            everything = {"invoice", "terms", "invoice_history"}
            allowed = everything if name == "marketplace" and asked is not query else set()
            assert sequential_scans(explained[0][0]["Plan"]) <= allowed, name
