"""The HTTP transport of the stellar-rpc protocol: one request at a time, patient with hiccups.

What may pass by itself is tried again, with back-off and jitter: a connection that fails, a node
that is overloaded (HTTP 429, 502, 503, 504) or in trouble (an internal error), an answer that is no
JSON-RPC or belongs to another question, and, if the caller wants so, a processing limit. A refusal
with a meaning (`contracts.rpc.RpcError`) is the caller's.
"""

from __future__ import annotations

import math
import random
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self, TypeVar

import httpx
import msgspec

from contracts import rpc

T = TypeVar("T")

_FIRST_WAIT_SECONDS: Final = 0.2
_LONGEST_WAIT_SECONDS: Final = 10.0


class RpcUnavailableError(Exception):
    """The node did not answer, in spite of several tries; the message holds the last reason.

    `asked` is how long the node wants to be left alone, in seconds (Retry-After), if it said so.
    """

    def __init__(self, reason: str, asked: float | None = None) -> None:
        super().__init__(reason)
        self.asked = asked


class Budget:
    """Keeps requests at `per_second` on average, after a burst of at most a second's worth.

    `clock` gives seconds that only grow, `wait` sleeps so many seconds. Use it in one thread.
    """

    def __init__(
        self,
        per_second: float,
        wait: Callable[[float], object] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._interval = 1 / per_second
        self._wait = wait
        self._clock = clock
        self._next = -math.inf

    def take(self) -> None:
        """Wait until one more request is within the budget."""
        now = self._clock()
        self._next = max(self._next, now - 1) + self._interval
        if (early := self._next - now) > 0:
            self._wait(early)


class Waiting:
    """How to wait between tries: exponential, jittered, ended early by `stop`.

    `random` is a parameter so that a test run can be repeated.
    """

    def __init__(self, random: random.Random, stop: threading.Event) -> None:
        self._random = random
        self._stop = stop

    def before_try(self, number: int, asked: float | None = None) -> bool:
        """Wait before the try after `number` failures; False if it is time to stop.

        `asked` is the node's own wish in seconds (Retry-After); it is honoured up to a bound.
        """
        longest = min(_LONGEST_WAIT_SECONDS, _FIRST_WAIT_SECONDS * 2.0 ** (number - 1))
        seconds = self._random.uniform(longest / 2, longest)
        if asked is not None:
            seconds = max(seconds, min(asked, _LONGEST_WAIT_SECONDS))
        return not self._stop.wait(seconds)


class RpcClient:
    """Calls a node at `url`; `timeout` is in seconds for each try. Use it in one thread."""

    def __init__(
        self,
        url: str,
        timeout: float = 20.0,
        *,
        tries: int = 5,
        waiting: Waiting | None = None,
        budget: Budget | None = None,
    ) -> None:
        self.url = url
        self._tries = tries
        self._asked = 0
        self._budget = budget
        # Jitter spreads load; nobody gains by predicting it.
        self._waiting = waiting or Waiting(random.Random(), threading.Event())  # noqa: S311
        self._http = httpx.Client(timeout=timeout, headers={"Content-Type": "application/json"})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def call(self, request: rpc.Request[T], *, retry_limit: bool = True) -> T:
        """The result of `request`.

        Raises `contracts.rpc.RpcError` if the node refuses it and `RpcUnavailableError` if no
        try was answered. `retry_limit=False` hands a processing limit (-32001) to the caller at
        once, who can ask for less.
        """
        failures = 0
        while True:
            try:
                self._asked += 1
                return request.read(self._post(request.body(self._asked)), self._asked)
            except rpc.RpcError as error:
                passing = error.code == rpc.PROCESSING_LIMIT and retry_limit
                if not passing and error.code not in rpc.PASSING_CODES:
                    raise
                reason, asked = str(error), None
            except _PassingError as error:
                reason, asked = str(error), error.asked
            except msgspec.DecodeError as error:
                reason, asked = f"the answer is no JSON-RPC of {request.method}: {error}", None
            failures += 1
            if failures >= self._tries or not self._waiting.before_try(failures, asked):
                raise RpcUnavailableError(
                    f"{self.url} did not answer {request.method} in {_tries(failures)}: {reason}",
                    asked,
                )

    def _post(self, body: bytes) -> bytes:
        if self._budget:
            self._budget.take()
        try:
            answer = self._http.post(self.url, content=body)
        except httpx.TransportError as error:
            raise _PassingError(str(error) or type(error).__name__) from error
        if answer.status_code in rpc.PASSING_STATUSES:
            raise _PassingError(f"HTTP {answer.status_code}", _seconds(answer))
        if answer.status_code != httpx.codes.OK:
            raise RpcUnavailableError(
                f"{self.url} answered HTTP {answer.status_code}: {answer.text[:200]!r}."
                " Is this the address of a stellar-rpc node?"
            )
        return answer.content


class _PassingError(Exception):
    """A failure that may pass by itself; `asked` is the node's wish in seconds."""

    def __init__(self, reason: str, asked: float | None = None) -> None:
        super().__init__(reason)
        self.asked = asked


def _tries(count: int) -> str:
    return "one try" if count == 1 else f"{count} tries"


def _seconds(answer: httpx.Response) -> float | None:
    """Retry-After in seconds; its other form, a date, is not worth a clock."""
    text = answer.headers.get("Retry-After", "")
    return float(text) if text.isdecimal() else None
