"""What somebody's confirmed documents teach the reader of his next one."""

from __future__ import annotations

import msgspec

from api.documents.reading.known import Known, Party
from api.documents.reading.layouts import Layout


class Memory(msgspec.Struct, frozen=True):
    """Parties to look for by name, and where their invoices have their fields, the last first."""

    parties: Known = Known()
    layouts: tuple[Layout, ...] = ()

    def with_sellers(self, sellers: tuple[Party, ...]) -> Memory:
        """The same, and further sellers to look for."""
        known = dict.fromkeys((*self.parties.sellers, *sellers))
        parties = msgspec.structs.replace(self.parties, sellers=tuple(known))
        return msgspec.structs.replace(self, parties=parties)


NOTHING = Memory()
