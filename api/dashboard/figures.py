"""The figures behind dashboards, and the registry that defines them."""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from api.access import ADMIN, PRIVATE, PUBLIC, STAFF, only
from api.dashboard.schemas import (
    Figure,
    FigureDefinition,
    Figures,
    FiguresAnswer,
    MetricDefinition,
    RegistryAnswer,
    TableDefinition,
)
from api.errors import Problem, documented, invalid_field
from api.figures import Figures as Worked
from api.reads import Meta, cache_control
from api.security import SIGNED_IN, Subject
from api.values import Hash32
from projections.analytics import dashboards
from projections.analytics.dashboards import Answer
from projections.analytics.metric import Metric
from projections.analytics.registry import METRICS

_OWN = {"investor", "seller", "debtor"}
_CACHED = {"Cache-Control": "public, max-age=300"}


async def _told(
    worked: Worked,
    name: str,
    at: int | None,
    about: str | None = None,
    *,
    private: bool = False,
) -> Response[FiguresAnswer]:
    workings = await worked.workings(at)
    mark = workings.facts.mark
    if not mark.ledger:
        raise Problem("not-read-yet")
    answers = await asyncio.to_thread(dashboards.answers, name, workings, about)
    public = cache_control(past=at is not None, private=False)
    headers = {"Cache-Control": "private, no-store" if private else public}
    body = Figures(name, about, tuple(_figure(answer) for answer in answers))
    return Response(FiguresAnswer(body, _meta(mark)), headers=headers)


def _meta(mark: Any) -> Meta:
    return Meta(mark.ledger, mark.closed_at)


def _figure(answer: Answer) -> Figure:
    reason = answer.null_reason
    return Figure(
        metric=answer.metric,
        version=answer.version,
        table=answer.table,
        key=answer.key,
        figure=answer.figure,
        title=answer.title,
        unit=answer.unit.value,
        value=answer.value,
        null_reason=None if reason is None else reason.value,
        null_sentence=None if reason is None else reason.sentence,
    )


@get("/platform", opt=PUBLIC, summary="Figures of the platform",
     responses=documented(404, 422))  # fmt: skip
async def get_platform_figures(
    figures: NamedDependency[Worked], at: NamedDependency[int | None]
) -> Response[FiguresAnswer]:
    """Volume, defaults, losses, receipts, cohorts: each with unit and definition, or its reason."""
    return await _told(figures, "platform", at)


@get("/invoices/{invoice_id:str}", opt=PUBLIC, summary="Figures of an invoice",
     responses=documented(404, 422))  # fmt: skip
async def get_invoice_figures(
    invoice_id: FromPath[str], figures: NamedDependency[Worked], at: NamedDependency[int | None]
) -> Response[FiguresAnswer]:
    """Discount, yields, book value, days past due, cost; empty for an id nobody knows."""
    try:
        which = Hash32.parse(invoice_id)
    except ValueError as error:
        raise invalid_field("invoice_id", f"An invoice's id: {error}.") from error
    return await _told(figures, "invoice", at, which.hex())


@get("/mine/{role:str}", opt=PRIVATE, security=SIGNED_IN,
     summary="Your figures, as investor, seller or debtor",
     responses=documented(401, 404, 422))  # fmt: skip
async def get_own_figures(
    role: FromPath[str],
    figures: NamedDependency[Worked],
    subject: NamedDependency[Subject],
    at: NamedDependency[int | None],
) -> Response[FiguresAnswer]:
    """What you hold, sold or owe, by the registry's definitions; empty where there is nothing."""
    if role not in _OWN:
        raise Problem("not-found", "Your figures are those as investor, seller or debtor.")
    return await _told(figures, role, at, subject.address, private=True)


@get("/admin", opt=only(ADMIN, *STAFF), security=SIGNED_IN, summary="Figures of risk and system",
     responses=documented(401, 404, 422))  # fmt: skip
async def get_admin_figures(
    figures: NamedDependency[Worked], at: NamedDependency[int | None]
) -> Response[FiguresAnswer]:
    """Delinquency, losses, roll rates, concentration, provisions; for the platform's staff."""
    return await _told(figures, "admin", at, private=True)


@get("/definitions", opt=PUBLIC, summary="What every figure means", responses=documented())
async def get_definitions() -> Response[RegistryAnswer]:
    """The registry: formulas, units, versions, and why a figure may be null."""
    return Response(RegistryAnswer(tuple(_metric(one) for one in METRICS)), headers=_CACHED)


def _metric(metric: Metric) -> MetricDefinition:
    return MetricDefinition(
        id=metric.id,
        title=metric.title,
        version=metric.version,
        inputs=metric.inputs,
        tables=tuple(
            TableDefinition(
                name=f"{metric.id}.{table.name}",
                about=table.subject.value,
                key=table.key,
                figures=tuple(
                    FigureDefinition(
                        name=figure.name,
                        title=figure.title,
                        formula=figure.formula,
                        unit=figure.unit.value,
                        nulls={reason.value: reason.sentence for reason in figure.nulls},
                    )
                    for figure in table.figures
                ),
            )
            for table in metric.tables
        ),
    )


router = Router(
    "/v1/figures",
    route_handlers=[
        get_platform_figures,
        get_invoice_figures,
        get_own_figures,
        get_admin_figures,
        get_definitions,
    ],
    tags=["figures"],
)
