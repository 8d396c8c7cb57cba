"""Bearer tokens: JWTs signed with Ed25519 (RFC 8037), each naming the key that signed it.

A key is replaced by putting a new one before it: new tokens are signed with the new key, those of
the former stay good until they end, and both are published for as long as both are configured.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
import uuid
from typing import Any, Literal

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from stellar_sdk import MuxedAccount, StrKey

from api.config import ApiConfig
from contracts.wire import Address

ALGORITHM = "EdDSA"
_REQUIRED = ["iss", "aud", "sub", "iat", "exp", "jti"]


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody proved when signing in."""

    owner: str
    """Whose rows: the account (G...), its numbered user (M...) or the user of a memo (G...:1)."""
    method: str
    """How: `sep10` or `sep53`."""
    client_domain: str | None = None
    """The wallet's domain, where it proved that too."""


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks."""

    owner: str
    """Whose rows these are in schema app: `sub` of the token."""
    address: Address
    """The account on the ledger (G...) that acts for this owner."""
    expires_at: int
    session: uuid.UUID | None = None
    via: Literal["token", "cookie", "key"] = "token"
    key: uuid.UUID | None = None
    scopes: frozenset[str] = frozenset()
    """What an API key may be used for; empty for a person, who may use everything."""

    @property
    def shared(self) -> bool:
        """Whether the account on the ledger is shared: roles on it are then nobody's here."""
        return self.owner != self.address


def account_of(owner: str) -> Address:
    """The account on the ledger of an owner; raises ValueError if it names none."""
    account = owner.partition(":")[0]
    if account.startswith("M"):
        account = MuxedAccount.from_account(account).account_id
    if not StrKey.is_valid_ed25519_public_key(account):
        raise ValueError("this is no account (G... or M...)")
    return Address(account)


class Tokens:
    """Issues tokens with the newest key and checks those of every configured one."""

    def __init__(self, config: ApiConfig) -> None:
        seeds = (config.token_seed, *config.former_token_seeds)
        self._keys = {key.id: key for key in map(_Key, seeds)}
        self._newest = next(iter(self._keys.values()))
        self._issuer = config.public_url
        self._home_domain = config.home_domain
        self._seconds = config.token_seconds

    def issue(self, proof: Proof, *, session: uuid.UUID | None = None) -> str:
        """A token for what was proven, valid from now for the configured time (15 minutes)."""
        now = int(time.time())
        claims = {
            "iss": self._issuer,
            "aud": self._issuer,
            "sub": proof.owner,
            "iat": now,
            "exp": now + self._seconds,
            "jti": secrets.token_urlsafe(16),
            "home_domain": self._home_domain,
            "amr": [proof.method],
        }
        if proof.client_domain is not None:
            claims["client_domain"] = proof.client_domain
        if session is not None:
            claims["sid"] = str(session)
        key = self._newest
        return jwt.encode(claims, key.private, algorithm=ALGORITHM, headers={"kid": key.id})

    def check(self, token: str) -> Subject:
        """Who is behind a token; raises `jwt.InvalidTokenError`."""
        key = self._keys.get(str(jwt.get_unverified_header(token).get("kid")), self._newest)
        claims = jwt.decode(
            token,
            key.private.public_key(),
            algorithms=[ALGORITHM],
            issuer=self._issuer,
            audience=self._issuer,
            options={"require": _REQUIRED},
        )
        try:
            session = uuid.UUID(claims["sid"]) if "sid" in claims else None
            address = account_of(claims["sub"])
        except ValueError as error:
            raise jwt.InvalidTokenError(str(error)) from error
        return Subject(
            owner=claims["sub"], address=address, expires_at=claims["exp"], session=session
        )

    def jwks(self) -> dict[str, Any]:
        """The public keys as a JSON Web Key Set (RFC 7517), the newest first."""
        return {"keys": [key.public() for key in self._keys.values()]}


class _Key:
    """One Ed25519 key; its id is its thumbprint (RFC 7638)."""

    def __init__(self, seed: bytes) -> None:
        self.private = Ed25519PrivateKey.from_private_bytes(seed)
        raw = self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self._x = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
        canonical = f'{{"crv":"Ed25519","kty":"OKP","x":"{self._x}"}}'.encode()
        digest = hashlib.sha256(canonical).digest()
        self.id = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def public(self) -> dict[str, Any]:
        """The half that everybody may have (RFC 8037)."""
        return {
            "kty": "OKP", "crv": "Ed25519", "x": self._x,
            "kid": self.id, "alg": ALGORITHM, "use": "sig",
        }  # fmt: skip
