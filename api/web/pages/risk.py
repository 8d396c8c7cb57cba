"""Figures of the registry's risk metrics: one function for each, None where nothing is known."""

from __future__ import annotations

from api.web.charts import (
    Chart,
    Mark,
    Series,
    area,
    bars,
    classes_of,
    heat,
    histogram,
    ladder,
    lines,
    lorenz,
)
from api.web.names import Translate
from api.web.numbers import NONE, Writer
from api.web.pages.statistics import SCALE, axis, by_week
from api.web.sheet import Row, Sheet
from projections.analytics.workings import BUCKETS, STATES

_MONTHS = 24
_WEEKS = 52
_FEW = 2
"""Values below which a distribution or a curve tells nothing."""


def yields(sheet: Sheet, asset: str, write: Writer, translate: Translate) -> Chart | None:
    """How many invoices promise how much a year (M02)."""
    promised = [_ratio(row, "promised") for _, row in sheet.rows("M02.invoice", asset=asset)]
    values = [value for value in promised if value is not None]
    if len(values) < _FEW:
        return None
    sentence = translate("Promised yields a year of %(number)s invoices: from %(low)s to %(high)s.")
    said = sentence % {
        "number": write.count(len(values)),
        "low": write.percent(f"{min(values):.6f}"),
        "high": write.percent(f"{max(values):.6f}"),
    }
    classes = classes_of(values, _percent)
    return histogram(said, (translate("Yield a year"), translate("Invoices")), classes, _percent)


def released(sheet: Sheet, asset: str, write: Writer, translate: Translate) -> Chart | None:
    """All money that sellers were paid until each week, since the first (M23)."""
    weeks = by_week(sheet, asset, "released")
    if len(weeks) < _FEW:
        return None
    total, marks = 0, []
    for week, amount in weeks.items():
        total += amount
        marks.append(Mark(week, total / SCALE, write.amount(total)))
    sentence = translate("Sellers were paid %(total)s until now.") % {"total": write.amount(total)}
    series = Series(translate("Paid to sellers"), tuple(marks))
    return area(sentence, translate("Week of"), (series,), axis(write))


def maturity(sheet: Sheet, asset: str, write: Writer, translate: Translate) -> Chart | None:
    """Principal that is out, by the month in which it is due (M10)."""
    rows = sheet.rows("M10.month", asset=asset)
    if not rows:
        return None
    amounts = [(key["month"][:7], int(str(row["principal"].value))) for key, row in rows]
    rungs = []
    for month, units in amounts[:_MONTHS]:
        mark = Mark(month, units / SCALE, write.amount(units), "s1")
        rungs.append((mark, (month, mark.text)))
    sentence = translate("%(total)s of principal is out, by the month it is due.") % {
        "total": write.amount(sum(units for _, units in amounts))
    }
    return ladder(sentence, (translate("Due in"), translate("Principal")), rungs)


def lateness(sheet: Sheet, asset: str, write: Writer, translate: Translate) -> Chart | None:
    """What investors are owed, by days past due (M11)."""
    rows = {key["bucket"]: row for key, row in sheet.rows("M11.bucket", asset=asset)}
    if not rows:
        return None
    names = _bucket_names(translate)
    amounts = {name: int(str(rows[name]["owed"].value)) for name in BUCKETS if name in rows}
    marks = tuple(
        Mark(names.get(name, name), units / SCALE, write.amount(units))
        for name, units in amounts.items()
    )
    sentence = translate("Investors are owed %(total)s; %(late)s of it is late.") % {
        "total": write.amount(sum(amounts.values())),
        "late": write.amount(sum(amounts.values()) - amounts.get(BUCKETS[0], 0)),
    }
    series = Series(translate("Owed to investors"), marks)
    return bars(sentence, translate("Days past due"), series, axis(write))


def losses(sheet: Sheet, asset: str, write: Writer, translate: Translate) -> Chart | None:
    """Net loss of each month's fundings, as a share of what matured of them (M14)."""
    marks = []
    for key, row in sheet.rows("M14.month", asset=asset)[-_MONTHS:]:
        rate = _ratio(row, "net_loss_rate")
        if rate is not None:
            marks.append(Mark(key["month"][:7], rate, write.percent(f"{rate:.6f}")))
    if not marks:
        return None
    sentence = translate("Net loss of each month's fundings, of what has matured of them.")
    series = Series(translate("Net loss rate"), tuple(marks))
    return bars(sentence, translate("Funded in"), series, _percent)


def recovery(sheet: Sheet, asset: str, write: Writer, translate: Translate) -> Chart | None:
    """How much of defaulted exposure came back within how many weeks (M16)."""
    rows = sheet.rows("M16.week", asset=asset)
    known = sorted((int(key["week"]), _ratio(row, "recovered")) for key, row in rows)[:_WEEKS]
    marks = [
        None if value is None else Mark(str(week), value, write.percent(f"{value:.6f}"))
        for week, value in known
    ]
    seen = [mark for mark in marks if mark is not None]
    if len(seen) < _FEW:
        return None
    sentence = translate("Of what defaulted, %(share)s came back within %(weeks)s weeks.") % {
        "share": seen[-1].text,
        "weeks": seen[-1].name,
    }
    names = [str(week) for week, _ in known]
    series = Series(translate("Recovered"), tuple(marks))
    return lines(sentence, translate("Weeks since default"), names, (series,), _percent)


def rolls(sheet: Sheet, asset: str, write: Writer, translate: Translate) -> Chart | None:
    """Where exposure of each state is 30 days later (M18)."""
    names = _bucket_names(translate)
    cells: dict[str, dict[str, Mark]] = {}
    for key, row in sheet.rows("M18.platform", asset=asset, scope="all"):
        share = _ratio(row, "share")
        if share is not None:
            after = names.get(key["after"], key["after"])
            mark = Mark(after, share, write.percent(f"{share:.6f}"))
            cells.setdefault(key["before"], {})[key["after"]] = mark
    if not cells:
        return None
    rows = [
        Series(names.get(before, before), tuple(cells[before].get(after) for after in STATES))
        for before in BUCKETS
        if before in cells
    ]
    sentence = translate("Where exposure of each lateness (rows) is 30 days later (columns).")
    columns = [names.get(state, state) for state in STATES]
    return heat(sentence, translate("Days past due"), columns, rows, most=1.0)


def spread(sheet: Sheet, asset: str, write: Writer, translate: Translate) -> Chart | None:
    """How unequally exposure lies on names (M20)."""
    titles, curves, said = spreads(translate), [], []
    for dimension, title in titles.items():
        rows = sheet.rows("M20.lorenz", asset=asset, dimension=dimension)
        points = {int(key["tenths"]): _ratio(row, "share") for key, row in rows}
        known = [points.get(ten) for ten in range(1, 10)]
        if not points or None in known:
            continue
        marks = tuple(
            Mark(f"{ten * 10}\N{NO-BREAK SPACE}%", share or 0.0, write.percent(f"{share or 0:.6f}"))
            for ten, share in enumerate((0.0, *known, 1.0))
        )
        curves.append(Series(title, marks))
        gini = sheet.row("M20.platform", asset=asset, dimension=dimension)
        if gini is not None and gini["gini"].value is not None:
            said.append(f"{title} {write.decimal(str(gini['gini'].value))}")
    if not curves:
        return None
    sentence = translate(
        "How unequally exposure lies on names: the dotted line is equal shares. Gini: %(values)s."
    ) % {"values": ", ".join(said) or NONE}
    return lorenz(sentence, translate("Smallest names"), curves, _percent)


def spreads(translate: Translate) -> dict[str, str]:
    """By whom exposure is counted, in words."""
    return {
        "debtor": translate("by debtor"),
        "seller": translate("by seller"),
        "investor": translate("by investor"),
    }


def _bucket_names(translate: Translate) -> dict[str, str]:
    return {
        "current": translate("not due"),
        "over 90": translate("over 90"),
        "paid": translate("paid"),
        "written off": translate("lost"),
    }


def _ratio(row: Row, figure: str) -> float | None:
    value = row[figure].value
    return None if value is None else float(value)


def _percent(value: float) -> str:
    return f"{100 * value:g}\N{NO-BREAK SPACE}%"
