"""Two invoices' lives, read in three ways: events, whole ledgers, files. All tell the same.

Also what only whole ledgers tell: headers, and the transactions of others that failed.
"""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psycopg
import pytest
from click.testing import CliRunner, Result
from stellar_sdk import Account, TransactionBuilder, TransactionEnvelope

import migrations
from indexer import pipeline, proving
from indexer.decode import decode_all
from indexer.prefetch import InThread
from indexer.rebuild import rebuild
from indexer.rpc import RpcClient
from indexer.sources.events import EventSource
from indexer.sources.lake import LakeSource
from indexer.sources.ledgers import LedgerSource
from indexer.sources.protocol import Batch, Deployment, Source
from projections.proof.bundle import Bundle, Header, LedgerEvent, encoded, sealed
from projections.proof.bundle import opened as opened_bundle
from projections.proof.derivation import derive
from stellarsettle import local, postgres, story
from stellarsettle.chain import ChainError
from stellarsettle.cli import cli
from stellarsettle.local import LocalPlatform
from stellarsettle.wallet import Wallet

ALREADY_APPROVED = 314
STORED = "SELECT position, index, contract, tx_hash, body FROM ledger.event ORDER BY 1, 2"


@pytest.fixture(scope="module", params=["ms", "seconds"])
def told(
    request: pytest.FixtureRequest,
    server: postgres.Server,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[LocalPlatform, Path]]:
    """A platform whose story is over, one transaction of it failed; and its lake."""
    folder = tmp_path_factory.mktemp("sources")
    lake = folder / "lake"
    name = f"sources_{request.param}"
    options = ("--lake", str(lake), "--header", request.param)
    with local.running(folder, server.create(name), ledger_options=options) as platform:
        cast = story.gather(platform)
        teller = story.Story(platform, cast, lambda _: None)
        teller.tell()
        invoice = teller.act(cast.seller, "create-escrow", **teller.terms("INV-2026-003"))
        fail_to_approve(cast.verifier, str(invoice.intent["invoice_id"]))
        platform.wait_until_shown()
        yield platform, lake
    server.drop(name)


def fail_to_approve(verifier: Wallet, invoice: str) -> None:
    """Approve an invoice twice: when the second was simulated, the first was not there yet."""
    intent = verifier.prepare("approve", invoice_id=invoice)
    first = TransactionEnvelope.from_xdr(intent["xdr"], verifier.chain.passphrase).transaction
    builder = TransactionBuilder(
        Account(verifier.address, first.sequence), verifier.chain.passphrase, base_fee=1_000_000
    )
    builder.append_operation(first.operations[0]).add_time_bounds(0, 0)
    second = verifier.chain.server.prepare_transaction(builder.build())
    second.sign(verifier.keypair)
    verifier.submit(intent)
    with pytest.raises(ChainError, match="txFAILED, INVOKE_HOST_FUNCTION_TRAPPED"):
        verifier.chain.submit(second)


def deployment_of(platform: LocalPlatform) -> Deployment:
    """What the indexer follows."""
    deployed = platform.deployment
    return Deployment(deployed.escrow, deployed.distributor, deployed.start_ledger)


def everything(source: Source, after: int) -> list[Batch]:
    """What a source gives until there is nothing newer."""
    batches = []
    while (batch := source.fetch(after)) is not None:
        batches.append(batch)
        after = batch.through.ledger
    return batches


def opened(platform: LocalPlatform, lake: Path, kind: str, client: RpcClient) -> Source:
    """A source of this kind."""
    deployment = deployment_of(platform)
    if kind == "events":
        return EventSource(client, deployment)
    if kind == "ledgers":
        return LedgerSource(client, deployment, platform.devnet.passphrase, most=7)
    return LakeSource(str(lake), deployment, platform.devnet.passphrase)


def test_ids_hashes_and_bodies_are_the_same(told: tuple[LocalPlatform, Path]) -> None:
    platform, lake = told
    after = platform.deployment.start_ledger - 1
    with RpcClient(platform.devnet.rpc) as client:
        found = {
            kind: everything(opened(platform, lake, kind, client), after)
            for kind in ("events", "ledgers", "lake")
        }
    events = {
        kind: [event for batch in batches for event in batch.events]
        for kind, batches in found.items()
    }
    assert len(events["events"]) > 40
    assert events["ledgers"] == events["events"]
    assert events["lake"] == events["events"]
    assert len({batches[-1].through for batches in found.values()}) == 1
    headers = [head for batch in found["lake"] for head in batch.headers]
    assert headers == [head for batch in found["ledgers"] for head in batch.headers]
    assert [head.ledger for head in headers] == list(
        range(after + 1, found["lake"][-1].through.ledger + 1)
    )
    for before, following in itertools.pairwise(headers):
        assert following.previous_hash == before.hash


def test_a_failed_transaction_is_found_by_whole_ledgers(told: tuple[LocalPlatform, Path]) -> None:
    platform, lake = told
    after = platform.deployment.start_ledger - 1
    verifier = platform.operator("verifier")
    with RpcClient(platform.devnet.rpc) as client:
        for kind in ("ledgers", "lake"):
            batches = everything(opened(platform, lake, kind, client), after)
            (failure,) = [one for batch in batches for one in batch.failures]
            assert failure.source == verifier.address
            assert (failure.contract, failure.function) == ("escrow", "approve")
            assert failure.result == "INVOKE_HOST_FUNCTION_TRAPPED"
            assert failure.error == ALREADY_APPROVED


@pytest.mark.parametrize("kind", ["ledgers", "lake"])
def test_rows_and_digest_are_the_same(
    told: tuple[LocalPlatform, Path], server: postgres.Server, kind: str
) -> None:
    platform, lake = told
    url = server.create(f"sources_{kind}")
    try:
        migrations.upgrade(url)
        with RpcClient(platform.devnet.rpc) as client:
            source = opened(platform, lake, kind, client)
            index_all(url, source, deployment_of(platform), ledger_of(platform.database_url))
        assert rows_of(url) == rows_of(platform.database_url)
        assert rebuild(url).live == rebuild(platform.database_url).live
    finally:
        server.drop(f"sources_{kind}")


def _run(environment: dict[str, str], folder: Path, *words: str) -> Result:
    with contextlib.chdir(folder):
        return CliRunner().invoke(cli, words, env=environment)


def _proven(platform: LocalPlatform, folder: Path, *words: str) -> Path:
    environment = {"DATABASE_URL": platform.database_url, "RPC_URL": platform.devnet.rpc}
    done = _run(environment, folder, "prove", *words, "--ledgers", "--out", "proof.json")
    assert done.exit_code == 0, done.output
    return folder / "proof.json"


def test_a_number_is_proven_and_holds_against_every_source(
    told: tuple[LocalPlatform, Path], tmp_path: Path
) -> None:
    """No database is known to who checks; the bundle's own ledgers, a node and files agree."""
    platform, lake = told
    with psycopg.connect(platform.database_url) as connection:
        row = connection.execute(
            "SELECT encode(invoice, 'hex'), address FROM read.position"
            " JOIN read.address ON id = holder ORDER BY received DESC LIMIT 1"
        ).fetchone()
    assert row
    for words in (("invoice", row[0]), ("position", *row), ("platform",)):
        bundle = str(_proven(platform, tmp_path, *words))
        for source in ((), ("--rpc", platform.devnet.rpc), ("--lake", str(lake))):
            done = _run({}, tmp_path, "verify", bundle, *source)
            assert done.exit_code == 0, done.output
            assert "ledgers in the bundle hold these events" in done.output
            assert ("the source tells the same" in done.output) is bool(source)
    other = _run({"NETWORK_PASSPHRASE": "Elsewhere"}, tmp_path, "verify", bundle)
    assert other.exit_code == 1
    assert "other-network" in other.output


def test_a_ledger_that_was_changed_in_a_bundle_is_refused(
    told: tuple[LocalPlatform, Path], tmp_path: Path
) -> None:
    """Every event is committed to by its ledger's header: a forger has to leave the ledger be."""
    platform, _ = told
    whole = opened_bundle(_proven(platform, tmp_path, "platform").read_bytes())
    for forged, words in _forged_ledgers(whole):
        file = tmp_path / "forged.json"
        file.write_bytes(encoded(sealed(forged)))
        done = _run({}, tmp_path, "verify", str(file))
        assert done.exit_code == 1
        assert words in done.output


def _forged_ledgers(bundle: Bundle) -> Iterator[tuple[Bundle, str]]:
    first, *others = bundle.ledgers
    place = first.xdr.index(bundle.events[0].xdr[-40:])
    bent = bytearray(first.xdr)
    bent[place + 30] ^= 1
    altered = msgspec.structs.replace(first, xdr=bytes(bent))
    yield msgspec.structs.replace(bundle, ledgers=[altered, *others]), "unreadable-ledger"
    swapped = msgspec.structs.replace(first, xdr=others[0].xdr)
    yield msgspec.structs.replace(bundle, ledgers=[swapped, *others]), "unreadable-ledger"
    header = Header(first.ledger, "00" * 32)
    yield msgspec.structs.replace(bundle, headers=[header]), "other-history"
    moved = msgspec.structs.replace(bundle.events[0], tx_hash="00" * 32)
    yield _consistent(bundle, [moved, *bundle.events[1:]]), "changed-event"
    yield _consistent(bundle, bundle.events[:-1]), "dropped-event"


def _consistent(bundle: Bundle, events: list[LedgerEvent]) -> Bundle:
    """The bundle with these events, and everything in it that follows from them made anew."""
    records = decode_all([proving.raw(event) for event in events]).records
    derived = derive(bundle.subject, bundle.mark, records)
    return msgspec.structs.replace(
        bundle, events=events, figures=derived.figures, state=derived.state
    )


def ledger_of(url: str) -> int:
    """The ledger up to which a database is whole; 0 before the first start."""
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT ledger FROM ledger.cursor").fetchone()
    return row[0] if row else 0


def index_all(url: str, source: Source, deployment: Deployment, newest: int) -> None:
    """The main loop until it has everything up to the newest ledger."""
    stop = threading.Event()

    def stop_at_the_end() -> None:
        while not stop.wait(0.05):
            if ledger_of(url) >= newest:
                stop.set()

    watcher = threading.Thread(target=stop_at_the_end)
    watcher.start()
    try:
        pipeline.run(url, InThread(source, stop, poll_seconds=0.05), deployment, stop)
    finally:
        stop.set()
        watcher.join()


def rows_of(url: str) -> dict[str, object]:
    """Stored events, and how many rows each read model has; what is in them the digest says."""
    with psycopg.connect(url) as connection:
        models = connection.execute(
            "SELECT table_name FROM information_schema.tables"
            " WHERE table_schema = 'read' AND table_type = 'BASE TABLE'"
        ).fetchall()
        rows: dict[str, object] = {
            name: connection.execute(f"SELECT count(*) FROM read.{name}").fetchall()  # noqa: S608
            for (name,) in models
            if name != "applied"
        }
        rows["event"] = connection.execute(STORED).fetchall()
        return rows
