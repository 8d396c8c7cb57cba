"""A person's own profile and preferences."""

from __future__ import annotations

import zoneinfo
from typing import Any

import msgspec
from psycopg.types.json import Jsonb

from api.database import Database
from api.errors import invalid_field
from api.profile.schemas import Preference, PreferenceRequest, Profile, ProfileRequest

_PROFILE = "name, email, extract(epoch FROM email_confirmed_at)::bigint AS email_confirmed_at"
_GET_PROFILE = f"SELECT {_PROFILE} FROM app.profile WHERE owner = %s"  # noqa: S608
_PUT_PROFILE = f"""
INSERT INTO app.profile AS p (owner, name, email) VALUES (%(owner)s, %(name)s, %(email)s)
ON CONFLICT (owner) DO UPDATE SET
    name = excluded.name,
    email = excluded.email,
    email_confirmed_at = CASE WHEN p.email = excluded.email THEN p.email_confirmed_at END,
    changed_at = now()
RETURNING {_PROFILE}
"""  # noqa: S608
_PREFERENCE = "language, time_zone, number_format, notifications"
_GET_PREFERENCE = f"SELECT {_PREFERENCE} FROM app.preference WHERE owner = %s"  # noqa: S608
_PUT_PREFERENCE = f"""
INSERT INTO app.preference (owner, language, time_zone, number_format, notifications)
VALUES (%(owner)s, %(language)s, %(time_zone)s, %(number_format)s, %(notifications)s)
ON CONFLICT (owner) DO UPDATE SET
    language = excluded.language,
    time_zone = excluded.time_zone,
    number_format = excluded.number_format,
    notifications = excluded.notifications,
    changed_at = now()
RETURNING {_PREFERENCE}
"""  # noqa: S608


class Profiles:
    """Everybody's profile and preferences, each seen by its owner."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def profile(self, owner: str) -> Profile:
        """What somebody told of himself; nothing yet is an empty profile."""
        return msgspec.convert(await self._one(owner, _GET_PROFILE, (owner,)), Profile)

    async def put_profile(self, owner: str, wanted: ProfileRequest) -> Profile:
        """Tell it anew. Another e-mail address has to be confirmed again."""
        values = {"owner": owner, "name": wanted.name, "email": wanted.email}
        return msgspec.convert(await self._one(owner, _PUT_PROFILE, values), Profile)

    async def preference(self, owner: str) -> Preference:
        """How somebody wants things; the defaults until he says."""
        return msgspec.convert(await self._one(owner, _GET_PREFERENCE, (owner,)), Preference)

    async def put_preference(self, owner: str, wanted: PreferenceRequest) -> Preference:
        """Say it anew, all of it; raises "invalid-field" for a zone that is none."""
        if wanted.time_zone not in zoneinfo.available_timezones():
            raise invalid_field("/time_zone", "This is no time zone: write Europe/Berlin.")
        values = {**msgspec.to_builtins(wanted), "owner": owner}
        values["notifications"] = Jsonb(values["notifications"])
        return msgspec.convert(await self._one(owner, _PUT_PREFERENCE, values), Preference)

    async def _one(self, owner: str, statement: str, values: Any) -> dict[str, Any]:
        async with self._database.private(owner) as connection:
            row = await (await connection.execute(statement.encode(), values)).fetchone()
        return row or {}
