"""Routes of API keys. A key can make no key."""

from __future__ import annotations

import uuid

from litestar import Response, Router, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from api.access import BY_HAND, own
from api.errors import documented
from api.keys.schemas import KeyRequest, KeysAnswer, NewKey
from api.keys.service import Keys
from api.security import SIGNED_IN, Subject

_NO_STORE = {"Cache-Control": "no-store"}


@get("/", opt=BY_HAND, security=SIGNED_IN, summary="Own API keys",
     responses=documented(401, 403))  # fmt: skip
async def list_keys(
    keys: NamedDependency[Keys], subject: NamedDependency[Subject]
) -> Response[KeysAnswer]:
    """All but their secrets, the newest first."""
    return Response(KeysAnswer(await keys.own(subject.owner)), headers=_NO_STORE)


@post("/", opt=BY_HAND, security=SIGNED_IN, summary="Make an API key",
      responses=documented(400, 401, 403, 409, 413, 422))  # fmt: skip
async def make_key(
    data: JSONBody[KeyRequest], keys: NamedDependency[Keys], subject: NamedDependency[Subject]
) -> Response[NewKey]:
    """For a server that acts for you. The key is shown this once."""
    return Response(await keys.make(subject.owner, data), headers=_NO_STORE)


@delete("/{key_id:uuid}", opt=own("key", by_hand=True), security=SIGNED_IN, status_code=204,
        summary="Revoke an API key", responses=documented(401, 403, 404, 422))  # fmt: skip
async def revoke_key(
    key_id: FromPath[uuid.UUID], keys: NamedDependency[Keys], subject: NamedDependency[Subject]
) -> None:
    """It is refused from now on."""
    await keys.revoke(subject.owner, key_id)


router = Router("/v1/keys", route_handlers=[list_keys, make_key, revoke_key], tags=["accounts"])
