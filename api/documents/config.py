"""What documents need: keys, a scanner, stores, and how long things are kept."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import msgspec

from api.documents.scanning import Scanner
from api.documents.storage.keys import MasterKeys
from api.documents.storage.stores import FolderStore, KuboStore, PinataStore, Replicas, Store


class DocumentsConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Without a `folder` of its own nothing works; Kubo and Pinata keep further copies."""

    folder: Path
    """Sealed files: those on their way in `quarantine`, those that are kept in `store`."""
    master_keys: MasterKeys
    scanner: str
    """Where clamd listens: the path of a socket, or `host:port`."""
    signature_age: dt.timedelta = dt.timedelta(days=3)
    """The scanner's signatures may be so old; older, and nothing is taken in."""
    test_signatures: bool = False
    """Accept a scanner that knows the EICAR test file only. Never where documents are real."""
    kubo_url: str = ""
    pinata_url: str = "https://api.pinata.cloud"
    pinata_gateway: str = "https://gateway.pinata.cloud"
    pinata_token: str = ""
    waiting_per_owner: int = 50
    """Documents of one owner that may wait for a worker."""
    documents_per_owner: int = 5_000
    """Documents that are kept for one owner; what was refused or erased does not count."""
    bytes_per_owner: int = 5 << 30
    """Bytes of them."""
    keep_unfinished: dt.timedelta = dt.timedelta(days=90)
    """Documents that nobody confirmed are erased after this."""
    keep_confirmed: dt.timedelta = dt.timedelta(days=3650)
    """Confirmed ones after this, once no invoice on the ledger needs them any more."""

    def make_scanner(self) -> Scanner:
        """The scanner of these settings."""
        return Scanner(
            self.scanner,
            max_age=self.signature_age,
            allow_test_signatures=self.test_signatures,
        )

    def make_replicas(self) -> Replicas:
        """The stores of these settings, the nearest first."""
        stores: list[Store] = [FolderStore(self.folder / "store")]
        if self.kubo_url:
            stores.append(KuboStore(self.kubo_url))
        if self.pinata_token:
            stores.append(PinataStore(self.pinata_url, self.pinata_gateway, self.pinata_token))
        return Replicas(stores)

    def __repr__(self) -> str:
        """Without secrets."""
        return f"DocumentsConfig(folder={str(self.folder)!r}, scanner={self.scanner!r})"
