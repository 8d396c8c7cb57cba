"""Makes, lists, revokes and recognises API keys."""

from __future__ import annotations

import hashlib
import secrets
import uuid

import msgspec

from api.audit.log import record
from api.database import Database
from api.errors import Problem
from api.keys.schemas import Key, KeyRequest, NewKey
from api.limits.holdings import count_of, has_room
from api.tokens import Subject, account_of

PREFIX = "sskey_"
MOST = 20
"""How many good keys one owner may have."""

_PRESENTED = "SELECT set_config('stellarsettle.key', %s, true)"
_COLUMNS = """
id::text, name, scopes,
extract(epoch FROM created_at)::bigint AS created_at,
extract(epoch FROM expires_at)::bigint AS expires_at,
extract(epoch FROM used_at)::bigint AS used_at,
extract(epoch FROM revoked_at)::bigint AS revoked_at
"""
_GOOD = "revoked_at IS NULL AND expires_at > now()"
_COUNT = count_of("api_key", _GOOD)
_INSERT = f"""
INSERT INTO app.api_key (id, owner, name, scopes, digest, expires_at)
VALUES (%(id)s, %(owner)s, %(name)s, %(scopes)s, %(digest)s,
        now() + make_interval(days => %(days)s))
RETURNING {_COLUMNS}
"""  # noqa: S608
_OWN = f"SELECT {_COLUMNS} FROM app.api_key ORDER BY app.api_key.created_at DESC, id"  # noqa: S608
_REVOKE = """
UPDATE app.api_key SET revoked_at = now() WHERE id = %s AND revoked_at IS NULL RETURNING id
"""
_FIND = f"""
SELECT id, owner, scopes, extract(epoch FROM expires_at)::bigint AS expires_at,
       coalesce(used_at < now() - interval '1 minute', true) AS unused
FROM app.api_key WHERE digest = %s AND {_GOOD}
"""  # noqa: S608
_USED = "UPDATE app.api_key SET used_at = now() WHERE id = %s"


class Keys:
    """Everybody's API keys."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def make(self, owner: str, wanted: KeyRequest) -> NewKey:
        """A new key, the only time that it is told; raises "too-many"."""
        key = PREFIX + secrets.token_urlsafe(32)
        values = {
            "id": uuid.uuid4(),
            "owner": owner,
            "name": wanted.name,
            "scopes": sorted(set(wanted.scopes)),
            "digest": _digest(key),
            "days": wanted.days,
        }
        async with self._database.private(owner) as connection:
            if not await has_room(connection, owner, _COUNT, MOST):
                raise Problem("too-many", f"You have {MOST} keys: revoke one first.")
            made = await (await connection.execute(_INSERT, values)).fetchone()
            did = {"scopes": values["scopes"], "days": wanted.days}
            await record(connection, owner, "key.make", str(values["id"]), **did)
        return msgspec.convert({**(made or {}), "key": key}, NewKey)

    async def own(self, owner: str) -> tuple[Key, ...]:
        """An owner's keys, the newest first."""
        async with self._database.private(owner) as connection:
            rows = await (await connection.execute(_OWN)).fetchall()
        return tuple(msgspec.convert(row, Key) for row in rows)

    async def revoke(self, owner: str, key: uuid.UUID) -> None:
        """End an own key; raises "not-found" for anybody else's, and one that was ended."""
        async with self._database.private(owner) as connection:
            if await (await connection.execute(_REVOKE, (key,))).fetchone() is None:
                raise Problem("not-found", "You have no key of that id that is good.")
            await record(connection, owner, "key.revoke", str(key))

    async def recognise(self, key: str) -> Subject | None:
        """For whom a key acts, and with which scopes; None if it is no good key."""
        digest = _digest(key)
        async with self._database.public() as connection, connection.transaction():
            await connection.execute(_PRESENTED, (digest.hex(),))
            found = await (await connection.execute(_FIND, (digest,))).fetchone()
            if found is None:
                return None
            if found["unused"]:
                await connection.execute(_USED, (found["id"],))
        return Subject(
            owner=found["owner"],
            address=account_of(found["owner"]),
            expires_at=found["expires_at"],
            via="key",
            key=found["id"],
            scopes=frozenset(found["scopes"]),
        )


def _digest(key: str) -> bytes:
    """The key is random: a plain hash of it cannot be guessed back."""
    return hashlib.sha256(key.encode("utf-8", "replace")).digest()
