"""One invoice, for whoever decides about it: terms, money, people, what a stake would bring."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from api.access import VISITED
from api.errors import Problem
from api.invoices.ladders import Ladders
from api.invoices.routes import whole
from api.invoices.schemas import Detail
from api.web.charts import Chart, Mark, ladder
from api.web.names import SCENARIOS, Translate
from api.web.numbers import Writer, typed_amount
from api.web.pages.reference import invoice_named
from api.web.sheet import Sheet
from api.web.site import Site
from projections.analytics.whatif import Rung

_STAKE = 1_000 * 10**7
"""What the ladder starts with, if that much is still wanted."""


class Quote(msgspec.Struct, frozen=True):
    """A stake as it was typed and what each scenario brings, or why it is not possible."""

    typed: str
    stake: int | None = None
    rungs: tuple[Rung, ...] = ()
    chart: Chart | None = None
    refusal: str = ""


@get("/market/{invoice_id:str}", opt=VISITED, include_in_schema=False)
async def get_invoice_page(
    request: Request[Any, Any, Any],
    invoice_id: FromPath[str],
    site: NamedDependency[Site],
    at: NamedDependency[int | None],
    amount: FromQuery[str] = "",
) -> Response[str]:
    """Everything that is known about one invoice; `amount` is a stake, as a person types it."""
    which = invoice_named(invoice_id)
    found = await whole(site.database, which, at)
    if found.body is None:
        raise Problem("not-found", f"There is no invoice of that id as of ledger {found.ledger}.")
    invoice = msgspec.json.decode(found.body, type=Detail)
    write, translate = site.pages.writer(request), site.pages.translate(request)
    quote = None
    if invoice.status == "open" and found.time < invoice.deadline:
        quote = await _quote(site.ladders, which, invoice, amount, at, write, translate)
    return site.pages.page(
        request,
        "market/invoice.html",
        standing=site.pages.standing(found),
        invoice=invoice,
        sheet=Sheet(await site.figures.dashboard("invoice", invoice.id, at)),
        quote=quote,
        proof=f"/prove/invoice/{invoice.id}",
        charts={"ladder": None if quote is None else quote.chart},
        scenarios={code: translate(name) for code, name in SCENARIOS.items()},
        asset=(await site.assets.symbols({invoice.asset}))[invoice.asset],
        late=found.time > invoice.due_at,
        days_left=max(0, invoice.due_at - found.time) // 86_400,
    )


async def _quote(  # noqa: PLR0913, PLR0917 -- a stake and how it is told
    ladders: Ladders,
    which: bytes,
    invoice: Detail,
    typed: str,
    at: int | None,
    write: Writer,
    translate: Translate,
) -> Quote:
    """The ladder of what was typed, or of a stake that fits where nothing was."""
    remaining = int(invoice.remaining)
    try:
        stake = typed_amount(typed, write.locale) if typed else min(_STAKE, remaining)
    except ValueError as error:
        return Quote(typed, refusal=translate(str(error)))
    least = min(int(invoice.terms.ticket), remaining)
    stake = stake if typed else max(stake, least)
    typed = typed or write.exact(stake)
    if not least <= stake <= remaining:
        between = translate("A stake is between %(least)s and %(most)s.")
        values = {"least": write.exact(least), "most": write.exact(remaining)}
        return Quote(typed, refusal=between % values)
    try:
        _, rungs = await ladders.of(which, stake, at)
    except Problem as problem:
        if problem.kind.slug != "not-possible":
            raise
        return Quote(typed, refusal=problem.detail)
    return Quote(typed, stake, rungs, _chart(rungs, write, translate))


def _chart(rungs: tuple[Rung, ...], write: Writer, translate: Translate) -> Chart:
    """Gains and losses of one stake on a common zero line."""
    marks = [
        Mark(translate(SCENARIOS[rung.scenario]), float(rung.gain), _signed(rung.gain, write))
        for rung in rungs
    ]
    best, worst = max(rungs, key=_gain), min(rungs, key=_gain)
    sentence = translate("From a gain of %(best)s to a loss of %(worst)s.") % {
        "best": write.exact(best.gain),
        "worst": write.exact(max(0, -worst.gain)),
    }
    rows = [(mark, (mark.name, mark.text)) for mark in marks]
    return ladder(sentence, (translate("If"), translate("Gain")), rows)


def _gain(rung: Rung) -> int:
    return rung.gain


def _signed(amount: int, write: Writer) -> str:
    return f"+{write.exact(amount)}" if amount > 0 else write.exact(amount)
