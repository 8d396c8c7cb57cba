"""Routes of quotes and what-ifs."""

from __future__ import annotations

from litestar import Response, Router, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from api.access import scoped
from api.errors import documented
from api.quotes.schemas import QuoteAnswer, QuoteRequest, WhatIfAnswer, WhatIfRequest
from api.quotes.service import Quotes
from api.security import SIGNED_IN, Subject

_NO_STORE = {"Cache-Control": "no-store"}
_READING = scoped("read")


@post("/quotes", opt=_READING, security=SIGNED_IN, status_code=200, summary="What an offer costs",
      responses=documented(400, 401, 413, 422))  # fmt: skip
async def get_quote(
    data: JSONBody[QuoteRequest],
    quotes: NamedDependency[Quotes],
    subject: NamedDependency[Subject],
) -> Response[QuoteAnswer]:
    """Cash at release, fee, what is left, the cost a year; and what the contracts would refuse."""
    return Response(await quotes.quote(subject, data), headers=_NO_STORE)


@post("/what-if", opt=_READING, security=SIGNED_IN, status_code=200,
      summary="What stakes would do to your holdings",
      responses=documented(400, 401, 404, 409, 413, 422))  # fmt: skip
async def what_if(
    data: JSONBody[WhatIfRequest],
    quotes: NamedDependency[Quotes],
    subject: NamedDependency[Subject],
) -> Response[WhatIfAnswer]:
    """Each scenario for all that you hold at once, without the stakes and with them."""
    return Response(await quotes.what_if(subject, data), headers=_NO_STORE)


router = Router("/v1", route_handlers=[get_quote, what_if], tags=["investments"])
