"""What is well and what is missing, in words that say what to do about it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import httpx
import msgspec
import psycopg
from stellar_sdk.exceptions import BaseRequestError

from api.documents.scanning import ScannerUnavailableError
from contracts import rpc
from contracts.build import BUILD, CONTRACTS
from contracts.wire import Address
from indexer.rpc import RpcClient, RpcUnavailableError
from stellarsettle import devnet, lifetimes, postgres, services
from stellarsettle.chain import Chain, ChainError
from stellarsettle.settings import Settings, SettingsError

_SECRET = {
    "signing_seed",
    "token_key",
    "former_token_keys",
    "natural_key",
    "mail_url",
    "document_keys",
    "pinata_token",
    "database_url",
}
_NEEDED = ("escrow", "distributor", "start_ledger", "signing_seed", "token_key", "natural_key")


class Finding(msgspec.Struct, frozen=True):
    """One thing that was looked at; `words` say what was found, or what to do if it is not well."""

    subject: str
    well: bool
    words: str


def examine(chosen: Settings) -> Iterator[Finding]:
    """Look at settings, database, node and what has to be built, in this order."""
    yield from _settings(chosen)
    yield _database(chosen)
    nodes = [finding for url in chosen.nodes() for finding in _node(chosen, url)]
    yield from nodes
    if chosen.escrow and chosen.distributor and all(finding.well for finding in nodes):
        yield from _lifetimes(chosen)
    yield _documents(chosen)
    yield from _built()


def _documents(chosen: Settings) -> Finding:
    """Whether documents are taken in, and the scanner that they need answers."""
    configured = services.documents_config(chosen)
    if configured is None:
        words = "not taken in: set DOCUMENT_KEYS and CLAMD for that"
        if not chosen.document_keys:
            words += "; KYC needs DOCUMENT_KEYS too"
        return Finding("documents", well=True, words=words)
    try:
        signatures = asyncio.run(configured.make_scanner().check())
    except ScannerUnavailableError as error:
        return Finding("documents", well=False, words=f"{error} (`make clamav`)")
    made = f"signatures of {signatures.made_at:%Y-%m-%d}"
    return Finding("documents", well=True, words=f"{made}, files in {configured.folder}")


def _settings(chosen: Settings) -> Iterator[Finding]:
    for name in Settings.__struct_fields__:
        value = getattr(chosen, name)
        shown = "set" if value and name in _SECRET else str(value) or "not set"
        missing = not value and name in _NEEDED
        remedy = " (`stellarsettle deploy` or `stellarsettle keys` prints it)" if missing else ""
        yield Finding(name.upper(), not missing, f"{shown}{remedy}")


def _database(chosen: Settings) -> Finding:
    try:
        url = services.database_url(chosen)
        with psycopg.connect(url, connect_timeout=5) as connection:
            connection.execute("SELECT set_config('role', 'stellarsettle_api', true)")
            row = connection.execute("SELECT ledger FROM read.applied").fetchone()
    except SettingsError as error:
        return Finding("database", well=False, words=f"{error} Binaries: {_binaries()}")
    except psycopg.errors.UndefinedTable:
        return Finding(
            "database", well=False, words="answers, not migrated: `stellarsettle migrate`"
        )
    except psycopg.Error as error:
        return Finding("database", well=False, words=str(error).strip())
    return Finding("database", well=True, words=f"read models as of ledger {row[0] if row else 0}")


def _binaries() -> str:
    try:
        return str(postgres.find_binaries())
    except postgres.PostgresError as error:
        return str(error)


def _node(chosen: Settings, url: str) -> Iterator[Finding]:
    try:
        with RpcClient(url, timeout=5.0, tries=1) as client:
            network = client.call(rpc.get_network())
            health = client.call(rpc.get_health())
    except (RpcUnavailableError, rpc.RpcError, httpx.HTTPError) as error:
        yield Finding("node", well=False, words=f"{url}: {error}")
        return
    held = f"ledgers {health.oldest_ledger} to {health.latest_ledger}"
    yield Finding("node", well=True, words=f"Protocol {network.protocol_version}, holds {held}")
    same = network.passphrase == chosen.network_passphrase
    remedy = "" if same else f"; set NETWORK_PASSPHRASE={network.passphrase!r} or another RPC_URL"
    yield Finding("network", well=same, words=f"{network.passphrase!r}{remedy}")


def _lifetimes(chosen: Settings) -> Iterator[Finding]:
    """How long contracts and code live, by the first node."""
    ledger = Chain(chosen.rpc_url, chosen.network_passphrase)
    try:
        living = lifetimes.examine(ledger, Address(chosen.escrow), Address(chosen.distributor))
    except (ChainError, BaseRequestError) as error:
        yield Finding("lifetimes", well=False, words=str(error))
        return
    for each in living:
        yield Finding(each.name, well=each.long, words=each.words)


def _built() -> Iterator[Finding]:
    places = [BUILD / "wasm" / f"{name}.wasm" for name in CONTRACTS]
    for path in (*places, devnet.BINARY):
        words = "built" if path.exists() else "not built: `make built`"
        yield Finding(path.name, well=path.exists(), words=words)
