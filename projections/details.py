"""Everything about one invoice in one answer, and the invoices of one party."""

from __future__ import annotations

from collections.abc import Iterable

from projections import facts
from projections.query import (
    Query,
    address,
    address_number,
    digits,
    json_list,
    json_object,
    single,
)

_MONEY = json_object(
    raised=digits("i.raised"),
    remaining=digits("t.target - i.raised"),
    refunded=digits("i.refunded"),
    supply=digits("i.supply"),
    par_sold=digits("i.par_sold"),
    paid=digits("i.paid"),
    outstanding=digits("t.face - i.paid"),
    investors=digits("i.investors"),
    late_paid=digits("i.late_paid"),
    late_owed=digits(facts.LATE_OWED),
    amount_due=digits(facts.AMOUNT_DUE),
    shortfall=digits("coalesce(p.par_sold - i.investors, 0)"),
)

_TIMES = json_object(
    created_at="t.created_at",
    approved_at="i.approved_at",
    published_at="i.published_at",
    acknowledged_at="i.acknowledged_at",
    funded_at="i.funded_at",
    release_at="i.release_at",
    released_at="i.released_at",
    defaulted_at="i.defaulted_at",
    ended_at="i.ended_at",
)

_POOL = json_object(
    par_sold=digits("p.par_sold"),
    index=digits("p.index"),
    carry=digits("p.carry"),
    late=digits("p.late"),
    fee=digits("p.fee"),
    investors=digits("p.investors"),
    seller=digits("p.seller"),
    claimed=digits("p.claimed"),
    seller_claimed=digits("p.seller_claimed"),
    seller_claimable=digits("p.seller - p.seller_claimed"),
)

_HOLDERS = "(SELECT count(*) FROM read.position AS h WHERE h.invoice = i.invoice AND h.shares > 0)"

_FROM = """
    FROM read.invoice AS i
    JOIN read.terms AS t USING (invoice)
    LEFT JOIN read.pool AS p USING (invoice)
"""

_WHOLE = json_object(
    **facts.SUMMARY,
    token=address("t.token"),
    payee=address("i.payee"),
    verifier=address("i.verifier"),
    listed="i.listed",
    disputed_until="i.disputed_until",
    holders=_HOLDERS,
    terms=facts.TERMS_OBJECT,
    money=_MONEY,
    times=_TIMES,
    pool=f"CASE WHEN p.invoice IS NOT NULL THEN {_POOL} END",
    events=json_object(seq="i.seq", missed="i.missed + coalesce(p.missed, 0)"),
)

_BY_ID = single(f"SELECT {_WHOLE} {_FROM} WHERE i.invoice = %(id)s")

_SUMMARIES = single(
    json_list(f"""
        SELECT {json_object(**facts.SUMMARY)} AS item {_FROM}
        WHERE i.invoice = ANY(%(ids)s) ORDER BY i.invoice
    """)
)

_PARTY_ITEM = json_object(
    **facts.SUMMARY,
    role="mine.role",
    created_at="t.created_at",
    seller_claimable=digits("coalesce(p.seller - p.seller_claimed, 0)"),
)

_PARTY_ITEMS = f"""
    SELECT {_PARTY_ITEM} AS item
    FROM (
        SELECT s.invoice, 'seller' AS role FROM read.terms AS s
        WHERE s.seller = {address_number("address")}
        UNION ALL
        SELECT d.invoice, 'debtor' AS role FROM read.terms AS d
        WHERE d.debtor = {address_number("address")}
    ) AS mine
    JOIN read.terms AS t USING (invoice)
    JOIN read.invoice AS i USING (invoice)
    LEFT JOIN read.pool AS p USING (invoice)
    ORDER BY t.position DESC, i.invoice
"""  # noqa: S608

_OF_PARTY = single(json_object(address="%(address)s::text", items=json_list(_PARTY_ITEMS)))


def summaries(ids: Iterable[bytes]) -> Query:
    """These invoices as they stand in a list, those that there are, by id; never null."""
    return Query(_SUMMARIES, {"ids": list(ids)})


def by_id(invoice: bytes) -> Query:
    """Terms, status, money totals, times, pool of an invoice; null for an unknown id."""
    return Query(_BY_ID, {"id": invoice})


def of_party(party: str) -> Query:
    """The invoices an address is seller or debtor of, newest first."""
    return Query(_OF_PARTY, {"address": party})
