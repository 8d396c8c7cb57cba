"""The roles of an address: the chain's from the read models, the platform's staff from `app`."""

from __future__ import annotations

from api.database import Connection, Database
from api.tokens import Subject

_ROLES = """
SELECT coalesce(array_agg(held.role), '{}') AS roles FROM (
    SELECT r.role FROM read.role AS r JOIN read.address AS a ON a.id = r.holder
    WHERE a.address = %(address)s AND r.granted
    UNION ALL
    SELECT 'admin' FROM read.governance AS g JOIN read.address AS a ON a.id = g.owner
    WHERE a.address = %(address)s AND g.contract = 'escrow'
    UNION ALL
    SELECT 'staff:' || unnest(s.scopes) FROM app.staff AS s WHERE s.address = %(address)s
) AS held
"""


class Roles:
    """Looks up who holds what, as of now: nothing of it is kept."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, subject: Subject) -> frozenset[str]:
        """All roles of whoever asks. An account that several people share has none for them."""
        if subject.shared:
            return frozenset()
        async with self._database.private(subject.owner) as connection:
            return await roles_of(connection, subject.address)


async def roles_of(connection: Connection, address: str) -> frozenset[str]:
    """The same in a transaction that sees the staff's row of this address."""
    row = await (await connection.execute(_ROLES, {"address": address})).fetchone()
    return frozenset(row["roles"] if row else ())
