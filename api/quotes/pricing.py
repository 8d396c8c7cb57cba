"""What an offer costs its seller: integers as the contracts count them, rates rounded once."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from api.quotes.schemas import Quote, QuoteRequest
from projections.analytics.exact import six
from projections.analytics.returns import YEAR
from projections.lifecycle import BASIS, DAY


def quote(terms: QuoteRequest, raised: int) -> Quote:
    """The quote where `raised` base units come together, above zero and at most the target."""
    fee = terms.face * terms.fee_bps // BASIS
    investors = terms.par * raised // terms.target
    residual = terms.face - fee - investors
    cost = terms.face - raised - residual
    days = (terms.due_at - terms.deadline - terms.release_delay) // DAY
    return Quote(
        raised=str(raised),
        cash=str(raised),
        fee=str(fee),
        investors=str(investors),
        residual=str(residual),
        cost=str(cost),
        days=max(0, days),
        cost_rate=_rate(cost, raised, days),
        investor_yield=_rate(investors - raised, raised, days),
    )


def _rate(gain: int, of: int, days: int) -> str | None:
    """A simple rate a year."""
    if days <= 0:
        return None
    found: Decimal | None = six(Fraction(gain * YEAR, of * days))
    return None if found is None else f"{found:f}"
