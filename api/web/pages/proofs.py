"""How each figure is worked out, from which events; and whether a proof's file holds."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from api.access import VISITED
from api.errors import Problem
from api.proofs.routes import file_name
from api.proofs.service import LARGEST_BUNDLE, Proofs
from api.values import AnyAddress
from api.web.names import Translate, proven
from api.web.pages.reference import invoice_named
from api.web.rendering import Standing
from api.web.site import Site
from contracts.wire import Address
from projections.analytics.dashboards import TABLES
from projections.analytics.metric import Reason
from projections.proof.bundle import Bundle, Figure, RefusedError, Subject

_FORM = 64 * 1024
"""Bytes that a form has beside its file."""
_FEW, _MOST = 20, 1_000
Steps = Annotated[int, QueryParameter(ge=1, le=_MOST)]


class Value(msgspec.Struct, frozen=True):
    """One value of a figure: `row` is the rest of its key, such as a week; `sentence` why none."""

    row: str
    figure: Figure
    sentence: str


class Shown(msgspec.Struct, frozen=True):
    """A figure with its title and all its values; `metric` is its number in the registry.

    `place` is where links find it on the page: the first figure of a metric, or its name.
    """

    title: str
    metric: str
    place: str
    values: list[Value]


@get("/prove/platform", opt=VISITED, include_in_schema=False)
async def prove_platform(
    request: Request[Any, Any, Any],
    site: NamedDependency[Site],
    proofs: NamedDependency[Proofs],
    at: NamedDependency[int | None],
    steps: Steps = _FEW,
) -> Response[str]:
    """The platform's figures from all events there are."""
    return await _proof(request, site, proofs, Subject("platform"), at, steps)


@get("/prove/invoice/{invoice_id:str}", opt=VISITED, include_in_schema=False)
async def prove_invoice(
    request: Request[Any, Any, Any],
    invoice_id: FromPath[str],
    site: NamedDependency[Site],
    proofs: NamedDependency[Proofs],
    at: NamedDependency[int | None],
    steps: Steps = _FEW,
) -> Response[str]:
    """An invoice's figures from its own events."""
    subject = Subject("invoice", invoice_named(invoice_id).hex())
    return await _proof(request, site, proofs, subject, at, steps)


@get("/prove/position/{invoice_id:str}/{holder:str}", opt=VISITED, include_in_schema=False)
async def prove_position(  # noqa: PLR0913, PLR0917 -- the framework fills them by name
    request: Request[Any, Any, Any],
    invoice_id: FromPath[str],
    holder: FromPath[str],
    site: NamedDependency[Site],
    proofs: NamedDependency[Proofs],
    at: NamedDependency[int | None],
    steps: Steps = _FEW,
) -> Response[str]:
    """What somebody has of an invoice, from that invoice's events."""
    try:
        who = Address(str(AnyAddress.parse(holder)))
    except ValueError as error:
        raise Problem("not-found", "There is no holder of that address.") from error
    subject = Subject("position", invoice_named(invoice_id).hex(), who)
    return await _proof(request, site, proofs, subject, at, steps)


async def _proof(
    request: Request[Any, Any, Any],
    site: Site,
    proofs: Proofs,
    subject: Subject,
    at: int | None,
    steps: int,
) -> Response[str]:
    proof = await proofs.of(subject, at)
    bundle, translate = proof.bundle, site.pages.translate(request)
    newest = await site.standing()
    return site.pages.page(
        request,
        "proofs/proof.html",
        standing=Standing(
            bundle.ledger, bundle.closed_at, newest.lag, newest.silent, at is not None
        ),
        bundle=bundle,
        figures=_shown(bundle.figures, translate),
        steps=proof.derivation.steps[:steps],
        more=min(_MOST, len(bundle.events)) if len(bundle.events) > steps else 0,
        file=f"/v1/proofs/{_path(subject)}/bundle?as_of={bundle.ledger}",
        file_name=file_name(bundle),
    )


@get("/verify", opt=VISITED, include_in_schema=False, sync_to_thread=False)
def get_verify(request: Request[Any, Any, Any], site: NamedDependency[Site]) -> Response[str]:
    """Where to give a proof's file."""
    return _verdict(request, site, None, None)


@post("/verify", opt=VISITED, include_in_schema=False, status_code=200,
      request_max_body_size=LARGEST_BUNDLE + _FORM)  # fmt: skip
async def verify(
    request: Request[Any, Any, Any], site: NamedDependency[Site], proofs: NamedDependency[Proofs]
) -> Response[str]:
    """Works everything in the file out again; no database is asked, nothing is kept."""
    given = (await request.form()).get("file")
    if not isinstance(given, UploadFile):
        raise Problem("bad-request", "Choose a proof's file first.")
    try:
        bundle, _ = await proofs.check(await given.read())
    except RefusedError as refused:
        return _verdict(request, site, None, refused)
    return _verdict(request, site, bundle, None)


def _verdict(
    request: Request[Any, Any, Any], site: Site, bundle: Bundle | None, refused: RefusedError | None
) -> Response[str]:
    translate = site.pages.translate(request)
    return site.pages.page(
        request,
        "proofs/verify.html",
        standing=None,
        bundle=bundle,
        figures=_shown(bundle.figures, translate) if bundle else [],
        refusal=None if refused is None else str(refused).partition(": ")[2],
    )


def _path(subject: Subject) -> str:
    return "/".join(part for part in (subject.kind, subject.invoice, subject.holder) if part)


def _shown(figures: list[Figure], translate: Translate) -> list[Shown]:
    """Each figure as people know it, its rows together."""
    titles, found = proven(translate), dict[tuple[str, str], Shown]()
    for figure in figures:
        table, _, rest = figure.name.partition("/")
        metric = table.partition(".")[0] if table in TABLES else ""
        name, _, row = rest.partition("/") if metric else ("", "", rest)
        if (table, name) not in found:
            title = titles.get(table, table)
            if metric:
                columns = TABLES[table][1].figures
                title = next(one.title for one in columns if one.name == name)
            first = metric and all(one.metric != metric for one in found.values())
            place = metric if first else "/".join(filter(None, (table, name)))
            found[table, name] = Shown(title, metric, place, [])
        reason = figure.null_reason
        sentence = Reason(reason).sentence if reason else ""
        found[table, name].values.append(Value(row, figure, sentence))
    return list(found.values())
