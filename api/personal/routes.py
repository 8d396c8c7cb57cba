"""Everything that the platform holds on somebody, in one answer.

What the chain holds is public, and told by the reads.
"""

from __future__ import annotations

from typing import Any

from litestar import Router, get
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.response import Stream

from api.access import BY_HAND, UNTIMED
from api.errors import documented
from api.personal.held import Held
from api.security import SIGNED_IN, Subject

Rows = dict[str, list[dict[str, Any]]]


@get("/data", opt=BY_HAND | UNTIMED, security=SIGNED_IN, summary="All that is held on you",
     responses={200: ResponseSpec(Rows, description="Rows by table, in clear"),
                **documented(401, 403)})  # fmt: skip
async def take_along(held: NamedDependency[Held], subject: NamedDependency[Subject]) -> Stream:
    """What you told for KYC too, in clear. Files are not in it: each document gives its own."""
    headers = {
        "Cache-Control": "private, no-store",
        "Content-Disposition": 'attachment; filename="stellarsettle.json"',
    }
    return Stream(held.of(subject.owner), headers=headers, media_type="application/json")


router = Router("/v1/me", route_handlers=[take_along], tags=["accounts"])
