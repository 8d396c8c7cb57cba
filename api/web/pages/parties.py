"""An invoice's two parties: what a seller has listed, what a debtor owes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from api.access import BY_HAND
from api.dashboard.schemas import Overview
from api.documents.facts import confirmed
from api.documents.service import Documents
from api.invoices.schemas import OwnInvoice, OwnInvoices
from api.reads import Read, read
from api.security import Subject
from api.web.charts import Chart, Mark, Series, bars
from api.web.names import Translate
from api.web.numbers import Writer
from api.web.pages.statistics import SCALE, axis
from api.web.sheet import Sheet
from api.web.site import Site
from projections.details import of_party
from projections.platform import overview

_BUCKETS = ("current", "1-15", "16-30", "31-60", "61-90", "over 90")


async def _invoices(
    site: Site, subject: Subject, role: str, at: int | None
) -> tuple[Read, list[OwnInvoice]]:
    async with site.database.private(subject.owner) as connection:
        found = await read(connection, of_party(subject.address), at)
    own = msgspec.json.decode(found.body or b"", type=OwnInvoices)
    return found, [invoice for invoice in own.items if invoice.role == role]


@get("/seller", opt=BY_HAND, include_in_schema=False)
async def get_seller(
    request: Request[Any, Any, Any],
    site: NamedDependency[Site],
    subject: NamedDependency[Subject],
    at: NamedDependency[int | None],
) -> Response[str]:
    """What needs the seller, what money costs, how debtors pay."""
    found, invoices = await _invoices(site, subject, "seller", at)
    sheet = Sheet(await site.figures.dashboard("seller", subject.address, at))
    write, translate = site.pages.writer(request), site.pages.translate(request)
    return site.pages.page(
        request,
        "seller/seller.html",
        standing=site.pages.standing(found),
        invoices=invoices,
        sheet=sheet,
        charts={
            f"aging-{asset}": _aging(sheet, asset, write, translate) for asset in sheet.assets()
        },
        symbols=await site.assets.symbols({i.asset for i in invoices} | set(sheet.assets())),
        now=found.time,
    )


@get("/seller/new", opt=BY_HAND, include_in_schema=False)
async def get_new_invoice(
    request: Request[Any, Any, Any],
    site: NamedDependency[Site],
    documents: NamedDependency[Documents],
    subject: NamedDependency[Subject],
    document: FromQuery[UUID | None] = None,
) -> Response[str]:
    """The form of a new invoice, with the platform's bounds; a confirmed document fills it in."""
    facts = None
    if document is not None:
        facts = confirmed(await documents.desk.document(subject.owner, document))
    async with site.database.public() as connection:
        found = await read(connection, overview())
    platform = msgspec.json.decode(found.body or b"", type=Overview)
    return site.pages.page(
        request,
        "seller/new.html",
        standing=site.pages.standing(found),
        platform=platform,
        facts=facts,
        symbols=await site.assets.symbols(set(platform.allowed_assets)),
        now=found.time,
    )


@get("/debtor", opt=BY_HAND, include_in_schema=False)
async def get_debtor(
    request: Request[Any, Any, Any],
    site: NamedDependency[Site],
    subject: NamedDependency[Subject],
    at: NamedDependency[int | None],
) -> Response[str]:
    """What is owed today, with the late charge that has come to it."""
    found, invoices = await _invoices(site, subject, "debtor", at)
    return site.pages.page(
        request,
        "debtor/debtor.html",
        standing=site.pages.standing(found),
        invoices=invoices,
        symbols=await site.assets.symbols({invoice.asset for invoice in invoices}),
        now=found.time,
    )


def _aging(sheet: Sheet, asset: str, write: Writer, translate: Translate) -> Chart | None:
    """What debtors still owe, by how late it is."""
    rows = {key["bucket"]: row for key, row in sheet.rows("M21.aging", asset=asset)}
    amounts = {name: int(rows[name]["outstanding"].value or 0) for name in _BUCKETS if name in rows}
    if not any(amounts.values()):
        return None
    names = {"current": translate("not due"), "over 90": translate("over 90")}
    marks = tuple(
        Mark(names.get(name, name), units / SCALE, write.amount(units))
        for name, units in amounts.items()
    )
    sentence = translate("Debtors still owe %(total)s, by days past due.") % {
        "total": write.amount(sum(amounts.values()))
    }
    series = Series(translate("Outstanding"), marks)
    return bars(sentence, translate("Days past due"), series, axis(write))
