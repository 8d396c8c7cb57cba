"""People of the local ledger whose keys everybody may have: a wallet for trying out."""

from __future__ import annotations

from pathlib import Path

import msgspec


class Person(msgspec.Struct, frozen=True):
    """Somebody to be: a name with the role, the account and its secret seed."""

    name: str
    address: str
    seed: str

    @property
    def role(self) -> str:
        """What a name ends with: "Ada, investor" is an investor, "verifier" the verifier."""
        return self.name.rpartition(", ")[2]


def people(path: str) -> tuple[Person, ...]:
    """Who is in the file; nobody while it is not there."""
    file = Path(path)
    if not path or not file.is_file():
        return ()
    return msgspec.json.decode(file.read_bytes(), type=tuple[Person, ...])
