"""Fetching and decoding in a process of their own, so that a second core does it.

Two processes and one pipe. The parent sends orders: from where to read. The child sends words:
what it made, that the source answered, how the sources do, and any error as the exception it is.
It reads ahead as far as `indexer.prefetch` allows, and a full pipe holds it back. Words that answer
a former order are dropped. When the parent is gone, however it went, the pipe is closed and the
child ends; when the child is gone, the next order starts another.
"""

from __future__ import annotations

import contextlib
import pickle
import signal
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, Final, Self

import msgspec

from indexer.collector import patient
from indexer.prefetch import QUEUE_BYTES, Ahead, Fetched, InThread
from indexer.sources.choice import Choice, State
from indexer.sources.opening import Endpoints, opened
from indexer.sources.protocol import Deployment

_IDLE_SECONDS: Final = 0.25
"""How long the child may take to notice an order, or that the parent is gone."""

_END_SECONDS: Final = 3.0
_PROGRAM: Final = "import sys; from indexer.reading import serve; serve(int(sys.argv[1]))"
_GONE: Final = (EOFError, OSError)
"""How a pipe says that there is nobody at its other end."""


class ReaderLostError(Exception):
    """The reading process has ended, killed perhaps; another can be started."""


class Job(msgspec.Struct, frozen=True):
    """What a reading process is for. `begin` is called in it first: set up logging, say."""

    endpoints: Endpoints
    deployment: Deployment
    poll_seconds: float = 1.0
    queue_bytes: int = QUEUE_BYTES
    begin: Callable[[], object] | None = None


class _Order(msgspec.Struct, frozen=True):
    turn: int
    after: int


class _Word(msgspec.Struct, frozen=True):
    """`heard` tells that the source has answered since the last word."""

    turn: int
    latest: int
    states: list[State]
    heard: bool
    fetched: Fetched | None = None
    error: Carried | None = None


class Carried(msgspec.Struct, frozen=True):
    """An exception on its way to another process, without the objects that it hangs on."""

    kind: type[BaseException]
    args: tuple[Any, ...]
    attributes: dict[str, Any]
    trace: str

    @classmethod
    def of(cls, error: BaseException) -> Self:
        """What can travel of `error`."""
        trace = "".join(traceback.format_exception(error))
        try:
            pickle.dumps((error.args, vars(error)))
        except Exception:  # noqa: BLE001  # whatever it hangs on, its words are what counts
            return cls(RuntimeError, (f"{type(error).__name__}: {error}",), {}, trace)
        return cls(type(error), error.args, vars(error), trace)

    def restored(self) -> BaseException:
        """The same exception; constructors may want other arguments, so none is called."""
        error = self.kind.__new__(self.kind, *self.args)
        vars(error).update(self.attributes)
        error.add_note(f"In the reading process:\n{self.trace}")
        return error


class Reader:
    """Reads ahead in a process of its own; use it as a context manager, in one thread.

    Implements `indexer.prefetch.Reading`.
    """

    def __init__(self, job: Job) -> None:
        self._job = job
        self._child: _Process | None = None
        self._turn = 0
        self._heard = False
        self._latest = 0
        self._states = [_unasked(name) for name in job.endpoints.names()]

    def __enter__(self) -> Self:
        self._living()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._end()

    @property
    def latest(self) -> int:
        """The newest ledger seen in any answer; 0 before the first."""
        return self._latest

    def states(self) -> list[State]:
        """How each source did lately."""
        return self._states

    @contextlib.contextmanager
    def ahead(self, after: int) -> Iterator[Ahead]:
        """Read from the ledger after `after`; the process goes on until the next order."""
        self._turn += 1
        order = pickle.dumps(_Order(self._turn, after))
        try:
            self._living().pipe.send_bytes(order)
        except _GONE as error:
            raise self._lost() from error
        yield self

    def take(self, timeout: float) -> Fetched | None:
        """See `indexer.prefetch.Ahead`; raises `ReaderLostError` if the process is gone."""
        while (word := self._next(timeout)) and word.turn != self._turn:
            pass
        if word is None:
            return None
        self._latest, self._states = word.latest, word.states
        self._heard = self._heard or word.heard
        if word.error:
            raise word.error.restored()
        return word.fetched

    def _next(self, timeout: float) -> _Word | None:
        """What the child says within `timeout` seconds."""
        pipe = self._living().pipe
        try:
            if not pipe.poll(timeout):
                return None
            word: _Word = pickle.loads(pipe.recv_bytes())  # noqa: S301  # our own child's
        except _GONE as error:
            raise self._lost() from error
        return word

    def heard(self) -> bool:
        """See `indexer.prefetch.Ahead`."""
        heard, self._heard = self._heard, False
        return heard

    def _living(self) -> _Process:
        """The process, which is started if there is none."""
        if self._child is None:
            self._child = _Process()
            with contextlib.suppress(*_GONE):  # the next order finds out too
                self._child.pipe.send_bytes(pickle.dumps(self._job))
        return self._child

    def _lost(self) -> ReaderLostError:
        self._end()
        return ReaderLostError("the reading process is gone")

    def _end(self) -> None:
        if self._child:
            self._child.end()
            self._child = None


def _unasked(name: str) -> State:
    return State(name, at_work=False, resting=False, latest=0, failures=0, reaches=0, reason="")


class _Process:
    """A child, and the parent's end of the pipe to it."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-P", "-c", _PROGRAM, str(theirs.fileno())]
            self._process = subprocess.Popen(  # noqa: S603  # our own program
                command, stdin=subprocess.DEVNULL, pass_fds=(theirs.fileno(),)
            )
        self.pipe = Connection(ours.detach())

    def end(self) -> None:
        """Close the pipe, at which the child ends; one that does not is killed."""
        self.pipe.close()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def serve(descriptor: int) -> None:
    """The child: do what the parent says through the pipe, until it is gone."""
    for number in (signal.SIGINT, signal.SIGTERM):  # the parent decides, and is told the same
        signal.signal(number, signal.SIG_IGN)
    with Connection(descriptor) as pipe, contextlib.suppress(*_GONE), patient():
        job: Job = pickle.loads(pipe.recv_bytes())  # noqa: S301  # our own parent's
        if job.begin:
            job.begin()
        _Child(pipe, job).serve()


class _Child:
    """The loop of the reading process."""

    def __init__(self, pipe: Connection, job: Job) -> None:
        self._pipe = pipe
        self._job = job
        self._ending = threading.Event()
        self._told: list[State] = []

    def serve(self) -> None:
        """One order after the other; raises EOFError or OSError when the parent is gone."""
        order = self._next_order()
        with contextlib.ExitStack() as stack:
            try:
                source = stack.enter_context(
                    opened(self._job.endpoints, self._job.deployment, self._ending)
                )
            except Exception as error:  # noqa: BLE001  # the parent's to judge
                self._send(_Word(order.turn, 0, [], heard=False, error=Carried.of(error)))
                return
            while True:
                self._follow(source, order)
                order = self._next_order()

    def _next_order(self) -> _Order:
        order: _Order = pickle.loads(self._pipe.recv_bytes())  # noqa: S301  # our own parent's
        return order

    def _follow(self, source: Choice, order: _Order) -> None:
        """Read and tell, until there is another order or nothing to read any more."""
        reading = InThread(
            source,
            self._ending,
            poll_seconds=self._job.poll_seconds,
            queue_bytes=self._job.queue_bytes,
        )
        with reading.ahead(order.after) as ahead:
            try:
                self._tell_all(source, order, ahead)
            except _GONE:
                self._ending.set()
                raise

    def _tell_all(self, source: Choice, order: _Order, ahead: Ahead) -> None:
        error = None
        while not error and not self._pipe.poll():
            fetched = None
            try:
                fetched = ahead.take(_IDLE_SECONDS)
            except Exception as raised:  # noqa: BLE001  # the parent's to judge
                error = Carried.of(raised)
            states, heard = source.states(), ahead.heard()
            if fetched or error or heard or states != self._told:
                self._told = states
                self._send(_Word(order.turn, source.latest, states, heard, fetched, error))

    def _send(self, word: _Word) -> None:
        self._pipe.send_bytes(pickle.dumps(word, pickle.HIGHEST_PROTOCOL))
