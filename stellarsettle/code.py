"""Whether the code on a ledger is the code that was built here."""

from __future__ import annotations

import msgspec

from contracts.wire import Address
from stellarsettle import instance
from stellarsettle.chain import Chain
from stellarsettle.deploy import code_hash
from stellarsettle.instance import Instance

_EMPTY = Instance(None, {})


class Compared(msgspec.Struct, frozen=True):
    """One piece of code: what it is, the SHA-256 built here, and the one on the ledger, in hex."""

    name: str
    built: str
    found: str | None

    @property
    def equal(self) -> bool:
        """Whether the ledger runs what was built."""
        return self.built == self.found


def verify(chain: Chain, escrow: Address, distributor: Address) -> list[Compared]:
    """Compare escrow, distributor and the tokens of new invoices, and what is announced for them.

    Announced code is compared as well: it will run unless somebody withdraws it.
    """
    return [
        Compared(name, code_hash(name.partition(",")[0]), found)
        for name, found in on_ledger(chain, escrow, distributor)
    ]


def on_ledger(chain: Chain, escrow: Address, distributor: Address) -> list[tuple[str, str | None]]:
    """The code that runs by its contract's name, each followed by what is announced for it.

    Code is its SHA-256 in hex; None where nothing is deployed.
    """
    at_escrow = instance.read(chain, escrow) or _EMPTY
    at_distributor = instance.read(chain, distributor) or _EMPTY
    upgrade = ("PendingUpgrade",)
    token = _hex(at_escrow.storage.get(("TokenCode",)))
    codes: list[tuple[str, str | None]] = []
    for name, running, announced in (
        ("invoice_escrow", at_escrow.code, at_escrow.storage.get(upgrade)),
        ("payment_distributor", at_distributor.code, at_distributor.storage.get(upgrade)),
        ("invoice_token", token, at_escrow.storage.get(("NextTokenCode",))),
    ):
        codes.append((name, running))
        if announced is not None:
            codes.append((f"{name}, announced", _hex(announced["hash"])))
    return codes


def _hex(code: bytes | None) -> str | None:
    return None if code is None else code.hex()
