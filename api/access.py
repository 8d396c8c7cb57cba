"""Who may: declared by each route in its `opt`, and nowhere else.

`opt=PUBLIC`: anyone. `opt=SHARED`: anyone, and one answer serves all. `opt=PRIVATE`: whoever
signed in. `opt=own("intent")`: whoever signed in, and the thing that the path names must be his;
anybody else's is not found. `opt=only("verifier")`: holders of one of these roles. `| BY_HAND` on
top: no API key, only a person's session. `opt=GUEST`: a debtor whom a seller invited, with the pass
of that one invitation.
A route that says nothing is refused to everybody.

Roles are the chain's own (`verifier`, `servicer`, `arbiter`, `compliance`, `guardian`), `admin`
for the escrow's owner, and the platform's staff (`staff:operations`, `staff:risk`,
`staff:compliance`, `staff:finance`). What an account may do on the chain the contracts decide:
building a transaction needs no role here, and comes back refused.

Each route is a row of `docs/access.md`; one test asks all of them as everybody.
"""

from __future__ import annotations

from typing import Any

import msgspec

ACCESS = "access"

CHAIN_ROLES = ("verifier", "servicer", "arbiter", "compliance", "guardian")
ADMIN = "admin"
STAFF_SCOPES = ("operations", "risk", "compliance", "finance")
STAFF = tuple(f"staff:{scope}" for scope in STAFF_SCOPES)
ROLES = (*CHAIN_ROLES, ADMIN, *STAFF)

KEY_SCOPES = ("read", "write", "transactions")
"""What an API key may be good for: GET; everything else; building transactions."""


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """Who may ask one route."""

    anyone: bool = False
    knows: bool = False
    """Anyone may ask, but the answer depends on who does."""
    roles: tuple[str, ...] = ()
    """One of these is needed; none: signed in is enough."""
    own: str | None = None
    """The kind of thing that the path names, where it must be the asker's own."""
    by_hand: bool = False
    """Not with an API key."""
    guest: bool = False
    """With the pass of a debtor's invitation, and with nothing else."""
    scope: str | None = None
    """The scope that an API key needs, where the method does not tell."""

    def scope_for(self, method: str) -> str:
        """What an API key must be good for."""
        return self.scope or ("read" if method in ("GET", "HEAD") else "write")


PUBLIC: dict[str, Any] = {ACCESS: Access(anyone=True)}
"""Route option: anyone may ask."""
SHARED: dict[str, Any] = {**PUBLIC, "shared": True}
"""Route option: anyone may ask, and everybody is told the same until the read models change."""
VISITED: dict[str, Any] = {ACCESS: Access(anyone=True, knows=True)}
"""Route option: anyone may ask, and who is signed in is known."""
PRIVATE: dict[str, Any] = {ACCESS: Access()}
"""Route option: whoever signed in."""
BY_HAND: dict[str, Any] = {ACCESS: Access(by_hand=True)}
"""Route option: whoever signed in himself; no API key."""
GUEST: dict[str, Any] = {ACCESS: Access(guest=True)}
"""Route option: a debtor with the pass of an invitation; no session and no API key."""

SIGN_IN: dict[str, Any] = {"sign_in": True}
"""Route option: it signs somebody in, and is counted more strictly."""
UNTIMED: dict[str, Any] = {"untimed": True}
"""Route option: the answer may take as long as it likes: a live stream, a large file."""


def own(kind: str, *, by_hand: bool = False, scope: str | None = None) -> dict[str, Any]:
    """Route option: whoever signed in, about a thing of his own that the path names."""
    return {ACCESS: Access(own=kind, by_hand=by_hand, scope=scope)}


def only(*roles: str) -> dict[str, Any]:
    """Route option: holders of one of these roles, by hand."""
    unknown = set(roles) - set(ROLES)
    if unknown or not roles:
        raise ValueError(f"no roles of ours: {sorted(unknown)}")
    return {ACCESS: Access(roles=roles, by_hand=True)}


def scoped(scope: str) -> dict[str, Any]:
    """Route option: whoever signed in, or an API key that is good for `scope`."""
    return {ACCESS: Access(scope=scope)}
