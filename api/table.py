"""The table of who may ask which route, made from the routes' own declarations.

`python -m api.table` writes it to docs/access.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec
from litestar import Router
from litestar.handlers import HTTPRouteHandler

from api.access import ACCESS, ROLES, Access
from api.app import ROUTERS

PAGE = Path(__file__).parents[1] / "docs" / "access.md"
NOBODY, SIGNED_IN = "nobody", "signed in"
COLUMNS = (NOBODY, SIGNED_IN, *ROLES)
YES, NO, SIGN_IN, PASS = "yes", "no", "401", "pass"

_HEAD = """\
# Who may ask what

Made from the routes' declarations by `make docs`; a test asks every route as everybody in this
table, and fails for a route that is missing from it.

*nobody* has no session; *signed in* has one and holds no role. The roles `verifier` to `guardian`
are the chain's own, `admin` is the escrow's owner, `staff:` are scopes of the platform's staff; who
holds one may also do what anybody signed in may. `yes`: the request is read. `no`: refused with
403. `401`: sign in first. `pass`: only with the pass that a debtor's link and code give, for that
one invitation; 401 with anything else. *another's*: what is answered about a thing that belongs to
somebody else, where the path names one. *API key*: the scope that a key needs, `none` if no key
will do.

Building a transaction needs no role: what an account may do on the chain the contracts decide, and
the refusal says who may ([transactions.md](transactions.md)).

"""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One route and what it declares; `access` is None where it says nothing."""

    method: str
    path: str
    access: Access | None

    def may(self, who: str) -> str:
        """The cell of a column."""
        if self.access is None:
            return NO
        if self.access.anyone:
            return YES
        if self.access.guest:
            return PASS
        if who == NOBODY:
            return SIGN_IN
        return YES if not self.access.roles or who in self.access.roles else NO

    @property
    def others(self) -> str:
        """What is answered about somebody else's thing."""
        return "404" if self.access is not None and self.access.own else ""

    @property
    def key(self) -> str:
        """The scope that an API key needs."""
        if self.access is None or self.access.by_hand:
            return "none"
        return (
            ""
            if self.access.anyone or self.access.guest
            else f"`{self.access.scope_for(self.method)}`"
        )


def rows(routers: Iterable[Router] = ROUTERS) -> list[Row]:
    """Every route of these rooms, by path and method."""
    found = [
        Row(method=str(method), path=route.path_format, access=handler.opt.get(ACCESS))
        for router in routers
        for route in router.routes
        for handler in _handlers(route)
        for method in handler.http_methods - {"HEAD", "OPTIONS"}
    ]
    return sorted(found, key=lambda row: (row.path, row.method))


def _handlers(route: Any) -> Sequence[HTTPRouteHandler]:
    return getattr(route, "route_handlers", ())


def page() -> str:
    """The whole page."""
    head = ["route", *COLUMNS, "another's", "API key"]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for row in rows():
        cells = [f"`{row.method} {row.path}`", *(row.may(who) for who in COLUMNS)]
        lines.append(f"| {' | '.join([*cells, row.others, row.key])} |")
    return _HEAD + "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
