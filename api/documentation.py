"""How reads are described in the OpenAPI document: their bodies come from the database."""

from __future__ import annotations

from typing import Any

from litestar.openapi.datastructures import ResponseSpec

from api.errors import documented


def answers(body: Any, *statuses: int) -> dict[int, ResponseSpec]:
    """A read that answers with `body`, 304 for a known ETag, or problems of these statuses."""
    return {
        200: ResponseSpec(body, generate_examples=False, description="As of one ledger"),
        304: ResponseSpec(None, description="You have it: nothing changed since that ledger"),
        **documented(*statuses),
    }
