"""The end of a document: its key and salt destroyed, and a certificate that anybody can check.

What is left is the sealed file, wherever it was pinned, and the commitment on the ledger; nothing
opens either any more. The certificate is signed as SEP-53 says, with the key that the service's
stellar.toml names.
"""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import logging
from typing import Any, Final

import msgspec
from stellar_sdk import Keypair
from stellar_sdk.exceptions import BadSignatureError

from api.audit import log as audit
from api.database import Connection, Database
from api.documents import records
from api.documents.config import DocumentsConfig
from api.documents.records import Record, State
from api.documents.storage.stores import StoreError
from api.documents.vault import Vault
from api.errors import Problem
from api.tokens import account_of

_STATEMENT: Final = "The key and the salt of this document were destroyed."
_IN_USE: Final = """
    SELECT encode(t.invoice, 'hex') AS invoice
    FROM read.terms AS t JOIN read.invoice AS i ON i.invoice = t.invoice
    JOIN read.address AS seller ON seller.id = t.seller
    WHERE t.doc_hash = %s AND i.ended_at IS NULL AND seller.address = %s LIMIT 1
"""
"""An invoice of the owner's own: anybody may list one with a hash that he saw."""
_BLANK: Final[dict[str, Any]] = {
    "name": None, "sha256": None, "natural": None, "reading": None, "facts": {}, "message": None,
    "waiting": None,
}  # fmt: skip

_log = logging.getLogger("stellarsettle.documents")


class Erasure:
    """Erases documents, on request or because their time is over."""

    def __init__(
        self, config: DocumentsConfig, database: Database, vault: Vault, signing_seed: str
    ) -> None:
        self._config = config
        self._database = database
        self._vault = vault
        self._signer = Keypair.from_secret(signing_seed)

    async def erase(self, record: Record, reason: str, *, by: str) -> Record:
        """Raises Problem where it must not be, ChangedError."""
        if record.state is State.ERASED:
            return record
        if record.hold is not None:
            raise Problem("legal-hold", f"This document is held: {record.hold}.")
        async with self._database.worker() as connection:
            await _require_unused(connection, record)
            await records.forget(connection, record.id)
            await audit.record(connection, by, "document.erase", str(record.id), reason=reason)
            certificate = self._certificate(record, reason, dt.datetime.now(dt.UTC))
            erased = await records.change(
                connection, record, State.ERASED, reason=reason, certificate=certificate, **_BLANK
            )
        await self._let_go(record)
        return erased

    async def _let_go(self, record: Record) -> None:
        """Free the space; whether that works is no matter, for nothing opens it."""
        await asyncio.to_thread(self._vault.quarantine.remove, record.id)
        try:
            if record.cid is not None:
                await self._vault.replicas.remove(record.cid)
        except StoreError as error:
            _log.warning("the sealed file of document %s stays: %s", record.id, error)

    def _certificate(self, record: Record, reason: str, now: dt.datetime) -> dict[str, str]:
        text = msgspec.json.encode(
            {
                "statement": _STATEMENT,
                "document": str(record.id),
                "doc_hash": record.commitment.hex() if record.commitment else None,
                "cid": record.cid,
                "reason": reason,
                "erased_at": now.isoformat(timespec="seconds"),
            }
        ).decode()
        signature = base64.b64encode(self._signer.sign_message(text)).decode()
        return {"message": text, "signature": signature, "signer": self._signer.public_key}


async def _require_unused(connection: Connection, record: Record) -> None:
    row = await (
        await connection.execute(_IN_USE, (record.commitment, account_of(record.owner)))
    ).fetchone()
    if row is not None:
        raise Problem("document-in-use", f"Invoice {row['invoice']} on the ledger speaks of it.")


def check_certificate(certificate: dict[str, str], signer: str) -> dict[str, Any]:
    """What a certificate says, if `signer` (the service's SIGNING_KEY) said it.

    Raises ValueError.
    """
    try:
        signature = base64.b64decode(certificate["signature"], validate=True)
        Keypair.from_public_key(signer).verify_message(certificate["message"], signature)
        said: dict[str, Any] = msgspec.json.decode(certificate["message"], type=dict[str, Any])
    except (KeyError, ValueError, BadSignatureError) as error:
        raise ValueError("this certificate was not signed by that key") from error
    return said
