"""The contracts' own records against the rows, after whole lives of invoices on a ledger."""

from __future__ import annotations

import psycopg

from indexer import conservation, renewal, verify
from indexer.contract_records import LAW
from indexer.rpc import RpcClient
from stellarsettle import story
from tests.journeys.storms import NewPlatform

_DAMAGES = {
    "disputed_until": "UPDATE read.invoice SET disputed_until = 5 WHERE status = 4",
    "late_num": "UPDATE read.invoice SET late_num = late_num + 1 WHERE status = 4",
    "status": "UPDATE read.invoice SET status = 4 WHERE status = 8",
    "carry": "UPDATE read.pool SET carry = carry + 1",
    "accrued": "UPDATE read.position SET accrued = accrued + 1 WHERE shares = "
    "(SELECT max(shares) FROM read.position)",
}
"""Rows that add up all the same: only the contracts know better."""


def test_a_row_that_the_contracts_contradict_is_found_and_repaired(
    new_platform: NewPlatform,
) -> None:
    with new_platform() as platform:
        told = story.Story(platform, story.gather(platform), lambda _: None).tell()
        options = "-c role=stellarsettle_indexer"
        with (
            psycopg.connect(platform.database_url, autocommit=True, options=options) as writer,
            RpcClient(platform.devnet.rpc) as client,
        ):
            assert conservation.check(writer, client) == []
            well = conservation.latest(writer)
            assert well is not None
            # Of each invoice its record and its shares; of the settled one a pool and three
            # positions (a refund removes them); of the asset principal and account.
            assert well.records == 2 * 2 + 1 + 3 + 2
            for damage in _DAMAGES.values():
                writer.execute(damage.encode())
            found = {drift.law: drift for drift in conservation.check(writer, client)}
            for field in _DAMAGES:
                drift = found[f"{field} {LAW}"]
                assert drift.expected != drift.found
            assert told.settled in found[f"carry {LAW}"].subject
            said = [one.text for one in verify.verify(platform.database_url, client).findings]
            for field in _DAMAGES:
                assert any(f"{field} {LAW}" in text for text in said)

            renewal.renew(platform.database_url)
            assert conservation.check(writer, client) == []
            mended = conservation.latest(writer)
            assert mended is not None
            assert mended.drifts == []
            assert verify.verify(platform.database_url, client).sound
