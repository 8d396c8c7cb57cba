"""Routes of one invoice: public, because investors judge by them."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from api.access import PRIVATE, PUBLIC, SHARED
from api.database import Database
from api.documentation import answers
from api.errors import invalid_field
from api.invoices import schemas
from api.invoices.ladders import Ladders, written
from api.reads import Meta, Read, answer, joined, read
from api.security import SIGNED_IN, Subject
from api.values import Amount, Hash32
from projections import details, payments, positions, timeline
from projections.query import Query

_WHAT = "invoice of that id"


def _id(text: str) -> bytes:
    try:
        return Hash32.parse(text)
    except ValueError as error:
        raise invalid_field("invoice_id", f"An invoice's id: {error}.") from error


async def whole(database: Database, which: bytes, at: int | None = None) -> Read:
    """Everything about one invoice (`schemas.Detail`), all as of ledger `at` or the newest."""
    async with database.snapshot() as connection:
        found = await read(connection, details.by_id(which), at)
        parts = {
            "positions": await read(connection, positions.of_invoice(which), at),
            "payments": await read(connection, payments.of_invoice(which), at),
            "timeline": await read(connection, timeline.of_invoice(which), at),
        }
    return joined(found, **parts)


async def _one(
    request: Request[Any, Any, Any], database: Database, query: Query, at: int | None
) -> Response[bytes]:
    async with database.public() as connection:
        return answer(request, await read(connection, query, at), what=_WHAT)


@get("/", opt=PRIVATE, security=SIGNED_IN, summary="Invoices you sell or owe",
     responses=answers(schemas.OwnInvoicesAnswer, 401, 404, 422))  # fmt: skip
async def list_own_invoices(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    subject: NamedDependency[Subject],
    at: NamedDependency[int | None],
) -> Response[bytes]:
    """Every invoice in which you are seller or debtor, newest first."""
    async with database.private(subject.owner) as connection:
        found = await read(connection, details.of_party(subject.address), at)
    return answer(request, found, subject=subject, what="account")


@get("/{invoice_id:str}", opt=SHARED, summary="One invoice",
     responses=answers(schemas.DetailAnswer, 404, 422))  # fmt: skip
async def get_invoice(
    request: Request[Any, Any, Any],
    invoice_id: FromPath[str],
    database: NamedDependency[Database],
    at: NamedDependency[int | None],
) -> Response[bytes]:
    """Terms, money, holders, payments and history, all as of one ledger."""
    return answer(request, await whole(database, _id(invoice_id), at), what=_WHAT)


@get("/{invoice_id:str}/positions", opt=SHARED, summary="Who holds an invoice",
     responses=answers(schemas.PositionsAnswer, 404, 422))  # fmt: skip
async def get_positions(
    request: Request[Any, Any, Any],
    invoice_id: FromPath[str],
    database: NamedDependency[Database],
    at: NamedDependency[int | None],
) -> Response[bytes]:
    """Everyone who ever held shares, what they paid and received and can claim."""
    return await _one(request, database, positions.of_invoice(_id(invoice_id)), at)


@get("/{invoice_id:str}/payments", opt=SHARED, summary="How an invoice was paid",
     responses=answers(schemas.PaymentsAnswer, 404, 422))  # fmt: skip
async def get_payments(
    request: Request[Any, Any, Any],
    invoice_id: FromPath[str],
    database: NamedDependency[Database],
    at: NamedDependency[int | None],
) -> Response[bytes]:
    """Each payment and who got which part of it."""
    return await _one(request, database, payments.of_invoice(_id(invoice_id)), at)


@get("/{invoice_id:str}/timeline", opt=SHARED, summary="What happened to an invoice",
     responses=answers(schemas.TimelineAnswer, 404, 422))  # fmt: skip
async def get_timeline(
    request: Request[Any, Any, Any],
    invoice_id: FromPath[str],
    database: NamedDependency[Database],
    at: NamedDependency[int | None],
) -> Response[bytes]:
    """Every event on chain, with its ledger and transaction."""
    return await _one(request, database, timeline.of_invoice(_id(invoice_id)), at)


@get("/{invoice_id:str}/ladder", opt=PUBLIC, summary="What a stake would bring",
     responses=answers(schemas.LadderAnswer, 404, 409, 422))  # fmt: skip
async def get_ladder(
    invoice_id: FromPath[str],
    amount: FromQuery[Amount],
    ladders: NamedDependency[Ladders],
    at: NamedDependency[int | None],
) -> Response[schemas.LadderAnswer]:
    """Paid on time, late, half, not at all: dates, money and yields of a stake signed then."""
    which = _id(invoice_id)
    mark, rungs = await ladders.of(which, amount, at)
    ladder = schemas.Ladder(
        id=which.hex(), stake=str(int(amount)), rungs=[written(rung) for rung in rungs]
    )
    return Response(schemas.LadderAnswer(ladder, Meta(mark.ledger, mark.closed_at)))


router = Router(
    "/v1/invoices",
    route_handlers=[
        list_own_invoices,
        get_invoice,
        get_positions,
        get_payments,
        get_timeline,
        get_ladder,
    ],
    tags=["invoices"],
)
