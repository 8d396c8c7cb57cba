"""Who has a part in an invoice: those whom it concerns when something happens to it."""

from __future__ import annotations

from collections.abc import Iterable

from projections.query import Query, hexadecimal, json_list, json_object, single

_PART = json_object(invoice=hexadecimal("p.invoice"), address="a.address", part="p.part")

_PARTS = f"""
    SELECT {_PART} AS item FROM (
        SELECT t.invoice, t.seller AS who, 'seller' AS part
        FROM read.terms AS t WHERE t.invoice = ANY(%(invoices)s)
        UNION ALL
        SELECT t.invoice, t.debtor, 'debtor'
        FROM read.terms AS t WHERE t.invoice = ANY(%(invoices)s) AND t.debtor IS NOT NULL
        UNION ALL
        SELECT i.invoice, i.payee, 'payee'
        FROM read.invoice AS i JOIN read.terms AS t ON t.invoice = i.invoice
        WHERE i.invoice = ANY(%(invoices)s) AND i.payee <> t.seller
        UNION ALL
        SELECT h.invoice, h.holder, CASE WHEN h.shares > 0 THEN 'holder' ELSE 'former' END
        FROM read.position AS h WHERE h.invoice = ANY(%(invoices)s)
    ) AS p JOIN read.address AS a ON a.id = p.who
    WHERE %(among)s::text[] IS NULL OR a.address = ANY(%(among)s)
    ORDER BY p.invoice, p.part, a.address
"""  # noqa: S608

_OF_INVOICES = single(json_list(_PARTS))


def of_invoices(invoices: Iterable[bytes], among: Iterable[str] | None = None) -> Query:
    """Each part that somebody has in one of the invoices; never null.

    A part is seller, debtor, payee (where that is not the seller), holder, or former holder. With
    `among` only those of these addresses.
    """
    named = None if among is None else list(among)
    return Query(_OF_INVOICES, {"invoices": list(invoices), "among": named})
