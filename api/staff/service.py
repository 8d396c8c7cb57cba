"""Gives scopes to accounts and takes them; only the escrow's owner sees and changes the list."""

from __future__ import annotations

import msgspec

from api.access import ADMIN
from api.audit.log import record
from api.database import Database
from api.errors import Problem
from api.staff.schemas import StaffMember, StaffRequest
from api.tokens import Subject

_COLUMNS = "address, scopes, given_by, extract(epoch FROM given_at)::bigint AS given_at"
_ALL = f"SELECT {_COLUMNS} FROM app.staff ORDER BY address"  # noqa: S608
_PUT = f"""
INSERT INTO app.staff (address, scopes, given_by) VALUES (%(address)s, %(scopes)s, %(by)s)
ON CONFLICT (address) DO UPDATE
    SET scopes = excluded.scopes, given_by = excluded.given_by, given_at = now()
RETURNING {_COLUMNS}
"""  # noqa: S608
_REMOVE = "DELETE FROM app.staff WHERE address = %s RETURNING scopes"


class Staff:
    """The list of staff."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def everybody(self, by: Subject) -> tuple[StaffMember, ...]:
        """The whole list, by address."""
        async with self._database.staff(by.owner, [ADMIN]) as connection:
            rows = await (await connection.execute(_ALL)).fetchall()
        return tuple(msgspec.convert(row, StaffMember) for row in rows)

    async def put(self, by: Subject, address: str, wanted: StaffRequest) -> StaffMember:
        """Give an account these scopes instead of those it had."""
        values = {"address": address, "scopes": sorted(set(wanted.scopes)), "by": by.address}
        async with self._database.staff(by.owner, [ADMIN]) as connection:
            row = await (await connection.execute(_PUT, values)).fetchone()
            await record(connection, by.owner, "staff.put", address, scopes=values["scopes"])
        return msgspec.convert(row, StaffMember)

    async def remove(self, by: Subject, address: str) -> None:
        """Take all scopes from an account; raises "not-found"."""
        async with self._database.staff(by.owner, [ADMIN]) as connection:
            row = await (await connection.execute(_REMOVE, (address,))).fetchone()
            if row is None:
                raise Problem("not-found", "This account is not on the staff.")
            await record(connection, by.owner, "staff.remove", address, scopes=row["scopes"])
