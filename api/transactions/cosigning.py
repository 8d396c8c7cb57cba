"""The second signature: a Soroban authorization entry that one signs and another submits.

The envelope's signature speaks for its source only. Whoever else must authorise signs, with a
wallet's `signAuthEntry` (SEP-43), the SHA-256 of a preimage that holds network, nonce, the last
ledger and the whole call with its arguments; nothing else can be made of that signature.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from stellar_sdk import Address, Keypair, Network, scval, xdr
from stellar_sdk.exceptions import BadSignatureError

from api.errors import Problem
from api.transactions.requests import KeySignature, SignedAuthorization

_ACCOUNT_CREDENTIALS = xdr.SorobanCredentialsType.SOROBAN_CREDENTIALS_ADDRESS
_UNREADABLE = (ValueError, KeyError, IndexError, TypeError, EOFError)

Entry = xdr.SorobanAuthorizationEntry


def signer_of(entry: Entry) -> str | None:
    """Whose signature an entry holds or wants; None where the envelope's source is enough."""
    credentials = entry.credentials.address
    return None if credentials is None else Address.from_xdr_sc_address(credentials.address).address


def until(entry: Entry, ledger: int) -> Entry:
    """The entry as it is to be signed: good through `ledger`."""
    credentials = _credentials(entry)
    credentials.signature_expiration_ledger = xdr.Uint32(ledger)
    credentials.signature = scval.to_void()
    return entry


def preimage(entry: Entry, passphrase: str) -> bytes:
    """What a wallet is given; the SHA-256 of it is what it signs."""
    credentials = _credentials(entry)
    return xdr.HashIDPreimage(
        xdr.EnvelopeType.ENVELOPE_TYPE_SOROBAN_AUTHORIZATION,
        soroban_authorization=xdr.HashIDPreimageSorobanAuthorization(
            network_id=xdr.Hash(Network(passphrase).network_id()),
            nonce=credentials.nonce,
            signature_expiration_ledger=credentials.signature_expiration_ledger,
            invocation=entry.root_invocation,
        ),
    ).to_xdr_bytes()


def signed(given: SignedAuthorization, wanted: Entry, passphrase: str) -> Entry:
    """The entry with its signatures in place; `wanted` is whose it must be and for which call.

    Raises the problem "authorization-refused" that says what is wrong with it.
    """
    try:
        entry = Entry.from_xdr_bytes(given.entry)
    except _UNREADABLE as error:
        raise _refused("The entry is not the XDR of an authorization.") from error
    if entry.credentials.type != _ACCOUNT_CREDENTIALS or signer_of(entry) != signer_of(wanted):
        raise _refused(f"The authorization must be that of {signer_of(wanted)}.")
    if entry.root_invocation != wanted.root_invocation:
        raise _refused("The authorization is for another call than this one.")
    payload = hashlib.sha256(preimage(entry, passphrase)).digest()
    _credentials(entry).signature = _signatures(given.signatures, payload)
    return entry


def _signatures(given: Sequence[KeySignature], payload: bytes) -> xdr.SCVal:
    """As accounts want them: maps of key and signature, in the order of the keys."""
    keys = {Keypair.from_public_key(one.key): one.signature for one in given}
    for key, signature in keys.items():
        try:
            key.verify(payload, signature)
        except (BadSignatureError, ValueError) as error:
            raise _refused(
                f"The signature of {key.public_key} is not one of this entry's preimage."
            ) from error
    ordered = sorted(keys.items(), key=lambda item: item[0].raw_public_key())
    return scval.to_vec(
        [
            scval.to_struct(
                {
                    "public_key": scval.to_bytes(key.raw_public_key()),
                    "signature": scval.to_bytes(bytes(signature)),
                }
            )
            for key, signature in ordered
        ]
    )


def _credentials(entry: Entry) -> xdr.SorobanAddressCredentials:
    if entry.credentials.address is None:
        raise _refused("The authorization holds no address.")
    return entry.credentials.address


def _refused(detail: str) -> Problem:
    return Problem("authorization-refused", detail)
