"""Is this the network, and the history, that the database follows? Asked of a node."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import psycopg

from contracts import rpc
from indexer.coverage import HistoryChangedError
from indexer.findings import Check, Finding
from indexer.rpc import RpcClient
from indexer.sources.witness import header

_ASKED: Final = 5
_KNOWN: Final = """
SELECT through, hash FROM ledger.stretch
WHERE hash IS NOT NULL AND through BETWEEN %s AND %s ORDER BY through DESC LIMIT %s
"""
_KEEP_NETWORK: Final = """
INSERT INTO ledger.network (passphrase) VALUES (%s) ON CONFLICT DO NOTHING
"""


class NetworkMismatchError(Exception):
    """The database follows another network."""

    def __init__(self, followed: str, asked: str) -> None:
        super().__init__(
            f"this database follows the network {followed!r}, not {asked!r}: use another database"
            " for another network, or correct NETWORK_PASSPHRASE and RPC_URL"
        )


def require_network(connection: psycopg.Connection, passphrase: str) -> None:
    """The database follows the network of this passphrase; an empty one does from now on.

    Raises `NetworkMismatchError`.
    """
    connection.execute(_KEEP_NETWORK, (passphrase,))
    row = connection.execute("SELECT passphrase FROM ledger.network").fetchone()
    if row and row[0] != passphrase:
        raise NetworkMismatchError(row[0], passphrase)


def require_history(connection: psycopg.Connection, client: RpcClient) -> None:
    """The newest ledger with a known hash, among those the node holds, has that hash there.

    Raises `indexer.coverage.HistoryChangedError`, and what `client` raises.
    """
    for ledger, stored, told in _compared(connection, client, 1):
        if stored != told:
            raise HistoryChangedError(ledger, stored, told)


def same_history(connection: psycopg.Connection, client: RpcClient) -> Iterator[Finding]:
    """Whether the newest known hashes are the node's."""
    for ledger, stored, told in _compared(connection, client, _ASKED):
        if stored != told:
            yield Finding(Check.CHAIN, str(HistoryChangedError(ledger, stored, told)))


def _compared(
    connection: psycopg.Connection, client: RpcClient, most: int
) -> Iterator[tuple[int, bytes, bytes]]:
    """Ledgers whose hash is known both here and there, newest first."""
    health = client.call(rpc.get_health())
    held = (health.oldest_ledger, health.latest_ledger, most)
    for ledger, stored in connection.execute(_KNOWN, held).fetchall():
        if found := header(client, ledger):
            yield ledger, stored, found.hash
