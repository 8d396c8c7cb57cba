"""An example body for each kind of request, shown in the OpenAPI document."""

from __future__ import annotations

from typing import Any

from api.transactions import schemas

_INVOICE = {"invoice_id": "5f" * 32}
_ACCOUNT = "GAAZI4TCR3TY5OJHCTJC2A4QSY6CJWJH5IAJTGKIN2ER7LBNVKOCCWN7"
_ASSET = "CDLZFC3SYJYDZT7K67VZ75HPJVIEUVNIXF47ZG2FB2RMQQVU2HHGCYSC"

EXAMPLES: dict[type[schemas.Body], dict[str, Any]] = {
    schemas.CreateEscrow: {
        "debtor": _ACCOUNT,
        "asset": _ASSET,
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
        "doc_hash": "2c" * 32,
        "natural_key": {
            "seller_tax_id": "DE123456789",
            "debtor_tax_id": "FR12345678901",
            "number": "INV-0001",
            "amount": "10000.00",
            "currency": "EUR",
            "issue_date": "2026-11-01",
        },
        "attempt": 0,
    },
    schemas.OneInvoice: _INVOICE,
    schemas.Reasoned: _INVOICE | {"reason": "2c" * 32},
    schemas.Resolve: _INVOICE | {"outcome": "resume"},
    schemas.TransferShares: _INVOICE | {"to": _ACCOUNT, "amount": "5000000000"},
    schemas.Fund: _INVOICE | {"amount": "5000000000"},
    schemas.Pay: _INVOICE | {"amount": "5000000000"},
    schemas.ForHolder: _INVOICE,
    schemas.OneAsset: {"asset": _ASSET},
    schemas.SetMember: {"address": _ACCOUNT, "until": 1826900000, "frozen": False},
    schemas.SetAsset: {"asset": _ASSET, "allowed": True},
}
"""By request type; a test reads every one of them."""
