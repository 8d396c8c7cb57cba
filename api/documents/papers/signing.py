"""Acceptance of a paper: a text that names its hash, signed as SEP-53 says by an account's own key.

Who has the file, the text and the signature needs nobody to check it: no service and no ledger.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Final

import msgspec
from stellar_sdk import Keypair
from stellar_sdk.exceptions import BadSignatureError, Ed25519PublicKeyInvalidError

_TEXT: Final = """I accept this paper.

Paper: {title}, version {version}
SHA-256: {sha256}
Signer: {signer}
Network: {network}"""


class Signature(msgspec.Struct, frozen=True):
    """An acceptance: who signed which text, the signature in base64, when in Unix seconds."""

    signer: str
    message: str
    signature: str
    at: int


class Signed(msgspec.Struct, frozen=True):
    """Of an answer about a paper the part that proves something."""

    signatures: tuple[Signature, ...]


def text(title: str, version: int, sha256: bytes, signer: str, network: str) -> str:
    """What is signed; `signer` is a G... address."""
    return _TEXT.format(
        title=title, version=version, sha256=sha256.hex(), signer=signer, network=network
    )


def require(signer: str, message: str, signature: str) -> None:
    """Raises ValueError unless the key of `signer` signed `message`."""
    try:
        signed = base64.b64decode(signature, validate=True)
        Keypair.from_public_key(signer).verify_message(message, signed)
    except (ValueError, BadSignatureError, Ed25519PublicKeyInvalidError) as error:
        raise ValueError(f"the key of {signer} did not sign this text") from error


def accepts(pdf: bytes, given: Signature) -> None:
    """Raises ValueError unless this is an acceptance of this very file by its signer."""
    require(given.signer, given.message, given.signature)
    lines = given.message.splitlines()
    if not lines or lines[0] != _TEXT.splitlines()[0]:
        raise ValueError("the text that was signed accepts nothing")
    if f"SHA-256: {hashlib.sha256(pdf).hexdigest()}" not in lines:
        raise ValueError("the text that was signed names another file")
    if f"Signer: {given.signer}" not in lines:
        raise ValueError("the text that was signed names another signer")
