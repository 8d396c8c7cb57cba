"""Who may take part: members and their freezes, holders of roles, assets on the list."""

from __future__ import annotations

from collections.abc import Iterable

from contracts.events import AssetSet, MemberSet, RoleGranted, RoleRevoked
from contracts.wire import Address
from projections.model import Big, Model, Record, Row, View
from projections.query import Query, address, address_number, json_list, json_object, single


class Member(Row, frozen=True, array_like=True):
    """A member while now < `until` (Unix seconds, any u64) and not frozen.

    `frozen_at`: close time of the ledger that froze; freezing again does not restart the clock.
    """

    address: Address
    until: Big
    frozen: bool
    frozen_at: int | None


class Role(Row, frozen=True, array_like=True):
    """Whether `holder` has the escrow's role `role`, since `since` (Unix seconds)."""

    role: str
    holder: Address
    granted: bool
    since: int


class Asset(Row, frozen=True, array_like=True):
    """Whether new invoices, publications and stakes in this asset are accepted."""

    asset: Address
    allowed: bool


MEMBER = Model("member", Member, key=("address",), version=1)
ROLE = Model("role", Role, key=("role", "holder"), version=1)
ASSET = Model("asset", Asset, key=("asset",), version=1)


@MEMBER.on(MemberSet, reads=lambda event: (MEMBER.at(event.addr),))
def _member_set(view: View, record: Record, event: MemberSet) -> Iterable[Member]:
    before = view.find(MEMBER, event.addr)
    if not event.frozen:
        frozen_at = None
    elif before and before.frozen:
        frozen_at = before.frozen_at
    else:
        frozen_at = record.mark.closed_at
    yield Member(event.addr, event.until, event.frozen, frozen_at)


@ROLE.on(RoleGranted, reads=lambda event: (ROLE.at(event.role, event.addr),))
def _granted(view: View, record: Record, event: RoleGranted) -> Iterable[Role]:
    before = view.find(ROLE, event.role, event.addr)
    if before is None or not before.granted:
        yield Role(event.role, event.addr, granted=True, since=record.mark.closed_at)


@ROLE.on(RoleRevoked, reads=lambda event: (ROLE.at(event.role, event.addr),))
def _revoked(view: View, record: Record, event: RoleRevoked) -> Iterable[Role]:
    before = view.find(ROLE, event.role, event.addr)
    if before is None or before.granted:
        yield Role(event.role, event.addr, granted=False, since=record.mark.closed_at)


@ASSET.on(AssetSet, reads=lambda event: (ASSET.at(event.asset),))
def _asset_set(_: View, __: Record, event: AssetSet) -> Iterable[Asset]:
    yield Asset(event.asset, event.allowed)


_BY_ADDRESS = single(f"""
    SELECT {
    json_object(
        address="%(address)s::text",
        member="coalesce(applied.closed_at < m.until AND NOT m.frozen, false)",
        until="m.until",
        frozen="coalesce(m.frozen, false)",
        frozen_at="m.frozen_at",
        roles="held.roles",
    )
}
    FROM (SELECT {address_number("address")} AS id) AS who
    LEFT JOIN read.member AS m ON m.address = who.id
    CROSS JOIN LATERAL (
        SELECT coalesce(json_agg(r.role ORDER BY r.role), '[]'::json) AS roles, count(*) AS number
        FROM read.role AS r WHERE r.holder = who.id AND r.granted
    ) AS held
    WHERE m.address IS NOT NULL OR held.number > 0
""")  # noqa: S608


def by_address(who: str) -> Query:
    """Membership and roles of an address; null if it has neither.

    `member` is the contracts' word: now < until and not frozen, now being the ledger's.
    """
    return Query(_BY_ADDRESS, {"address": who})


_ROLES = json_list(f"""
    SELECT {json_object(role="r.role", holder=address("r.holder"), since="r.since")} AS item
    FROM read.role AS r WHERE r.granted ORDER BY r.role, r.since, r.holder
""")  # noqa: S608

_HOLDERS = single(json_object(items=_ROLES))


def holders() -> Query:
    """Who has which role now, and since when; never null."""
    return Query(_HOLDERS, {})


_LISTED_ITEM = json_object(
    address="a.address",
    member="coalesce(applied.closed_at < m.until AND NOT m.frozen, false)",
    until="m.until",
    frozen="coalesce(m.frozen, false)",
    frozen_at="m.frozen_at",
    roles="""(
        SELECT coalesce(json_agg(r.role ORDER BY r.role), '[]'::json)
        FROM read.role AS r WHERE r.holder = a.id AND r.granted
    )""",
)
_LISTED = single(
    json_list(f"""
        SELECT {_LISTED_ITEM} AS item
        FROM read.address AS a LEFT JOIN read.member AS m ON m.address = a.id
        WHERE a.address > %(after)s::text AND (
            m.address IS NOT NULL
            OR EXISTS (SELECT FROM read.role AS r WHERE r.holder = a.id AND r.granted)
        )
        ORDER BY a.address LIMIT %(limit)s::int
    """)  # noqa: S608
)


def listed(limit: int, after: str = "") -> Query:
    """Everybody who was ever a member or holds a role, by address, beginning after one."""
    return Query(_LISTED, {"limit": limit, "after": after})
