"""An example body for each kind of request, shown in the OpenAPI document."""

from __future__ import annotations

from typing import Any

import msgspec

from api.transactions.requests import Body

_INVOICE = "5f" * 32
_HASH = "2c" * 32
_ACCOUNT = "GAAZI4TCR3TY5OJHCTJC2A4QSY6CJWJH5IAJTGKIN2ER7LBNVKOCCWN7"
_ASSET = "CDLZFC3SYJYDZT7K67VZ75HPJVIEUVNIXF47ZG2FB2RMQQVU2HHGCYSC"

_VALUES: dict[str, Any] = {
    "invoice_id": _INVOICE,
    **dict.fromkeys(("to", "address", "spender", "treasury", "compliance", "arbiter"), _ACCOUNT),
    "from": _ACCOUNT,
    "holders": [_ACCOUNT],
    "asset": _ASSET,
    "amount": "5000000000",
    **dict.fromkeys(("doc_hash", "hash", "reason"), _HASH),
    "outcome": "resume",
    "until": 1826900000,
    "frozen": False,
    "allowed": True,
    "role": "verifier",
    "contract": "escrow",
    "live_until_ledger": 60000000,
    "authorization": {
        "entry": "AAAAAQ==",
        "signatures": [{"key": _ACCOUNT, "signature": "A" * 86 + "=="}],
    },
    "face": "100000000000",
    "target": "95000000000",
    "par": "98000000000",
    "min_raise": "50000000000",
    "fee_bps": 100,
    "late_bps": 10,
    "late_cap_bps": 1000,
    "due_at": 1800000000,
    "deadline": 1795800000,
    "grace": 864000,
    "release_delay": 86400,
    "needs_ack": True,
    "natural_key": {
        "seller_tax_id": "DE123456789",
        "debtor_tax_id": "FR12345678901",
        "number": "INV-0001",
        "amount": "10000.00",
        "currency": "EUR",
        "issue_date": "2026-11-01",
    },
}
_BOUNDS: dict[str, Any] = {
    "fee_bps": [0, 500],
    "late_bps": [0, 100],
    "late_cap_bps": [0, 3000],
    "grace": [0, 5184000],
    "release_delay": [0, 604800],
    "tenor": [2678400, 31536000],
    "recovery": 7776000,
    "dispute_limit": 2592000,
    "ticket": "10000000",
}


def example(request: type[Body]) -> dict[str, Any]:
    """A body with every field that is required."""
    fields = msgspec.structs.fields(request)
    values = _BOUNDS if any(field.name == "tenor" for field in fields) else _VALUES
    return {field.encode_name: values[field.encode_name] for field in fields if field.required}
