"""Hashes of single ledgers beside a source that gives none, so that a changed history is noticed.

getEvents tells no hashes. So the header of a ledger is asked for where reading begins and every so
many ledgers after: what is stored from one must be found again by the next.
"""

from __future__ import annotations

from typing import Final

import msgspec

from contracts import rpc
from indexer.rpc import RpcClient
from indexer.sources.protocol import Batch, Header, Source

EVERY: Final = 720
"""Ledgers, about an hour: a ledger is a megabyte to read."""

_PREVIOUS_HASH: Final = slice(36, 68)
"""Where a LedgerHeaderHistoryEntry has the hash of the ledger before: after its own hash and the
header's protocol version."""


class WitnessedSource:
    """`source` with headers asked of the same node through `client`; see `Source`.

    A node that gives no ledgers leaves batches as they are.
    """

    def __init__(self, source: Source, client: RpcClient, every: int = EVERY) -> None:
        self._source = source
        self._client = client
        self._every = every
        self._expected = -1
        self._witnessed = -1

    @property
    def latest(self) -> int:
        """The newest ledger seen in any answer; 0 before the first."""
        return self._source.latest

    def fetch(self, after: int) -> Batch | None:
        """The ledgers after `after`, now and then with the headers of `after` and the last one."""
        batch = self._source.fetch(after)
        if batch is None:
            return None
        through = batch.through.ledger
        began = after != self._expected
        self._expected = through
        if not began and through - self._witnessed < self._every:
            return batch
        asked = (after, through) if began else (through,)
        headers = [head for ledger in asked if (head := header(self._client, ledger))]
        self._witnessed = through
        return msgspec.structs.replace(batch, headers=headers)


def header(client: RpcClient, ledger: int) -> Header | None:
    """The header of `ledger`, None if the node does not hold it or gives no ledgers at all.

    Raises `indexer.rpc.RpcUnavailableError`.
    """
    try:
        page = client.call(rpc.get_ledgers(ledger, limit=1))
    except rpc.RpcError:
        return None
    found = next((one for one in page.ledgers if one.sequence == ledger), None)
    if found is None or len(found.header_xdr) < _PREVIOUS_HASH.stop:
        return None
    return Header(
        ledger=ledger,
        hash=bytes.fromhex(found.hash),
        previous_hash=found.header_xdr[_PREVIOUS_HASH],
        closed_at=found.ledger_close_time,
    )
