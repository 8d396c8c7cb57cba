"""What a stream tells."""

from __future__ import annotations

import msgspec


class LiveHint(msgspec.Struct, frozen=True):
    """Read again what shows these topics: it has changed up to this ledger.

    `ledger` is the event's id too. A hint without topics only tells where the stream stands.
    """

    ledger: int
    topics: tuple[str, ...]
