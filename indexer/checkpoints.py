"""Conservation checked while the indexer runs: in a thread of its own, disturbing nobody."""

from __future__ import annotations

import logging
import threading
from types import TracebackType
from typing import Final, Self

import psycopg

from contracts import rpc
from contracts.scval import ScvalError
from indexer import conservation
from indexer.progress import Step
from indexer.rpc import RpcClient, RpcUnavailableError
from indexer.writer import ROLE

EVERY: Final = 720
"""Ledgers between two checkpoints, about an hour."""

_log = logging.getLogger(__name__)


class Checkpoints:
    """Checks the database at `url`, and balances at `node`, every so many ledgers.

    A watch of the indexer (`indexer.progress.Watch`), which is one while its block lasts. The first
    checkpoint is when this process has written the newest ledger there is; it never checks on the
    way there, for what was just read is not behind. What cannot be checked, because database
    or node are away, is checked with a later ledger.
    """

    def __init__(self, url: str, node: str, every: int = EVERY) -> None:
        self._url = url
        self._node = node
        self._every = every
        self._next = 0
        self._due = threading.Event()
        self._ending = False
        self._thread = threading.Thread(target=self._run, name="checkpoints", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ending = True
        self._due.set()
        self._thread.join()

    def began(self, after: int) -> None:
        """Nothing."""

    def ended(self) -> None:
        """Nothing."""

    def committed(self, step: Step) -> None:
        """A checkpoint is due if it is the newest ledger, and far enough from the last."""
        if step.through >= step.latest and step.through >= self._next:
            self._next = step.through + self._every
            self._due.set()

    def _run(self) -> None:
        while self._due.wait() and not self._ending:
            self._due.clear()
            try:
                self._check()
            except psycopg.Error as error:
                self._next = 0  # with the next ledger
                _log.warning("conservation could not be checked: %s", error)

    def _check(self) -> None:
        with (
            psycopg.connect(self._url, autocommit=True, options=f"-c role={ROLE}") as connection,
            RpcClient(self._node, tries=1) as client,
        ):
            try:
                fresh = conservation.check(connection, client)
            except (RpcUnavailableError, rpc.RpcError, ScvalError) as error:
                self._next = 0
                _log.warning("balances could not be compared: %s", error)
                fresh = conservation.check(connection, None)
        for drift in fresh:
            _log.error("money does not add up: %s", drift)
