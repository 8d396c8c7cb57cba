"""What an investor holds: how it is doing, what can be claimed, what is due when."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency

from api.access import BY_HAND
from api.errors import Problem
from api.investments.schemas import Investment, Portfolio
from api.reads import read
from api.security import Subject
from api.transactions.schemas import Intent
from api.transactions.service import Intents
from api.web.charts import Chart, Mark, Series, bars, waterfall
from api.web.names import Translate
from api.web.numbers import Writer
from api.web.pages.statistics import SCALE, axis
from api.web.sheet import Row, Sheet
from api.web.site import Site
from projections.positions import portfolio

_FEW = 10
"""Transactions under way that are named."""
_OWED = ("active", "defaulted")


@get("/investor", opt=BY_HAND, include_in_schema=False)
async def get_portfolio_page(
    request: Request[Any, Any, Any],
    site: NamedDependency[Site],
    subject: NamedDependency[Subject],
    intents: NamedDependency[Intents],
    at: NamedDependency[int | None],
) -> Response[str]:
    """Totals by the registry, positions, claims."""
    async with site.database.private(subject.owner) as connection:
        found = await read(connection, portfolio(subject.address), at)
    held = msgspec.json.decode(found.body or b"", type=Portfolio)
    sheet = Sheet(await site.figures.dashboard("investor", subject.address, at))
    write, translate = site.pages.writer(request), site.pages.translate(request)
    profit = {asset: sheet.row("M06.investor", asset=asset) for asset in sheet.assets()}
    return site.pages.page(
        request,
        "investor/investor.html",
        standing=site.pages.standing(found),
        portfolio=held,
        waiting=await _under_way(intents, subject) if at is None else (),
        sheet=sheet,
        charts={
            **{
                f"due-{total.asset}": _due(held.positions, total.asset, write, translate)
                for total in held.totals
            },
            **{
                f"profit-{asset}": _profit(row, write, translate)
                for asset, row in profit.items()
                if row is not None
            },
        },
        symbols=await site.assets.symbols({total.asset for total in held.totals}),
        now=found.time,
    )


async def _under_way(intents: Intents, subject: Subject) -> tuple[Intent, ...] | None:
    """One's own transactions that have not ended; None where the node cannot be asked."""
    try:
        page = await intents.page(subject.owner, limit=_FEW, after=None, only_open=True)
    except Problem:
        return None
    return page.data


def _due(
    positions: list[Investment], asset: str, write: Writer, translate: Translate
) -> Chart | None:
    """Principal that is still owed, by the month in which it is due."""
    months: dict[str, int] = {}
    for one in positions:
        if one.invoice.asset == asset and one.invoice.status in _OWED and int(one.shares):
            month = write.date(one.invoice.due_at)[:7]
            months[month] = months.get(month, 0) + int(one.shares)
    if not months:
        return None
    marks = tuple(Mark(m, s / SCALE, write.amount(s)) for m, s in sorted(months.items()))
    sentence = translate("%(total)s of your principal is out, by the month it is due.") % {
        "total": write.amount(sum(months.values()))
    }
    return bars(sentence, translate("Due in"), Series(translate("Principal"), marks), axis(write))


def _profit(row: Row, write: Writer, translate: Translate) -> Chart | None:
    """Net profit and what it is made of."""
    titles = {
        "realised": translate("Realised"),
        "accrued": translate("Accrued"),
        "provision": translate("Provision for losses"),
        "net": translate("Net profit"),
    }
    marks = []
    for name, title in titles.items():
        value = row[name].value
        if value is None:
            return None
        units = -int(value) if name == "provision" else int(value)
        marks.append(Mark(title, units / SCALE, write.amount(units)))
    sentence = translate("Net profit is what was realised and accrued, less the provision.")
    *steps, total = marks
    head = (translate("Part"), translate("Amount"))
    return waterfall(sentence, head, steps, total, axis(write))
