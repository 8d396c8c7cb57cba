"""The joint answer: which amounts, dates and number together make an invoice.

Labels propose (`candidates`), arithmetic disposes: net + tax = total, rate * base = tax,
due = issue + terms. Arithmetic alone is never enough, since a table of lines holds many sums that
happen to fit.
"""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

import msgspec

from api.documents.reading import values
from api.documents.reading.candidates import Candidate, ValueT, near
from api.documents.reading.page import Page
from api.documents.reading.spans import Found, Span
from api.documents.reading.values import Amount, Date, plain
from api.documents.reading.vocabulary import Label, Strength, extra
from api.documents.reading.words import table, words

_PER_FIELD: Final = 8
"""Candidates of each amount that are tried in every combination."""

_ALIGNED: Final = 3.0
"""Points by which right edges of a column may differ."""

_TRIPLE: Final = 0.95
_FITTED: Final = 0.75
"""An amount that the arithmetic confirms is at least this sure, the rest is the label's."""

_UNFITTED: Final = 0.85
_SUREST: Final = 0.99
_SIGN: Final = 0.6
_CENT: Final = Decimal("0.01")
_ROUNDING: Final = Decimal("0.02")
_HIGHEST_RATE: Final = Decimal("0.35")
_MOST_PARTS: Final = 30


class Answer(msgspec.Struct, frozen=True):
    """A field's value as text in its normal form, its place, its score, and why, or why not."""

    value: str
    span: Span | None
    score: float
    evidence: tuple[str, ...]
    against: tuple[str, ...] = ()


def _of(labels: Iterable[Label], field: str) -> list[Label]:
    return [label for label in labels if label.field == field]


def number(pages: Sequence[Page], labels: Sequence[Label], found: Found) -> Answer | None:
    """The invoice's number: the id nearest to what names it, early, and repeated on the pages."""
    repeated = Counter(text for _, text in found.ids)
    ranked: list[tuple[float, Candidate[str]]] = []
    for each in near(pages, _of(labels, "number"), found.ids):
        score = each.score + _likeness(each.value) + 0.04 * min(repeated[each.value] - 1, 3)
        score -= 0.12 * each.span.page
        score -= 0.15 * min(1.0, each.span.box.y0 / pages[each.span.page].height)
        if each.label and each.label.strength is Strength.WEAK and each.span.row != each.label.row:
            score -= 0.1
        ranked.append((score, each))
    if not ranked:
        return None
    score, best = max(ranked, key=lambda each: each[0])
    if score < 0.35:
        return None
    return Answer(best.value, best.span, _bounded(score), _because(best))


def _likeness(text: str) -> float:
    """How much a text looks like an invoice's number rather than a quantity, a year, a phone."""
    digits = sum(map(str.isdigit, text))
    score = 0.0
    if len(text) < 3:
        score -= 0.3
    if digits >= 4:
        score += 0.08
    if re.fullmatch(r"(19|20)\d\d", text):
        score -= 0.3
    if re.fullmatch(r"\d{1,3}([.,]\d{3})*[.,]\d{2}", text):
        score -= 0.5
    if re.fullmatch(r"[A-Z]{2}\d{2}", text) or values.vat_ids(text) or values.is_gs1(text):
        score -= 0.4
    return score


class Days(msgspec.Struct, frozen=True):
    """The two dates of an invoice."""

    date: Answer | None
    due: Answer | None


def days(pages: Sequence[Page], labels: Sequence[Label], found: Found, *, american: bool) -> Days:
    """Issue date and due date together: a due date is not before the issue."""
    chosen = _readings(found.dates, american=american)
    dated = [(span, chosen[span]) for span, _ in found.dates]
    issue = _issue(pages, labels, dated)
    due = _due(pages, labels, dated, issue)
    return Days(issue, due)


def _readings(dates: list[tuple[Span, Date]], *, american: bool) -> dict[Span, dt.date]:
    """Each date as day first or month first, as the whole document must mean it."""
    only_month_first = any(
        re.match(r"\d{1,2}[/-]", span.text)
        and date.day_first == date.month_first
        and re.split(r"[/-]", span.text)[1].isdigit()
        and int(re.split(r"[/-]", span.text)[1]) > 12
        for span, date in dates
    )
    only_day_first = any(
        re.match(r"\d{1,2}[/-]\d{1,2}[/-]", span.text) and int(re.split(r"[/-]", span.text)[0]) > 12
        for span, _ in dates
    )
    month_first = only_month_first or (american and not only_day_first)
    return {span: date.month_first if month_first else date.day_first for span, date in dates}


def _issue(
    pages: Sequence[Page], labels: Sequence[Label], dated: list[tuple[Span, dt.date]]
) -> Answer | None:
    ranked: list[tuple[float, Candidate[dt.date]]] = []
    for each in near(pages, _of(labels, "date"), dated):
        score = each.score - 0.12 * each.span.page
        score -= 0.12 * min(1.0, each.span.box.y0 / pages[each.span.page].height)
        if each.label and each.label.strength is Strength.WEAK:
            if _row_names(labels, each.label.page, each.label.row, each.span, "number"):
                score += 0.35
            if each.label.row != each.span.row:
                score -= 0.1
            if _row_names(labels, each.span.page, each.span.row, each.span, "due_date"):
                score -= 0.25
        ranked.append((score, each))
    if ranked:
        score, best = max(ranked, key=lambda each: each[0])
        if score >= 0.3:
            return Answer(best.value.isoformat(), best.span, _bounded(score), _because(best))
    alone = [
        (span, date)
        for span, date in dated
        if span.page == 0 and not _row_names(labels, span.page, span.row, span, "due_date")
    ]
    if alone:
        span, date = min(alone, key=lambda each: each[0].box.y0)
        return Answer(date.isoformat(), span, 0.3, ("the first date on the page",))
    return None


def _row_names(labels: Sequence[Label], page: int, row: int, span: Span, field: str) -> bool:
    """Whether a row names a field left of a value, or in the row before a value that wraps."""
    return any(
        label.field == field
        and label.strength is not Strength.NOT
        and (label.page, label.row) == (page, row)
        and (label.box.x0 <= span.box.x0 or row != span.row)
        for label in labels
    )


def _due(
    pages: Sequence[Page],
    labels: Sequence[Label],
    dated: list[tuple[Span, dt.date]],
    issue: Answer | None,
) -> Answer | None:
    issued = dt.date.fromisoformat(issue.value) if issue else None
    terms = _terms(pages, labels)
    expected = {issued + dt.timedelta(days=each) for each in terms} if issued else set()
    ranked: list[tuple[float, Candidate[dt.date]]] = []
    for each in near(pages, _of(labels, "due_date"), dated):
        if issued and each.value < issued:
            continue
        score = each.score + (0.2 if each.value in expected else 0.0)
        if issue and each.span == issue.span:
            score -= 0.5
        ranked.append((score, each))
    if ranked:
        score, best = max(ranked, key=lambda each: each[0])
        if score >= 0.45:
            agrees = ("issue date and terms give the same",) if best.value in expected else ()
            return Answer(
                best.value.isoformat(), best.span, _bounded(score), (*_because(best), *agrees)
            )
    return None


def _terms(pages: Sequence[Page], labels: Sequence[Label]) -> set[int]:
    """Days to pay that the text speaks of: `14 Tage netto`, `net 30 days`."""
    near_words = extra("terms", "context")
    found = set()
    for label in _of(labels, "terms"):
        words = pages[label.page].rows[label.row].words
        text = [plain(word.text) for word in words]
        segment = pages[label.page].rows[label.row].segments[label.segment]
        before = segment.words[label.first - 1].text if label.first else ""
        if before.isdigit() and int(before) <= 180 and near_words & set(text):
            found.add(int(before))
    return found


class Money(msgspec.Struct, frozen=True):
    """The amounts of an invoice that fit together best."""

    total: Answer | None
    net: Answer | None
    tax: Answer | None


_Amounts = list[Candidate[Amount]]


def money(pages: Sequence[Page], labels: Sequence[Label], found: Found) -> Money:
    """Total, net and tax together: the combination that labels and arithmetic like best."""
    amounts = [each for each in found.amounts if _is_money(each[1])]
    written = Counter(abs(amount.value) for _, amount in amounts)
    largest = max(written, default=Decimal(0))
    weighed = {
        field: _weighed(pages, labels, amounts, field, largest) for field in ("total", "net", "tax")
    }
    _read_triples(amounts, weighed)
    totals, nets, taxes = (_best(weighed[field]) for field in ("total", "net", "tax"))
    choices = itertools.product([*totals, None], [*nets, None], [*taxes, None])
    best = max(choices, key=lambda choice: _fit(*choice))
    fit = _fits(*best)
    total, net, tax = best
    found_money = Money(_answer(total, fits=fit), _answer(net, fits=fit), _answer(tax, fits=fit))
    return found_money if fit else _doubted(_completed(found_money, amounts))


def _completed(money: Money, amounts: list[tuple[Span, Amount]]) -> Money:
    """Where two of the three are known, the third is what is missing, if the pages bear it out.

    They do if it stands there as an amount, or if two amounts or three make it: taxes at several
    rates have no line of their own.
    """
    total, net, tax = (
        Decimal(each.value) if each else None for each in (money.total, money.net, money.tax)
    )
    written = {abs(amount.value): span for span, amount in amounts}
    if total is not None and net is not None and tax is None and total != net:
        missing = total - net
        if abs(missing) < abs(net) * _HIGHEST_RATE and missing * net > 0:
            return msgspec.structs.replace(money, tax=_missing(missing, written, money))
    if total is not None and tax is not None and net is None and abs(tax) < abs(total):
        missing = total - tax
        if abs(missing) in written:
            return msgspec.structs.replace(money, net=_missing(missing, written, money))
    return money


def _doubted(money: Money) -> Money:
    """A label alone makes no total: what is left to pay, or was paid before, is called so too."""
    if money.total is None or (money.net is not None and money.tax is not None):
        return money
    total = msgspec.structs.replace(money.total, against=("no net and tax make this total",))
    return msgspec.structs.replace(money, total=total)


def _missing(amount: Decimal, written: dict[Decimal, Span], money: Money) -> Answer | None:
    parts = sorted(each for each in written if 0 < each < abs(amount))
    made = any(
        sum(some) == abs(amount)
        for count in (2, 3)
        for some in itertools.combinations(parts[:_MOST_PARTS], count)
    )
    if abs(amount) not in written and not made:
        return None
    score = min(each.score for each in (money.total, money.net, money.tax) if each)
    why = "what the total has beyond the net" if money.tax is None else "the total without tax"
    return Answer(str(amount.quantize(_CENT)), written.get(abs(amount)), score, (why,))


def _is_money(amount: Amount) -> bool:
    return amount.decimals == 2 or amount.mark is not None


def _weighed(
    pages: Sequence[Page],
    labels: Sequence[Label],
    amounts: list[tuple[Span, Amount]],
    field: str,
    largest: Decimal,
) -> _Amounts:
    weighed = []
    last_page = max((span.page for span, _ in amounts), default=0)
    for each in near(pages, _of(labels, field), amounts, below=True):
        height = pages[each.span.page].height
        score = each.score
        if each.label and each.label.row != each.span.row:
            score -= 0.18
        if _sums_its_column(each.span, each.value, amounts):
            score += 0.35
        score += 0.05 * min(1.0, each.span.box.y0 / height)
        score += 0.03 * (each.span.page == last_page)
        if each.value.mark:
            score += 0.03
        if field == "total" and abs(each.value.value) == largest:
            score += 0.15
        if field == "tax" and abs(each.value.value) == largest:
            score -= 0.3
        weighed.append(Candidate(each.value, each.span, score, each.label))
    return weighed


def _sums_its_column(span: Span, amount: Amount, amounts: list[tuple[Span, Amount]]) -> bool:
    """Whether the two amounts or more right above, in one column, add up to this one."""
    total = Decimal(0)
    above = [
        (other, value)
        for other, value in amounts
        if other.page == span.page
        and other.row < span.row
        and abs(other.box.x1 - span.box.x1) < _ALIGNED
    ]
    for count, (_, value) in enumerate(reversed(above), start=1):
        total += value.value
        if count > 1 and total == amount.value != 0:
            return True
    return False


def _read_triples(
    amounts: list[tuple[Span, Amount]], weighed: dict[str, list[Candidate[Amount]]]
) -> None:
    """A row `Total 24.99 5.00 29.99` names one amount and shows all three."""
    rows: dict[tuple[int, int], list[tuple[Span, Amount]]] = {}
    for span, amount in amounts:
        rows.setdefault((span.page, span.row), []).append((span, amount))
    for named in [each for each in weighed["total"] if each.label]:
        label, row = named.label, rows[named.span.page, named.span.row]
        if label is None or label.row != named.span.row or label.strength is not Strength.STRONG:
            continue
        for net, tax, total in itertools.combinations(row, 3):
            if net[1].value + tax[1].value == total[1].value and tax[1].value:
                for field, (span, amount) in zip(
                    ("net", "tax", "total"), (net, tax, total), strict=True
                ):
                    weighed[field].append(Candidate(amount, span, _TRIPLE, label))


def _best(candidates: _Amounts) -> _Amounts:
    """The best candidates, each value once."""
    ranked: dict[Decimal, Candidate[Amount]] = {}
    for each in sorted(candidates, key=lambda each: -each.score):
        ranked.setdefault(each.value.value, each)
    return list(ranked.values())[:_PER_FIELD]


def _fits(
    total: Candidate[Amount] | None, net: Candidate[Amount] | None, tax: Candidate[Amount] | None
) -> bool:
    """Whether the arithmetic of all three holds."""
    if total is None or net is None or tax is None:
        return False
    return abs(net.value.value + tax.value.value - total.value.value) <= _ROUNDING


def _fit(
    total: Candidate[Amount] | None, net: Candidate[Amount] | None, tax: Candidate[Amount] | None
) -> float:
    """How well three amounts together make an invoice; missing ones cost a little."""
    score = 2.0 * total.score if total else 0.0
    score += 0.8 * net.score if net else 0.25
    score += 0.8 * tax.score if tax else 0.25
    if _fits(total, net, tax):
        # Nothing plus a number is that number: it says little.
        score += 0.9 if tax and tax.value.value else 0.2
    elif total and net and tax:
        score -= 0.9
    if total and net and abs(net.value.value) > abs(total.value.value):
        score -= 0.8
    if total and tax and abs(tax.value.value) * 2 >= abs(total.value.value) > 0:
        score -= 0.8
    return score


def _answer(candidate: Candidate[Amount] | None, *, fits: bool) -> Answer | None:
    if candidate is None:
        return None
    evidence = _because(candidate)
    if fits:
        evidence = (*evidence, "net and tax make the total")
    value = (
        candidate.value.value.quantize(_CENT)
        if candidate.value.decimals < 2
        else candidate.value.value
    )
    score = _bounded(candidate.score)
    sure = _FITTED + (_SUREST - _FITTED) * score if fits else _UNFITTED * score
    if value < 0:
        # A credit note: its sign on the page is a matter of taste.
        sure = min(sure, _SIGN)
    return Answer(str(value), candidate.span, sure, evidence)


def currency(pages: Sequence[Page], found: Found) -> Answer | None:
    """The currency that most amounts carry, or that is named alone."""
    votes: Counter[str] = Counter()
    for _, amount in found.amounts:
        if amount.mark:
            votes[amount.mark] += 2
    for page in pages:
        for row in page.rows:
            for word in row.words:
                if code := values.currency(word.text):
                    votes[code] += 1
    if not votes:
        return _country_currency(pages)
    (code, count), *others = votes.most_common(2)
    share = count / (count + sum(each for _, each in others))
    return Answer(code, None, _bounded(share), (f"{count} of the amounts' votes",))


def _country_currency(pages: Sequence[Page]) -> Answer | None:
    """Where no currency is written: the one of the country of IBAN or VAT id, a guess."""
    text = " ".join(segment.text for page in pages for row in page.rows for segment in row.segments)
    for found in (*values.ibans(text), *values.vat_ids(text)):
        code = "EUR" if found[:2] in _EURO_COUNTRIES else _OWN_CURRENCY.get(found[:2])
        if code:
            return Answer(code, None, 0.5, (f"no currency is written; {found[:2]} has this one",))
    return None


_EURO_COUNTRIES: Final = frozenset(words("euro_countries"))
_OWN_CURRENCY: Final = table("own_currency")


def _because(candidate: Candidate[ValueT]) -> tuple[str, ...]:
    return (f"labelled {candidate.label.phrase!r}",) if candidate.label else ()


def _bounded(score: float) -> float:
    return max(0.0, min(1.0, score))
