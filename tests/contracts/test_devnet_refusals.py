"""Malformed requests to the local ledger are refused in the words of a real node."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from tests.contracts.ledger import (
    Devnet,
)


def without_ledgers(answer: Any) -> str:
    """An answer without the ledger numbers that depend on how long a network ran."""
    return re.sub(r"(range: |ledger: |- )\d+", r"\1N", json.dumps(answer, sort_keys=True))


def recorded_refusals(corpus: Path) -> Iterator[tuple[str, Any, Any]]:
    """Name, request and answer of recorded requests that are refused for their form alone."""
    with gzip.open(corpus / "network" / "recordings.jsonl.gz", "rt") as lines:
        for line in lines:
            row = json.loads(line)
            answer = row.get("response")
            if not isinstance(answer, dict) or answer.get("error", {}).get("code") != -32602:
                continue
            if "raw_request" in row or row["method"] is None or "cursor" in row["step"]:
                continue
            params = {} if row["params"] is None else row["params"]
            request = {"jsonrpc": "2.0", "id": 1, "method": row["method"], "params": params}
            yield row["step"], request, answer


def test_recorded_refusals_are_the_same(devnet: Devnet, corpus: Path) -> None:
    """What a real node said about malformed requests is said here, word by word."""
    # These quote the decoder of another language about broken XDR.
    foreign = {"events/topics_badxdr", "events/topics_trailing_xdr"}
    compared = 0
    for step, request, wanted in recorded_refusals(corpus):
        got = httpx.post(devnet.rpc_url, json=request).json()
        if step in foreign:
            assert got["error"]["code"] == wanted["error"]["code"], step
        else:
            assert without_ledgers(got) == without_ledgers(wanted), step
        compared += 1
    assert compared > 30
