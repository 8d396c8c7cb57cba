"""Other times: the way to a ledger of the past, and what is different between two."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter
from litestar.response import Redirect

from api.access import VISITED
from api.errors import Problem, invalid_field
from api.ledgers.comparisons import Comparisons
from api.ledgers.schemas import KnownLedger
from api.reads import read
from api.web.pages.reference import invoice_named, local
from api.web.rendering import AS_OF
from api.web.sheet import Row, Sheet
from api.web.site import Site
from projections import ledgers
from projections.analytics.dashboards import Answer

_LARGEST = 2**31 - 1
_LEDGER = re.compile(r"[0-9]{1,10}|[0-9]{1,3}([.,][0-9]{3})+")
_PLATFORM = ("M23.platform", "M10.platform", "M11.platform", "M13.platform", "M14.platform")


class Change(msgspec.Struct, frozen=True):
    """A figure at both ledgers; None where its row was not there yet."""

    before: Answer | None
    after: Answer


@get("/as-of", opt=VISITED, include_in_schema=False)
async def choose_time(
    site: NamedDependency[Site],
    number: Annotated[str, QueryParameter(name="ledger")] = "",
    time: FromQuery[str] = "",
    to: FromQuery[str] = "/",
) -> Redirect:
    """To a page as of a ledger, or of the newest that had closed by a time (UTC)."""
    if number.strip():
        chosen = _number(number)
    elif time.strip():
        chosen = await _closed_by(site, _seconds(time))
    else:
        raise invalid_field("?ledger", "Write a ledger's number, or choose a time.")
    parts = urlsplit(local(to))
    wishes = [(name, value) for name, value in parse_qsl(parts.query) if name != AS_OF]
    query = urlencode([*wishes, (AS_OF, chosen)])
    return Redirect(f"{parts.path}?{query}", status_code=303, headers={"Cache-Control": "no-store"})


@get("/compare", opt=VISITED, include_in_schema=False)
async def compare(
    request: Request[Any, Any, Any],
    site: NamedDependency[Site],
    comparisons: NamedDependency[Comparisons],
    first: Annotated[str, QueryParameter(name="from")] = "",
    last: Annotated[str, QueryParameter(name="to")] = "",
    invoice: FromQuery[str] = "",
) -> Response[str]:
    """Figures before and after, what happened in between, which rows changed."""
    newest = await site.standing()
    begin = _number(first) if first.strip() else max(1, newest.ledger - 1)
    end = _number(last) if last.strip() else newest.ledger
    which = invoice_named(invoice.strip()) if invoice.strip() else None
    begin, end = sorted((begin, end))
    found = await comparisons.between(begin, end, which)
    if found is None:
        raise Problem("not-found", f"There is no invoice of that id as of ledger {end}.")
    about = None if which is None else which.hex()
    before, after = [await _sheet(site, about, ledger) for ledger in (begin, end)]
    return site.pages.page(
        request,
        "past/compare.html",
        standing=newest,
        found=found,
        invoice=about,
        figures=_changes(before, after),
        symbols=await site.assets.symbols(set(after.assets())),
    )


async def _sheet(site: Site, about: str | None, at: int) -> Sheet:
    if about is None:
        return Sheet(await site.figures.tables(*_PLATFORM, at=at))
    return Sheet(await site.figures.dashboard("invoice", about, at))


def _changes(before: Sheet, after: Sheet) -> dict[str, list[Change]]:
    """By asset, each figure with what it was; those that never were anything are left out."""
    found: dict[str, list[Change]] = {}
    for table in after.tables():
        for key, row in after.rows(table):
            was: Row = before.row(table, **key) or {}
            pairs = [Change(was.get(name), answer) for name, answer in row.items()]
            shown = [pair for pair in pairs if pair.after.value is not None or _had(pair.before)]
            found.setdefault(key["asset"], []).extend(shown)
    return found


def _had(answer: Answer | None) -> bool:
    return answer is not None and answer.value is not None


async def _closed_by(site: Site, seconds: int) -> int:
    async with site.database.public() as connection:
        found = await read(connection, ledgers.at(seconds))
    if found.body is None:
        raise Problem("ledger-too-early", "No ledger that was read here had closed by then.")
    return msgspec.json.decode(found.body, type=KnownLedger).ledger


def _number(typed: str) -> int:
    number = 0
    if _LEDGER.fullmatch(typed.strip()):
        number = int(typed.strip().replace(",", "").replace(".", ""))
    if not 0 < number <= _LARGEST:
        raise invalid_field("?ledger", "Write a ledger's number such as 61204417.")
    return number


def _seconds(typed: str) -> int:
    """A time as browsers write it: 2027-01-10T14:03, or a day, which is meant to its end."""
    try:
        moment = dt.datetime.fromisoformat(typed.strip())
        if "T" not in typed:
            moment = moment.replace(hour=23, minute=59, second=59)
        return max(0, int(moment.replace(tzinfo=dt.UTC).timestamp()))
    except (ValueError, OverflowError) as error:
        raise invalid_field("?time", "Write a time such as 2027-01-10T14:03 (UTC).") from error
