"""Is it sound? The platform's figures, by the registry's definitions, for everybody."""

from __future__ import annotations

import datetime as dt
from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency

from api.access import VISITED
from api.reads import read
from api.web.charts import Chart, Mark, Series, bars, heat, lines
from api.web.charts.drawing import Writes
from api.web.names import Translate
from api.web.numbers import Writer
from api.web.sheet import Row, Sheet
from api.web.site import Site
from projections.platform import overview

SCALE = 10**7
"""Base units of one whole unit."""
_WEEKS = 26


@get("/stats", opt=VISITED, include_in_schema=False)
async def get_statistics(
    request: Request[Any, Any, Any],
    site: NamedDependency[Site],
    at: NamedDependency[int | None],
) -> Response[str]:
    """Volume, defaults, losses, receipts and cohorts, for each asset apart."""
    async with site.database.public() as connection:
        found = await read(connection, overview(), at)
    sheet = Sheet(await site.figures.dashboard("platform", None, at))
    write, translate = site.pages.writer(request), site.pages.translate(request)
    return site.pages.page(
        request,
        "statistics/statistics.html",
        standing=site.pages.standing(found),
        sheet=sheet,
        proof="/prove/platform",
        symbols=await site.assets.symbols(set(sheet.assets())),
        charts={
            f"{name}-{asset}": draw(sheet, asset, write, translate)
            for asset in sheet.assets()
            for name, draw in _CHARTS.items()
        },
    )


def volume(sheet: Sheet, asset: str, write: Writer, translate: Translate) -> Chart | None:
    """Investment by week; the week that is not over yet is hatched."""
    weeks = by_week(sheet, asset, "invested")
    if not weeks:
        return None
    shown = list(weeks.items())[-_WEEKS:]
    running = _week(dt.datetime.fromtimestamp(sheet.time or 0, dt.UTC).date().isoformat())
    marks = tuple(
        Mark(week, amount / SCALE, write.amount(amount), "open" if week == running else "")
        for week, amount in shown
    )
    total = write.amount(sum(amount for _, amount in shown))
    sentence = translate("Investors put in %(total)s in the weeks shown.") % {"total": total}
    series = Series(translate("Invested"), marks)
    return bars(sentence, translate("Week of"), series, axis(write))


def by_week(sheet: Sheet, asset: str, figure: str) -> dict[str, int]:
    """An amount of M23.day by the Monday of its week, in order, weeks without any included."""
    weeks: dict[str, int] = {}
    for key, row in sheet.rows("M23.day", asset=asset):
        week = _week(key["day"])
        weeks[week] = weeks.get(week, 0) + int(row[figure].value or 0)
    if not weeks:
        return {}
    first, last = (dt.date.fromisoformat(each) for each in (min(weeks), max(weeks)))
    mondays = [first + dt.timedelta(weeks=at) for at in range((last - first).days // 7 + 1)]
    return {each.isoformat(): weeks.get(each.isoformat(), 0) for each in mondays}


def receipts(sheet: Sheet, asset: str, write: Writer, translate: Translate) -> Chart | None:
    """What was promised and what came, week by week."""
    rows = sheet.rows("M09.week", asset=asset)[-_WEEKS:]
    if len(rows) < 2:
        return None
    names = [_day(key["week"]) for key, _ in rows]
    series = [
        Series(title, tuple(_money(name, row, figure, write) for name, (_, row) in
                            zip(names, rows, strict=True)))
        for figure, title in (
            ("expected", translate("Expected")), ("received", translate("Received"))
        )
    ]  # fmt: skip
    sentence = translate("Receipts by week, as promised at funding and as they came.")
    return lines(sentence, translate("Week of"), names, series, axis(write))


def cohorts(sheet: Sheet, asset: str, write: Writer, translate: Translate) -> Chart | None:
    """Defaults of each month's fundings by age."""
    found: dict[str, dict[int, Mark]] = {}
    most, last = 0.0, 0
    for key, row in sheet.rows("M17.cohort", asset=asset):
        value, week = row["defaulted"].value, int(key["week"])
        if value is None:
            continue
        mark = Mark(f"{week}", float(value), write.percent(str(value)))
        found.setdefault(key["month"], {})[week] = mark
        most, last = max(most, mark.value), max(last, week)
    if not found:
        return None
    step = max(1, -(-(last + 1) // 12))
    ages = list(range(0, last + 1, step))
    rows = [
        Series(month[:7], tuple(marks.get(age) for age in ages))
        for month, marks in sorted(found.items())[-12:]
    ]
    sentence = translate("Share of each month's funding that defaulted, by age in weeks.")
    names = [str(age) for age in ages]
    return heat(sentence, translate("Funded in"), names, rows, most=most or 1.0)


def _money(name: str, row: Row, figure: str, write: Writer) -> Mark | None:
    value = row[figure].value
    if value is None:
        return None
    return Mark(name, int(value) / SCALE, write.amount(str(value)))


def axis(write: Writer) -> Writes:
    """How an axis of money is written."""
    return lambda value: write.decimal(f"{value:.2f}")


def _week(day: str) -> str:
    """The Monday of the week in which a day lies."""
    date = dt.date.fromisoformat(_day(day))
    return (date - dt.timedelta(days=date.weekday())).isoformat()


def _day(text: str) -> str:
    return text[:10]


_CHARTS = {"volume": volume, "receipts": receipts, "cohorts": cohorts}
