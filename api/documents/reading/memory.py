"""What somebody's confirmed documents teach the reader of his next one."""

from __future__ import annotations

import msgspec

from api.documents.reading.known import Known
from api.documents.reading.layouts import Layout


class Memory(msgspec.Struct, frozen=True):
    """Parties to look for by name, and where their invoices have their fields, the last first."""

    parties: Known = Known()
    layouts: tuple[Layout, ...] = ()


NOTHING = Memory()
