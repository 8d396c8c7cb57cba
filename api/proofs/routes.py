"""Routes of proofs: public, for what they prove is public on the ledger."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema
from litestar.params import FromPath, QueryParameter

from api.access import PUBLIC
from api.errors import documented, invalid_field
from api.proofs import schemas
from api.proofs.service import LARGEST_BUNDLE, Proofs
from api.reads import Meta, cache_control
from api.values import AnyAddress, Hash32
from contracts.wire import Address
from projections.proof.bundle import Bundle, Figure, RefusedError, Subject, encoded
from projections.proof.derivation import Step
from projections.proof.proving import Proof

_STATUSES = (404, 409, 410, 422)
Steps = Annotated[int, QueryParameter(ge=0, le=1000, description="How many steps to tell")]


def _invoice(text: str) -> str:
    try:
        return Hash32.parse(text).hex()
    except ValueError as error:
        raise invalid_field("invoice_id", f"An invoice's id: {error}.") from error


def _position(invoice: str, holder: str) -> Subject:
    try:
        who = Address(str(AnyAddress.parse(holder)))
    except ValueError as error:
        raise invalid_field("holder", f"A holder: {error}.") from error
    return Subject("position", _invoice(invoice), who)


def _answer(proof: Proof, steps: int, *, past: bool) -> Response[schemas.DerivationAnswer]:
    bundle = proof.bundle
    shown = schemas.Derivation(
        about=_about(bundle),
        network=bundle.network,
        first_ledger=bundle.first_ledger,
        events=len(bundle.events),
        steps=[_step(step) for step in proof.derivation.steps[:steps]],
        figures=[_figure(figure) for figure in bundle.figures],
        folds=bundle.folds,
        state=bundle.state,
        digest=bundle.digest,
        verify=f"stellarsettle verify {file_name(bundle)}",
    )
    meta = Meta(bundle.ledger, bundle.closed_at)
    headers = {"Cache-Control": cache_control(past=past, private=False)}
    return Response(schemas.DerivationAnswer(shown, meta), headers=headers)


def _file(proof: Proof, *, past: bool) -> Response[bytes]:
    headers = {
        "Content-Disposition": f'attachment; filename="{file_name(proof.bundle)}"',
        "Cache-Control": cache_control(past=past, private=False),
    }
    return Response(encoded(proof.bundle), media_type="application/json", headers=headers)


def file_name(bundle: Bundle) -> str:
    """What a bundle's file is called: by what it is about, and as of which ledger."""
    subject = bundle.subject
    parts = [subject.kind, (subject.invoice or "")[:8], (subject.holder or "")[:8]]
    return "-".join(["proof", *filter(None, parts), str(bundle.ledger)]) + ".json"


def _about(bundle: Bundle) -> schemas.About:
    subject = bundle.subject
    return schemas.About(subject.kind, subject.invoice, subject.holder)


def _figure(figure: Figure) -> schemas.ProvenFigure:
    return msgspec.convert(figure, schemas.ProvenFigure, from_attributes=True)


def _step(step: Step) -> schemas.DerivationStep:
    record = step.record
    return schemas.DerivationStep(
        ledger=record.mark.ledger,
        time=record.mark.closed_at,
        transaction=record.position >> 12 & 0xFFFFF,
        operation=record.position & 0xFFF,
        index=record.index,
        tx_hash=record.tx_hash.hex(),
        contract=str(record.contract),
        event=record.event.NAME,
        changes=step.changes,
    )


def _documented(body: Any, what: str) -> dict[int, ResponseSpec]:
    found = ResponseSpec(body, generate_examples=False, description=what)
    return {200: found, **documented(*_STATUSES)}


_DERIVED = _documented(schemas.DerivationAnswer, "As of one ledger")
_BUNDLE = _documented(dict[str, Any], "A file that `stellarsettle verify` works out again")


@get("/invoice/{invoice_id:str}", opt=PUBLIC, summary="An invoice's figures, derived",
     responses=_DERIVED)  # fmt: skip
async def get_invoice_proof(
    invoice_id: FromPath[str],
    proofs: NamedDependency[Proofs],
    at: NamedDependency[int | None],
    steps: Steps = 50,
) -> Response[schemas.DerivationAnswer]:
    """What it raised, was paid, owes and is held for it: event by event from the ledger."""
    subject = Subject("invoice", _invoice(invoice_id))
    return _answer(await proofs.of(subject, at), steps, past=at is not None)


@get("/invoice/{invoice_id:str}/bundle", opt=PUBLIC, summary="The same as a file",
     responses=_BUNDLE)  # fmt: skip
async def get_invoice_bundle(
    invoice_id: FromPath[str], proofs: NamedDependency[Proofs], at: NamedDependency[int | None]
) -> Response[bytes]:
    """Events, formulas and figures, to be worked out again by anybody."""
    subject = Subject("invoice", _invoice(invoice_id))
    return _file(await proofs.of(subject, at), past=at is not None)


@get("/position/{invoice_id:str}/{holder:str}", opt=PUBLIC, summary="A position's figures, derived",
     responses=_DERIVED)  # fmt: skip
async def get_position_proof(
    invoice_id: FromPath[str],
    holder: FromPath[str],
    proofs: NamedDependency[Proofs],
    at: NamedDependency[int | None],
    steps: Steps = 50,
) -> Response[schemas.DerivationAnswer]:
    """What somebody has of an invoice, was paid for it and may claim: event by event."""
    subject = _position(invoice_id, holder)
    return _answer(await proofs.of(subject, at), steps, past=at is not None)


@get("/position/{invoice_id:str}/{holder:str}/bundle", opt=PUBLIC, summary="The same as a file",
     responses=_BUNDLE)  # fmt: skip
async def get_position_bundle(
    invoice_id: FromPath[str],
    holder: FromPath[str],
    proofs: NamedDependency[Proofs],
    at: NamedDependency[int | None],
) -> Response[bytes]:
    """Events, formulas and figures, to be worked out again by anybody."""
    subject = _position(invoice_id, holder)
    return _file(await proofs.of(subject, at), past=at is not None)


@get("/platform", opt=PUBLIC, summary="The platform's figures, derived", responses=_DERIVED)
async def get_platform_proof(
    proofs: NamedDependency[Proofs], at: NamedDependency[int | None], steps: Steps = 50
) -> Response[schemas.DerivationAnswer]:
    """What the contracts hold, and every figure of the platform, from all events there are."""
    return _answer(await proofs.of(Subject("platform"), at), steps, past=at is not None)


@get("/platform/bundle", opt=PUBLIC, summary="The same as a file", responses=_BUNDLE)
async def get_platform_bundle(
    proofs: NamedDependency[Proofs], at: NamedDependency[int | None]
) -> Response[bytes]:
    """Events, formulas and figures, to be worked out again by anybody."""
    return _file(await proofs.of(Subject("platform"), at), past=at is not None)


class _BundleOperation(Operation):
    """The body is a bundle's file, which the route reads by itself."""

    def __post_init__(self) -> None:
        """Describe the body."""
        self.request_body = RequestBody(
            content={"application/json": OpenAPIMediaType(Schema(type=OpenAPIType.OBJECT))},
            description="A bundle, as the routes above and `stellarsettle prove` write it",
            required=True,
        )


@post("/verify", opt=PUBLIC, status_code=200, summary="Does a bundle hold?",
      operation_class=_BundleOperation, request_max_body_size=LARGEST_BUNDLE,
      responses=documented(413))  # fmt: skip
async def verify_bundle(
    request: Request[Any, Any, Any], proofs: NamedDependency[Proofs]
) -> schemas.VerdictAnswer:
    """Everything in it worked out again; nothing of it is believed, and no database is asked."""
    try:
        bundle, derivation = await proofs.check(await request.body())
    except RefusedError as refused:
        return schemas.VerdictAnswer(_refused(refused))
    return schemas.VerdictAnswer(
        schemas.Verdict(
            holds=True,
            refusal=None,
            sentence=None,
            about=_about(bundle),
            network=bundle.network,
            ledger=bundle.ledger,
            time=bundle.closed_at,
            events=len(bundle.events),
            ledgers_in_bundle=len(bundle.ledgers),
            figures=[_figure(figure) for figure in derivation.figures],
        )
    )


def _refused(refused: RefusedError) -> schemas.Verdict:
    return schemas.Verdict(
        holds=False,
        refusal=refused.refusal.value,
        sentence=str(refused).removeprefix(f"{refused.refusal}: "),
        about=None,
        network=None,
        ledger=None,
        time=None,
        events=None,
        ledgers_in_bundle=None,
        figures=[],
    )


router = Router(
    "/v1/proofs",
    route_handlers=[
        get_invoice_proof,
        get_invoice_bundle,
        get_position_proof,
        get_position_bundle,
        get_platform_proof,
        get_platform_bundle,
        verify_bundle,
    ],
    tags=["proofs"],
)
