"""A person's own case: told field by field, sealed, and open to nobody but compliance."""

from __future__ import annotations

import uuid
from typing import Any

from api.audit.log import record
from api.database import Connection, Database
from api.documents.storage.keys import MasterKeys, Secrets
from api.errors import Problem
from api.kyc import store
from api.kyc.fields import FIELDS, Field, check, missing
from api.kyc.schemas import AskedField, KycAnswer, KycRequest, ProvidedField
from api.kyc.sealing import sealed
from api.tokens import account_of

_AT_ONCE = 100


class Kyc:
    """Everybody's case, each seen by its owner. Without master keys nothing is taken."""

    def __init__(self, database: Database, keys: MasterKeys | None) -> None:
        self._database = database
        self._keys = keys

    @property
    def keys(self) -> MasterKeys:
        """The master keys; raises "kyc-unavailable" where there are none."""
        if self._keys is None:
            raise Problem("kyc-unavailable")
        return self._keys

    async def own(self, owner: str) -> KycAnswer:
        """How far somebody's case is; what is asked, before anything was told."""
        async with self._database.private(owner) as connection:
            return _answer(await store.own(connection, owner))

    async def put(self, owner: str, told: KycRequest) -> KycAnswer:
        """Take fields in, and begin the look at them once none is missing.

        Raises "invalid-field", "kyc-unavailable", or "forbidden" for an account that several
        people share: the member would be all of them.
        """
        if account_of(owner) != owner:
            raise Problem("forbidden", "Only an account of your own can be a member.")
        check(told.kind, told.fields)
        keys = self.keys
        async with self._database.private(owner) as connection:
            before = await store.own(connection, owner)
            if before is not None and before["kind"] != told.kind:
                before = None  # another kind of customer: nothing of what was told is kept
            case = uuid.uuid4() if before is None else before["case_id"]
            inside = Secrets.fresh()
            if before is not None:
                inside = keys.unwrap(case, store.wrapped_of(before))
            kept = {} if before is None else before["fields"]
            fields = {**kept, **sealed(inside.data_key, case, told.fields)}
            asked = set(before["asked"] if before is not None else ()) - set(told.fields)
            unfinished = bool(asked or missing(told.kind, fields))
            values = {
                "id": case,
                "owner": owner,
                "kind": told.kind,
                "status": "NEEDS_INFO" if unfinished else "PROCESSING",
                "fields": fields,
                "asked": sorted(asked),
            }
            await store.put(connection, values, keys.wrap(case, inside))
            told_now = {"fields": sorted(told.fields), "was": before and before["status"]}
            await record(connection, owner, "kyc.tell", str(case), **told_now)
            return _answer(await store.own(connection, owner))

    async def forget(self, owner: str) -> None:
        """Erase what somebody told, with its key; raises "kyc-kept" while it is accepted.

        What was accepted before is kept for as long as the law says, in `kyc_acceptance`.
        """
        async with self._database.private(owner) as connection:
            found = await store.own(connection, owner)
            if found is None:
                raise Problem("not-found", "You told nothing yet.")
            if found["status"] == "ACCEPTED":
                raise Problem("kyc-kept")
            await store.delete(connection, owner)
            await record(connection, owner, "kyc.forget", found["id"])

    async def rotate(self) -> int:
        """Wrap the keys of all cases with the newest master key; how many that were."""
        done = 0
        while True:
            async with self._database.worker() as connection:
                some = await self._rotate_some(connection)
            if not some:
                return done
            done += some

    async def _rotate_some(self, connection: Connection) -> int:
        old = await store.wrapped_before(connection, self.keys.current, _AT_ONCE)
        for held in old:
            again = self.keys.wrap(held.case, self.keys.unwrap(held.case, held.wrapped))
            await store.wrap_again(connection, held, again)
        return len(old)


def _answer(found: dict[str, Any] | None) -> KycAnswer:
    if found is None:
        return KycAnswer(
            id=None, kind="person", status="NEEDS_INFO", message=None,
            fields=_asked(list(FIELDS["person"].values())), provided_fields={},
            submitted_at=None, expires_at=None,
        )  # fmt: skip
    known = set(found["fields"]) - set(found["asked"])
    return KycAnswer(
        id=found["id"],
        kind=found["kind"],
        status=found["status"],
        message=found["message"],
        fields=_asked([f for f in FIELDS[found["kind"]].values() if f.name not in known]),
        provided_fields={name: ProvidedField(found["status"]) for name in sorted(known)},
        submitted_at=found["submitted_at"],
        expires_at=found["expires_at"],
    )


def _asked(fields: list[Field]) -> dict[str, AskedField]:
    return {f.name: AskedField(description=f.description, optional=f.optional) for f in fields}
