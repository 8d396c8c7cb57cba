"""A node's hiccups, met with patience: the same question again, for a bounded time."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from stellar_sdk.client.requests_client import RequestsClient
from stellar_sdk.client.response import Response
from stellar_sdk.exceptions import ConnectionError as NoConnectionError

from contracts import rpc

_PATIENCE_SECONDS = 30.0
_FIRST_WAIT_SECONDS = 0.02
_LONGEST_WAIT_SECONDS = 1.0


class PatientClient(RequestsClient):
    """Asks again while no answer comes, or one that says nothing but "not now".

    Every question of stellar-rpc may be asked twice, `sendTransaction` too: a transaction has one
    hash, however often it is sent.
    """

    def __init__(
        self,
        patience: float = _PATIENCE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        super().__init__(num_retries=0)
        self._patience = patience
        self._clock = clock
        self._sleep = sleep

    def post(
        self,
        url: str,
        data: dict[str, str] | None = None,
        json_data: dict[str, Any] | None = None,
    ) -> Response:
        """The first answer that means something, else the last one or what it failed with."""
        wait = _FIRST_WAIT_SECONDS
        deadline = self._clock() + self._patience
        while True:
            late = self._clock() >= deadline
            try:
                answer = super().post(url, data, json_data)
            except NoConnectionError:
                if late:
                    raise
            else:
                if late or not _passes(answer):
                    return answer
            self._sleep(wait)
            wait = min(2 * wait, _LONGEST_WAIT_SECONDS)


def _passes(answer: Response) -> bool:
    """Whether another try may find the node in a better state."""
    if answer.status_code in rpc.PASSING_STATUSES:
        return True
    try:
        body = json.loads(answer.text)
    except ValueError:
        return answer.status_code == 200  # cut short, or somebody else's page
    error = body.get("error") if isinstance(body, dict) else None
    return isinstance(error, dict) and error.get("code") in rpc.PASSING_CODES
