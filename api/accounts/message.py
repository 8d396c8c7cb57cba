"""SEP-53: signing in with a signed text, for wallets that would rather not sign a transaction.

A text proves a key, not an account. It counts where that key alone reaches the account's medium
threshold; several signers use SEP-10.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import secrets
import time
from datetime import UTC, datetime

from stellar_sdk import Keypair, StrKey
from stellar_sdk.exceptions import BadSignatureError

from api.accounts.once import use_once
from api.accounts.schemas import MessageChallenge, SignedMessage
from api.config import ApiConfig
from api.database import Database
from api.errors import Problem, invalid_field
from api.seals import Seals
from api.stellar import Ledger, LedgerAccount
from api.tokens import Proof

MESSAGE_SECONDS = 600

_PURPOSE = "sep53"
_TEXT = """\
{domain} wants you to sign in with your Stellar account:
{account}

Signing this proves that the account is yours. It moves no money and costs nothing.

URI: {uri}
Network: {network}
Issued At: {issued}
Expiration Time: {expires}
Nonce: {nonce}"""
_EXPIRES = re.compile(r"^Expiration Time: (\S+)$", re.MULTILINE)


class MessageSignIn:
    """Gives out texts and turns signed ones into proofs."""

    def __init__(self, config: ApiConfig, database: Database, ledger: Ledger, seals: Seals) -> None:
        self._config = config
        self._database = database
        self._ledger = ledger
        self._seals = seals

    def challenge(self, account: str, *, now: float | None = None) -> MessageChallenge:
        """A text for `account`, good for ten minutes on our clock."""
        if not StrKey.is_valid_ed25519_public_key(account):
            raise invalid_field("?account", "Sign in with an ordinary account: G and 55 more.")
        issued = int(time.time() if now is None else now)
        expires = issued + MESSAGE_SECONDS
        text = _TEXT.format(
            domain=self._config.home_domain,
            account=account,
            uri=self._config.public_url,
            network=self._config.network_passphrase,
            issued=_written(issued),
            expires=_written(expires),
            nonce=secrets.token_urlsafe(16),
        )
        # The seal makes the text ours; nothing of it has to be kept until it comes back.
        return MessageChallenge(f"{text}.{self._seals.seal(_PURPOSE, text)}", expires)

    async def redeem(self, signed: SignedMessage) -> Proof:
        """What a signed text proves; raises "challenge-refused"."""
        expires_at = self._check(signed)
        known = await self._ledger.account(signed.account)
        payload = hashlib.sha256(b"Stellar Signed Message:\n" + signed.message.encode()).digest()
        _verify(known, signed.account, payload, _signature(signed.signature))
        digest = hashlib.sha256(signed.message.encode()).digest()
        await use_once(self._database, digest, expires_at)
        return Proof(owner=signed.account, method="sep53")

    def _check(self, signed: SignedMessage) -> int:
        """When the text is over; it must be ours, for this account, and not over yet."""
        text, _, seal = signed.message.rpartition(".")
        lines = text.splitlines()
        if not self._seals.fits(_PURPOSE, text, seal) or lines[1] != signed.account:
            raise Problem("challenge-refused", "This is no message of ours for this account.")
        found = _EXPIRES.search(text)
        expires_at = int(datetime.fromisoformat(found[1]).timestamp()) if found else 0
        if time.time() >= expires_at:
            raise Problem("challenge-refused", "The time of this message is over.")
        return expires_at


def _verify(known: LedgerAccount | None, account: str, payload: bytes, signature: bytes) -> None:
    """One key must have signed that can act for the account alone."""
    signers = {account: 1} if known is None else {s.address: s.weight for s in known.signers}
    needed = 1 if known is None else max(known.medium_threshold, 1)
    for address, weight in signers.items():
        try:
            Keypair.from_public_key(address).verify(payload, signature)
        except BadSignatureError:
            continue
        if weight < needed:
            raise Problem(
                "challenge-refused",
                f"This key has the weight {weight}, the account wants {needed}: use GET /auth, "
                "which several can sign.",
            )
        return
    raise Problem("challenge-refused", "No signer of the account signed this message.")


def _signature(text: str) -> bytes:
    """64 bytes; SEP-43 says hexadecimal, wallets in use send base64."""
    try:
        made = bytes.fromhex(text) if len(text) == 128 else base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error) as error:
        raise invalid_field("/signature", "A signature is 64 bytes in base64 or hex.") from error
    if len(made) != 64:
        raise invalid_field("/signature", "A signature is 64 bytes in base64 or hex.")
    return made


def _written(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
