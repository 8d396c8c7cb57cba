"""How many events a second one core decodes; prints one line of JSON.

The events are like those of a busy invoice: three topics and a map of four fields, every account
another one, so that most addresses miss no cache but fill it.
"""

from __future__ import annotations

import argparse
import json
import sys
import time

from stellar_sdk import Address, Keypair, scval
from stellar_sdk.xdr import SCVal

from contracts import scval as ours

BATCH = 20_000
ACCOUNTS = 5_000


def bodies(count: int, accounts: int) -> list[bytes]:
    """`count` event bodies in XDR, over `accounts` distinct accounts."""
    name = scval.to_symbol("share_transferred").to_xdr_bytes()
    holders = [
        scval.to_address(Address(Keypair.from_raw_ed25519_seed(n.to_bytes(32, "big")).public_key))
        for n in range(accounts)
    ]
    addresses = [holder.to_xdr_bytes() for holder in holders]
    made = []
    for n in range(count):
        identity = scval.to_bytes((n % 97).to_bytes(32, "big")).to_xdr_bytes()
        made.append(
            ours.encode_body([name, identity, addresses[n % accounts]], _data(n, accounts, holders))
        )
    return made


def _data(n: int, accounts: int, holders: list[SCVal]) -> bytes:
    fields = {
        scval.to_symbol("amount"): scval.to_int128(10**12 + n),
        scval.to_symbol("from_shares"): scval.to_int128(10**13 - n),
        scval.to_symbol("seq"): scval.to_uint32(n),
        scval.to_symbol("to"): holders[(n * 7) % accounts],
    }
    return scval.to_map(fields).to_xdr_bytes()


def measure(seconds: float) -> dict[str, object]:
    """Decode for about `seconds`; the best of three rounds counts."""
    events = bodies(BATCH, ACCOUNTS)
    best = 0.0
    for _ in range(3):
        done, start = 0, time.perf_counter()
        while time.perf_counter() - start < seconds / 3:
            for body in events:
                ours.decode_body(body)
            done += len(events)
        best = max(best, done / (time.perf_counter() - start))
    return {"bench": "scval.decode", "events_per_second": round(best), "accounts": ACCOUNTS}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=6.0)
    sys.stdout.write(json.dumps(measure(parser.parse_args().seconds)) + "\n")
