"""Sessions: families of refresh tokens in which each token is good once.

A refresh token is `session.generation.seal`. It says nothing but its place in the family, so the
successor of a token can be made again: an answer that was lost, or two requests of a browser at
the same time, get the same one for some seconds. Later a token that was used before is somebody
else's, and ends the family.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections import OrderedDict
from typing import Any

import msgspec

from api.config import ApiConfig
from api.database import Database
from api.errors import Problem
from api.seals import Seals
from api.sessions import store
from api.sessions.schemas import BearerToken, Kind
from api.tokens import Proof, Subject, Tokens, account_of

_log = logging.getLogger("stellarsettle.api")

_REFRESH, _CSRF = "refresh", "csrf"
GRACE_SECONDS = 10.0
"""How long the successor of a token is given out again."""
_REMEMBERED_SECONDS = 5.0
"""How long another process may still take a session for good after it was ended."""
_REMEMBERED = 10_000
_AGENT = 200


class Renewed(msgspec.Struct, frozen=True):
    """A session and the refresh token that is good now."""

    session: uuid.UUID
    proof: Proof
    kind: str
    token: str


class Sessions:
    """Begins, renews and ends sessions, and knows which are good."""

    def __init__(self, config: ApiConfig, database: Database, tokens: Tokens, seals: Seals) -> None:
        self._config = config
        self._database = database
        self._tokens = tokens
        self._seals = seals
        self._good_until: OrderedDict[uuid.UUID, float] = OrderedDict()

    @property
    def cookie_seconds(self) -> int:
        """How long a browser keeps the cookie of a session that nobody uses."""
        return self._config.session_idle_seconds

    async def begin(self, proof: Proof, *, kind: Kind, agent: str) -> Renewed:
        """A new session of whoever gave the proof."""
        session = uuid.uuid4()
        seconds = self._config.session_seconds
        async with self._database.private(proof.owner) as connection:
            await store.insert(
                connection, session, proof, kind=kind, agent=agent[:_AGENT], seconds=seconds
            )
        return Renewed(session, proof, kind, self._token(session, 0))

    def bearer(self, renewed: Renewed) -> BearerToken:
        """What a client that keeps its own tokens is told."""
        return BearerToken(
            token=self._tokens.issue(renewed.proof, session=renewed.session),
            expires_at=int(time.time()) + self._config.token_seconds,
            refresh_token=renewed.token,
            session_id=str(renewed.session),
        )

    async def renew(self, token: str) -> Renewed:
        """The next token of a family; raises "session-over", also for one used before."""
        session, generation = self._read(token)
        found, renewed = await self._advanced(session, generation)
        if found is None or not found["good"]:
            raise Problem("session-over")
        behind = found["generation"] - generation
        if not renewed and (behind != 1 or found["age"] > GRACE_SECONDS):
            await self._end_family(session)
            raise Problem("session-over", "This refresh token was used before: sign in again.")
        return _renewed(found, self._token(session, generation + 1))

    async def _advanced(
        self, session: uuid.UUID, generation: int
    ) -> tuple[dict[str, Any] | None, bool]:
        """The session, and whether it was this call that took it to the next generation."""
        idle = self._config.session_idle_seconds
        async with self._database.public() as connection, connection.transaction():
            await store.present(connection, session)
            renewed = await store.renew(connection, session, generation, idle=idle)
            return await store.by_id(connection, session, idle=idle), renewed

    async def of_cookie(self, token: str) -> tuple[Subject, str] | None:
        """Who a browser is, and the cookie to give it now; None if it is nobody.

        The cookie is renewed when it is as old as a bearer token may become.
        """
        try:
            session, generation = self._read(token)
            found = await self._find(session)
            if found is None or found["kind"] != "cookie" or not found["good"]:
                return None
            if generation != found["generation"] or found["age"] > self._config.token_seconds:
                token = (await self.renew(token)).token
        except Problem:
            return None
        subject = Subject(
            owner=found["owner"],
            address=account_of(found["owner"]),
            expires_at=found["expires_at"],
            session=session,
            via="cookie",
        )
        return subject, token

    async def is_good(self, session: uuid.UUID) -> bool:
        """Whether a session is neither ended nor over, as of at most five seconds ago."""
        now = time.monotonic()
        if self._good_until.get(session, 0.0) > now:
            return True
        found = await self._find(session)
        good = found is not None and found["good"]
        if good:
            self._good_until[session] = now + _REMEMBERED_SECONDS
            self._good_until.move_to_end(session)
            while len(self._good_until) > _REMEMBERED:
                self._good_until.popitem(last=False)
        return bool(good)

    async def _find(self, session: uuid.UUID) -> dict[str, Any] | None:
        async with self._database.public() as connection, connection.transaction():
            await store.present(connection, session)
            idle = self._config.session_idle_seconds
            return await store.by_id(connection, session, idle=idle)

    async def own(self, owner: str) -> list[dict[str, Any]]:
        """An owner's good sessions, the newest first."""
        async with self._database.private(owner) as connection:
            return await store.own(connection, idle=self._config.session_idle_seconds)

    async def end(self, owner: str, session: uuid.UUID | None) -> int:
        """Sign out of one own session, or of all; how many that ended."""
        why = "everywhere" if session is None else "sign-out"
        async with self._database.private(owner) as connection:
            ended = await store.end(connection, session, why=why)
        for each in ended:
            self._good_until.pop(each, None)
        return len(ended)

    async def _end_family(self, session: uuid.UUID) -> None:
        async with self._database.public() as connection, connection.transaction():
            await store.present(connection, session)
            await store.end(connection, session, why="re-use")
        self._good_until.pop(session, None)
        _log.warning("session %s: a refresh token was used twice; the session is ended", session)

    def csrf_token(self, session: uuid.UUID) -> str:
        """What a page must send with everything but GET; the same for a session's whole life."""
        return self._seals.seal(_CSRF, str(session))

    def is_csrf_token(self, session: uuid.UUID, given: str) -> bool:
        """Whether a page's token belongs to its session."""
        return self._seals.fits(_CSRF, str(session), given)

    def _token(self, session: uuid.UUID, generation: int) -> str:
        place = f"{session.hex}.{generation}"
        return f"{place}.{self._seals.seal(_REFRESH, place)}"

    def _read(self, token: str) -> tuple[uuid.UUID, int]:
        place, _, seal = token.rpartition(".")
        if not self._seals.fits(_REFRESH, place, seal):
            raise Problem("session-over", "This is no refresh token of ours.")
        session, _, generation = place.partition(".")
        return uuid.UUID(session), int(generation)


def _renewed(found: dict[str, Any], token: str) -> Renewed:
    proof = Proof(
        owner=found["owner"], method=found["method"], client_domain=found["client_domain"]
    )
    return Renewed(found["id"], proof, found["kind"], token)
