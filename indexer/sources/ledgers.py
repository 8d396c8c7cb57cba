"""Ledgers from stellar-rpc's getLedgers: whole ones, with headers and failed transactions.

A ledger of mainnet is more than a megabyte on the wire, so the size of an answer decides how many
are asked for next. Beyond the newest ledger the method gives an error, not an empty page.
"""

from __future__ import annotations

import re
from typing import Final

from contracts import rpc
from indexer.rpc import RpcClient
from indexer.sources.protocol import (
    Batch,
    BehindError,
    GapError,
    SourceUnavailableError,
    Speakers,
)
from indexer.sources.whole import Followed, require_next, unreadable
from indexer.xdr.ledger import ClosedLedger, read_ledger
from indexer.xdr.runtime import LedgerFormatError

ANSWER_BYTES: Final = 16 << 20
"""What an answer should be about as large as, so that memory stays bounded."""

_MOST: Final = 200
_FIRST: Final = 5
_RANGE: Final = re.compile(r"oldest ledger: (\d+) and the latest ledger: (\d+)")


class LedgerSource:
    """Follows the contracts of `speakers` through the node behind `client`.

    `passphrase` is the network's; `most` bounds the ledgers of an answer (the node's own bound is
    200), `answer_bytes` the size to aim at.
    """

    def __init__(
        self,
        client: RpcClient,
        speakers: Speakers,
        passphrase: str,
        *,
        most: int = _MOST,
        answer_bytes: int = ANSWER_BYTES,
    ) -> None:
        self._client = client
        self._followed = Followed(speakers, passphrase)
        self._most = most
        self._answer_bytes = answer_bytes
        self._limit = min(_FIRST, most)
        self._latest = 0

    @property
    def latest(self) -> int:
        """The newest ledger seen in any answer; 0 before the first."""
        return self._latest

    def fetch(self, after: int) -> Batch | None:
        """The next whole ledgers after `after`, see `indexer.sources.protocol.Source`."""
        self._latest = max(self._latest, after)
        page = self._page(after)
        if page is None or not page.ledgers:
            return None
        ledgers = [self._read(one) for one in sorted(page.ledgers, key=lambda one: one.sequence)]
        require_next(ledgers, after, self._client.url)
        return self._followed.batch(ledgers, self._latest)

    def _page(self, after: int) -> rpc.LedgerPage | None:
        """Ledgers after `after`; None if the node knows of nothing newer."""
        while True:
            try:
                request = rpc.get_ledgers(after + 1, limit=self._limit)
                page = self._client.call(request, retry_limit=False)
            except rpc.RpcError as error:
                if not self._can_go_on(after, error):
                    return None
                continue
            self._know(page.latest_ledger)
            self._fit(page)
            return page

    def _fit(self, page: rpc.LedgerPage) -> None:
        """Ask for as many next time as an answer should hold."""
        if page.ledgers:
            size = sum(len(one.metadata_xdr) for one in page.ledgers)
            self._limit = self._answer_bytes * len(page.ledgers) // max(1, size)
            self._limit = max(1, min(self._most, self._limit))

    def _can_go_on(self, after: int, error: rpc.RpcError) -> bool:
        """True to ask again for less, False if nothing newer is there; raises what is neither."""
        if error.code == rpc.PROCESSING_LIMIT and self._limit > 1:
            self._limit //= 2
            return True
        if error.code == rpc.PROCESSING_LIMIT:
            raise SourceUnavailableError(f"{self._client.url}: {error}") from error
        found = _RANGE.search(error.message)
        if error.code not in {rpc.INVALID_REQUEST, rpc.INVALID_PARAMS} or found is None:
            raise error
        oldest, newest = int(found[1]), int(found[2])
        self._know(newest)
        if after + 1 < oldest:
            raise GapError(after + 1, oldest - 1, self._client.url) from error
        if after < newest:
            raise SourceUnavailableError(f"{self._client.url}: {error}") from error
        return False

    def _know(self, newest: int) -> None:
        """An answer that knows less than an earlier one says nothing."""
        if newest < self._latest:
            raise BehindError(self._client.url, newest, self._latest)
        self._latest = newest

    def _read(self, info: rpc.LedgerInfo) -> ClosedLedger:
        where = f"ledger {info.sequence} of {self._client.url}"
        try:
            ledger = read_ledger(info.metadata_xdr, self._followed.wanted)
        except LedgerFormatError as error:
            raise unreadable(where, error) from error
        if ledger.header.hash.hex() != info.hash:
            raise unreadable(where, f"its hash is {ledger.header.hash.hex()}")
        return ledger
