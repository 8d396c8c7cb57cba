"""One position of an investor, and statements of all movements of one's money by month."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from api.access import BY_HAND
from api.errors import Problem, invalid_field
from api.investments.schemas import Portfolio
from api.reads import Read, read
from api.security import Subject
from api.web.charts import Chart, Mark, ladder
from api.web.names import SCENARIOS, Translate, flow_kinds
from api.web.numbers import Writer
from api.web.pages.reference import invoice_named
from api.web.pages.statistics import SCALE
from api.web.sheet import Sheet
from api.web.site import Site
from contracts.wire import Address
from projections import flows
from projections.positions import portfolio

_MANY = 5_000
_MONTH = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])")
_POSITION = ("M04.position", "M05.position", "M06.position", "M07.position")


class Flow(msgspec.Struct, frozen=True, kw_only=True):
    """A movement of somebody's money: `amount` in base units is negative where it was paid."""

    ledger: int
    time: int
    kind: str
    invoice: str | None
    asset: str
    amount: str


class Month(msgspec.Struct, frozen=True, kw_only=True):
    """A month (UTC), 2027-01, and how many movements it has."""

    month: str
    flows: int


@get("/portfolio/{invoice_id:str}", opt=BY_HAND, include_in_schema=False)
async def get_position(
    request: Request[Any, Any, Any],
    invoice_id: FromPath[str],
    site: NamedDependency[Site],
    subject: NamedDependency[Subject],
    at: NamedDependency[int | None],
) -> Response[str]:
    """What was put into one invoice, what came of it, what may come still."""
    which = invoice_named(invoice_id)
    async with site.database.private(subject.owner) as connection:
        found = await read(connection, portfolio(subject.address), at)
        moves = await read(
            connection, flows.of_address(subject.address, invoice=which, limit=_MANY), at
        )
    held = msgspec.json.decode(found.body or b"", type=Portfolio)
    position = next((one for one in held.positions if one.invoice.id == which.hex()), None)
    if position is None:
        raise Problem("not-found", f"You hold nothing of that invoice as of ledger {found.ledger}.")
    answers = await site.figures.dashboard("investor", subject.address, at)
    mine = [a for a in answers if a.table in _POSITION and a.key.get("invoice") == which.hex()]
    _, rungs = await site.ladders.outlook(Address(subject.address), at)
    write, translate = site.pages.writer(request), site.pages.translate(request)
    own = _decoded(moves)
    return site.pages.page(
        request,
        "investor/position.html",
        standing=site.pages.standing(found),
        position=position,
        sheet=Sheet(mine),
        flows=own,
        kinds=flow_kinds(translate),
        rungs=[rung for rung in rungs if rung.invoice == which],
        scenarios={code: translate(name) for code, name in SCENARIOS.items()},
        proof=f"/prove/position/{which.hex()}/{subject.address}",
        charts={"flows": _drawn(own, write, translate)},
        asset=(await site.assets.symbols({position.invoice.asset}))[position.invoice.asset],
        now=found.time,
    )


@get("/investor/statements", opt=BY_HAND, include_in_schema=False)
async def get_statements(
    request: Request[Any, Any, Any],
    site: NamedDependency[Site],
    subject: NamedDependency[Subject],
    at: NamedDependency[int | None],
    month: FromQuery[str] = "",
) -> Response[str]:
    """One's own movements of a month, with sums by kind; the newest month where none is named."""
    if month and _MONTH.fullmatch(month) is None:
        raise invalid_field("?month", "Write a month such as 2027-01.")
    async with site.database.private(subject.owner) as connection:
        known = await read(connection, flows.months(subject.address), at)
        months = msgspec.json.decode(known.body or b"[]", type=list[Month])
        shown = month or (months[0].month if months else "")
        moves = None
        if shown:
            within = _span(shown)
            query = flows.of_address(subject.address, within=within, limit=_MANY)
            moves = await read(connection, query, at)
    own = [] if moves is None else _decoded(moves)
    return site.pages.page(
        request,
        "investor/statements.html",
        standing=site.pages.standing(known),
        months=months,
        month=shown,
        flows=own,
        most=_MANY,
        sums=_sums(own),
        kinds=flow_kinds(site.pages.translate(request)),
        symbols=await site.assets.symbols({flow.asset for flow in own}),
    )


def _decoded(found: Read) -> list[Flow]:
    return msgspec.json.decode(found.body or b"[]", type=list[Flow])


def _span(month: str) -> tuple[int, int]:
    """The seconds of a month (UTC): its first, and the first of the next."""
    first = dt.datetime.fromisoformat(f"{month}-01").replace(tzinfo=dt.UTC)
    following = (first + dt.timedelta(days=32)).replace(day=1)
    return int(first.timestamp()), int(following.timestamp())


def _sums(own: list[Flow]) -> dict[str, dict[str, int]]:
    """By asset and kind; the sum of all kinds under an empty name."""
    found: dict[str, dict[str, int]] = {}
    for flow in own:
        sums = found.setdefault(flow.asset, {})
        for kind in (flow.kind, ""):
            sums[kind] = sums.get(kind, 0) + int(flow.amount)
    return found


def _drawn(own: list[Flow], write: Writer, translate: Translate) -> Chart | None:
    """Paid and got, by day, on a common zero line."""
    days: dict[str, int] = {}
    for flow in own:
        day = write.date(flow.time)
        days[day] = days.get(day, 0) + int(flow.amount)
    if not days:
        return None
    marks = [Mark(day, units / SCALE, write.exact(units)) for day, units in days.items()]
    sentence = translate("You paid %(paid)s and got %(got)s so far.") % {
        "paid": write.exact(-sum(units for units in days.values() if units < 0)),
        "got": write.exact(sum(units for units in days.values() if units > 0)),
    }
    rungs = [(mark, (mark.name, mark.text)) for mark in marks]
    return ladder(sentence, (translate("Date"), translate("Amount")), rungs)
