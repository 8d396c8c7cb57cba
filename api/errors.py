"""Every error leaves as RFC 9457 problem details; nothing of our insides leaves with it."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import msgspec
import psycopg
import psycopg_pool
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.openapi.datastructures import ResponseSpec
from litestar.types import Scope, Send

from api.problems.catalogue import BY_SLUG, Kind
from projections.history import BeforeFirstError, NotFoldedError

PROBLEM_JSON = "application/problem+json"

NOT_MIGRATED = (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName)
"""What PostgreSQL says where the migrations have not run."""

_log = logging.getLogger("stellarsettle.api")


class FieldFault(msgspec.Struct, frozen=True):
    """One field that is wrong; `pointer` is a JSON pointer into the body, or `?name`."""

    pointer: str
    detail: str


class Obstacle(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing in the way of an action, as the read models know it."""

    type: str
    title: str
    detail: str
    remedy: str
    code: int | None = None
    action: str | None = None
    """What mends it: an action of transactions, or a step elsewhere, by a fixed name."""


class ProblemDetails(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What went wrong and what to do about it (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    remedy: str
    instance: str
    code: int | None = None
    """The contract's error code, when a contract refused."""
    contract: str | None = None
    action: str | None = None
    """What mends it: an action of transactions, or a step elsewhere, by a fixed name."""
    pointer: str | None = None
    """The first wrong field, as a JSON pointer into the body or `?name` for a query value."""
    errors: tuple[FieldFault, ...] = ()
    problems: tuple[Obstacle, ...] = ()
    """Everything that is known to be in the way of an action, this one included."""
    error: str | None = None
    """The same sentence under the name that SEP-10 wallets read."""


_AGAIN_SECONDS = "2"
"""When to come again where nothing says when it will be better."""


class Problem(Exception):  # noqa: N818 - RFC 9457's word
    """Raise to answer with a problem of the catalogue; `detail` says it for this case."""

    def __init__(
        self,
        slug: str,
        detail: str | None = None,
        *,
        kind: Kind | None = None,
        faults: tuple[FieldFault, ...] = (),
        headers: dict[str, str] | None = None,
        obstacles: tuple[Obstacle, ...] = (),
    ) -> None:
        self.kind = kind or BY_SLUG[slug]
        self.obstacles = obstacles
        self.detail = detail or self.kind.sentence
        self.faults = faults
        again = {"Retry-After": _AGAIN_SECONDS} if self.kind.status == 503 else {}
        self.headers = again | (headers or {})
        super().__init__(self.detail)

    @classmethod
    def of_kind(cls, kind: Kind, detail: str | None = None) -> Problem:
        """A problem of a kind already looked up, such as a contract's error."""
        return cls(kind.slug, detail, kind=kind)


def invalid_field(pointer: str, detail: str) -> Problem:
    """One field of the request is wrong."""
    return Problem("invalid-field", detail, faults=(FieldFault(pointer, detail),))


def documented(*statuses: int) -> dict[int, ResponseSpec]:
    """OpenAPI responses of the problems a route can answer with: those, and what every route can.

    Who is refused with 401 may also be refused with 403: an API key, or another site's page.
    """
    return {
        status: ResponseSpec(
            ProblemDetails,
            generate_examples=False,
            description=HTTPStatus(status).phrase,
            media_type=PROBLEM_JSON,
        )
        for status in sorted({400, 429, 500, 503, *statuses, *([403] if 401 in statuses else [])})
    }


def request_id(request: Request[Any, Any, Any]) -> str:
    """The id under which this request is logged; also in the header X-Request-Id."""
    return str(request.scope["state"]["request_id"])


def _details(problem: Problem, request_id: str, path: str) -> bytes:
    kind = problem.kind
    details = ProblemDetails(
        type=kind.type,
        title=kind.title,
        status=kind.status,
        detail=problem.detail,
        remedy=kind.remedy,
        instance=f"urn:request:{request_id}",
        code=kind.code,
        contract=kind.contract,
        action=kind.action,
        pointer=problem.faults[0].pointer if problem.faults else None,
        errors=problem.faults,
        problems=problem.obstacles,
        error=problem.detail if path.startswith("/auth") else None,
    )
    return msgspec.json.encode(details)


def as_json(request: Request[Any, Any, Any], problem: Problem) -> Response[bytes]:
    """A problem as RFC 9457 writes it."""
    return Response(
        _details(problem, request_id(request), request.url.path),
        status_code=problem.kind.status,
        media_type=PROBLEM_JSON,
        headers={"Cache-Control": "no-store", **problem.headers},
    )


async def problem_response(problem: Problem, scope: Scope, send: Send) -> None:
    """Answer with a problem where no framework is around."""
    body = _details(problem, scope["state"]["request_id"], scope["path"])
    told = {
        "content-type": PROBLEM_JSON,
        "content-length": str(len(body)),
        "cache-control": "no-store",
        **problem.headers,
    }
    headers = [(name.lower().encode(), value.encode()) for name, value in told.items()]
    await send({"type": "http.response.start", "status": problem.kind.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


_NAMED_FIELD = re.compile(r"^Object (?:contains unknown|missing required) field `([^`]+)`")

_MISSING_VALUE = re.compile(r"^Missing required \w+ parameter '([^']+)'")

_SLUG_OF_STATUS = {
    400: "bad-request",
    401: "sign-in-required",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    413: "too-large",
    429: "too-many-requests",
    503: "ledger-unreachable",
}


def _pointer(fault: dict[str, Any]) -> str:
    """Where the fault is. A field missing or unknown is named in the message, not in the key."""
    key = str(fault.get("key", ""))
    named = _NAMED_FIELD.search(str(fault.get("message", "")))
    last = [named.group(1)] if named else []
    if fault.get("source") == "body" or key == "data":
        path = [] if key == "data" else re.findall(r"[^.\[\]]+", key)
        return "".join(f"/{part}" for part in [*path, *last])
    return f"?{key}"


def _faults(extra: object) -> tuple[FieldFault, ...]:
    """Litestar's list of validation messages as pointers and sentences."""
    if not isinstance(extra, list):
        return ()
    return tuple(
        FieldFault(_pointer(fault), _sentence(str(fault.get("message", "is not valid"))))
        for fault in extra
        if isinstance(fault, dict)
    )


def _sentence(text: str) -> str:
    """A validator's words as a sentence: a capital first, a full stop last."""
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def _missing(detail: str) -> tuple[FieldFault, ...]:
    """Litestar tells a missing query value in its sentence only."""
    match = _MISSING_VALUE.match(detail)
    return (FieldFault(f"?{match.group(1)}", "This value is required."),) if match else ()


def _has_no_body(extra: object) -> bool:
    """Litestar tells that there is no body at all by naming its parameter, and nothing else."""
    return isinstance(extra, list) and any(
        isinstance(fault, dict) and fault.get("message") == "'data'" for fault in extra
    )


def _raised(_: Request[Any, Any, Any], problem: Problem) -> Problem:
    """A problem that our own code raised."""
    return problem


def _refused(request: Request[Any, Any, Any], error: HTTPException) -> Problem:
    """What the framework refused: routing, decoding, validation, size."""
    faults = _faults(error.extra) or _missing(error.detail)
    headers = {k: v for k, v in (error.headers or {}).items() if k.lower() != "content-type"}
    if _has_no_body(error.extra):
        return Problem("bad-request", "A JSON body is required.")
    if faults:
        return Problem("invalid-field", faults[0].detail, faults=faults)
    if error.status_code in _SLUG_OF_STATUS:
        return Problem(_SLUG_OF_STATUS[error.status_code], headers=headers)
    _log.error("request %s: unexpected %r", request_id(request), error, exc_info=error)
    return Problem("internal")


def _no_database(request: Request[Any, Any, Any], error: Exception) -> Problem:
    """No connection to the database can be had."""
    _log.warning("request %s: database unavailable: %s", request_id(request), error)
    return Problem("database-unavailable")


def _no_tables(request: Request[Any, Any, Any], error: Exception) -> Problem:
    """The database was never migrated: it is there, and of no use yet."""
    _log.error("request %s: migrate the database: %s", request_id(request), error)
    return Problem("database-unavailable", "The database has not been set up yet.")


def _data(request: Request[Any, Any, Any], error: psycopg.DataError) -> Problem:
    """A text with a NUL character, which PostgreSQL knows in no form; all else is a defect."""
    if type(error) in (psycopg.DataError, psycopg.errors.UntranslatableCharacter):
        return Problem("bad-request", "A text holds the character NUL, which none here can have.")
    return _defect(request, error)


def _defect(request: Request[Any, Any, Any], error: Exception) -> Problem:
    """A defect: logged in full here, told in one sentence there."""
    _log.error("request %s: %r", request_id(request), error, exc_info=error)
    return Problem("internal")


def _in_the_future(_: Request[Any, Any, Any], error: NotFoldedError) -> Problem:
    """As of a ledger that is not there yet, or not read."""
    return Problem("ledger-not-read", _sentence(str(error)))


def _too_early(_: Request[Any, Any, Any], error: BeforeFirstError) -> Problem:
    """As of a ledger from before this platform."""
    return Problem("ledger-too-early", _sentence(str(error)))


_PROBLEMS: dict[type[Exception], Callable[[Request[Any, Any, Any], Any], Problem]] = {
    Problem: _raised,
    HTTPException: _refused,
    NotFoldedError: _in_the_future,
    BeforeFirstError: _too_early,
    psycopg.OperationalError: _no_database,
    psycopg.DataError: _data,
    psycopg_pool.PoolTimeout: _no_database,
    psycopg_pool.PoolClosed: _no_database,
    **dict.fromkeys(NOT_MIGRATED, _no_tables),
    Exception: _defect,
}

Answering = Callable[[Request[Any, Any, Any], Problem], Response[Any]]


def handlers(answer: Answering) -> dict[int | type[Exception], Any]:
    """For Litestar: every error becomes a problem, and `answer` writes it."""
    return {kind: _handler(problem_of, answer) for kind, problem_of in _PROBLEMS.items()}


def _handler(
    problem_of: Callable[[Request[Any, Any, Any], Any], Problem], answer: Answering
) -> Callable[[Request[Any, Any, Any], Exception], Response[Any]]:
    return lambda request, error: answer(request, problem_of(request, error))
