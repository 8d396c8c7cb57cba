"""What a wallet or a page needs beside the transaction itself: derived, never stored."""

from __future__ import annotations

from collections import Counter
from typing import Final
from urllib.parse import quote

import msgspec

from api.config import ApiConfig
from api.transactions.schemas import Holding, Intent

QR_BYTES: Final = 2_953
"""What the largest QR code holds (version 40, low correction, bytes)."""

_MESSAGE = 300
"""How long SEP-7 lets a message be."""


def offered(intent: Intent, config: ApiConfig) -> Intent:
    """The intent with how to sign and submit it, what it moves, and what to read afterwards."""
    link = sep7(intent)
    return msgspec.structs.replace(
        intent,
        leaves=_moved(intent, "from_"),
        gets=_moved(intent, "to"),
        rpc_url=config.browser_rpc_url,
        sep7=link,
        qr=link if len(link) <= QR_BYTES else f"{config.public_url}/tx/{intent.id}",
        cursor_needed=intent.ledger if intent.status in ("in_ledger", "projected") else None,
        affected=_affected(intent),
    )


def sep7(intent: Intent) -> str:
    """The request to sign and submit, for whoever can sign for its source."""
    values = {
        "xdr": intent.xdr,
        "network_passphrase": intent.network_passphrase,
        "pubkey": intent.source,
        "msg": intent.summary[:_MESSAGE],
    }
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in values.items())
    return f"web+stellar:tx?{query}"


def _moved(intent: Intent, side: str) -> tuple[Holding, ...]:
    """What the simulation moves from or to the signer; what only passes through is in both."""
    sums: Counter[str] = Counter()
    for move in intent.moves:
        if getattr(move, side) == intent.source:
            sums[move.token] += int(move.amount)
    return tuple(Holding(token, str(amount)) for token, amount in sums.items())


def _affected(intent: Intent) -> tuple[str, ...]:
    if intent.invoice_id is None:
        return ("platform",)
    return (f"invoice:{intent.invoice_id}", "invoices", "marketplace", "platform", "portfolio")
