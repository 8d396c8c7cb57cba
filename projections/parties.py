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


_PART_AT = json_object(
    invoice=hexadecimal("p.invoice"), ledger="p.ledger", address="a.address", part="p.part"
)

_PARTS_AT = f"""
    SELECT {_PART_AT} AS item FROM (
        SELECT e.invoice, e.ledger, named.who, named.part
        FROM unnest(%(invoices)s::bytea[], %(ledgers)s::bigint[]) AS e(invoice, ledger)
        JOIN read.terms AS t ON t.invoice = e.invoice
        JOIN read.invoice AS i ON i.invoice = e.invoice
        CROSS JOIN LATERAL (VALUES
            (t.seller, 'seller'), (t.debtor, 'debtor'), (nullif(i.payee, t.seller), 'payee')
        ) AS named(who, part)
        UNION ALL
        SELECT e.invoice, e.ledger, held.holder, 'holder'
        FROM unnest(%(invoices)s::bytea[], %(ledgers)s::bigint[]) AS e(invoice, ledger)
        CROSS JOIN LATERAL (
            SELECT DISTINCT ON (h.holder) h.holder, h.shares FROM read.position_history AS h
            WHERE h.invoice = e.invoice AND h.valid_from <= e.ledger
            ORDER BY h.holder, h.valid_from DESC
        ) AS held WHERE held.shares > 0
    ) AS p JOIN read.address AS a ON a.id = p.who
    ORDER BY p.invoice, p.ledger, p.part, a.address
"""  # noqa: S608

_AT = single(json_list(_PARTS_AT))

_RECEIVED = single(
    json_list("""
        SELECT json_build_object(
            'position', t.position, 'index', t.event_index, 'address', a.address
        ) AS item
        FROM read.transfer AS t JOIN read.address AS a ON a.id = t.recipient
        WHERE t.position = ANY(%(positions)s)
        ORDER BY t.position, t.event_index
    """)
)

_ON_DUTY = single(
    json_list("""
        SELECT json_build_object('duty', d.duty, 'address', a.address) AS item FROM (
            SELECT 'role:' || r.role AS duty, r.holder AS who FROM read.role AS r WHERE r.granted
            UNION ALL
            SELECT 'treasury', g.treasury FROM read.governance AS g WHERE g.treasury IS NOT NULL
        ) AS d JOIN read.address AS a ON a.id = d.who
        ORDER BY d.duty, a.address
    """)
)


def at(invoices: Iterable[tuple[bytes, int]]) -> Query:
    """Seller, debtor, payee and holders of invoices, each as of a ledger; never null.

    Whoever looks late finds the same holders as whoever looked at once.
    """
    pairs = list(invoices)
    return Query(
        _AT, {"invoices": [one for one, _ in pairs], "ledgers": [ledger for _, ledger in pairs]}
    )


def recipients(positions: Iterable[int]) -> Query:
    """To whom the share movements at these positions went; never null."""
    return Query(_RECEIVED, {"positions": list(positions)})


def on_duty() -> Query:
    """Who does what for the platform now: `role:NAME` or `treasury`; never null."""
    return Query(_ON_DUTY, {})
