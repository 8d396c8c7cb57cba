"""A real PDF becomes a listed invoice, is proven by the ledger, and is erased when it may be."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from stellarsettle import clamav, story
from stellarsettle.local import LocalPlatform
from stellarsettle.story import Cast
from stellarsettle.wallet import Wallet
from tests.journeys.storms import NewPlatform

_SECONDS = 90
_INVOICE = "invoices/invoice2data/001_AzureInterior.pdf"
_BY_HAND = {
    "seller": "Azure Interior",
    "buyer": "Delta Ltd",
    "seller_tax_id": "US12345677",
    "buyer_tax_id": "DE811907980",
}


@pytest.fixture(scope="module")
def platform(
    new_platform: NewPlatform, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LocalPlatform]:
    """A platform that takes documents, with a real scanner."""
    folder = tmp_path_factory.mktemp("scanner")
    clamav.write_test_signatures(folder / "signatures", dt.datetime.now(dt.UTC))
    try:
        with clamav.running(folder / "run", folder / "signatures") as address:
            further = {"CLAMD": str(address), "CLAMD_TEST": "true"}
            with new_platform(further=further) as running:
                yield running
    except clamav.ClamavError as error:
        pytest.skip(str(error))


class Files:
    """Somebody's requests about documents."""

    def __init__(self, platform: LocalPlatform, who: Wallet) -> None:
        self._address = f"{platform.api_url}/v1/documents"
        self._headers = {"Authorization": f"Bearer {who.sign_in()}"}

    def ask(self, method: str, path: str, status: int = 200, **options: Any) -> httpx.Response:
        """One request whose answer must have this status."""
        headers = {**self._headers, **options.pop("headers", {})}
        address = f"{self._address}/{path}".rstrip("/")
        answer = httpx.request(method, address, headers=headers, timeout=60, **options)
        assert answer.status_code == status, (method, path, answer.text[:500])
        return answer

    def when(self, document: str, state: str) -> dict[str, Any]:
        """The document once it has come to a state."""
        deadline = time.monotonic() + _SECONDS
        while (shown := self.ask("GET", document).json())["state"] != state:
            assert shown["state"] != "refused", shown
            assert time.monotonic() < deadline, shown
            time.sleep(0.05)
        return dict(shown)

    def change(self, method: str, shown: dict[str, Any], path: str = "", **options: Any) -> Any:
        """A change of what was seen."""
        headers = {"If-Match": f'"{shown["version"]}"'}
        return self.ask(method, f"{shown['id']}{path}", headers=headers, **options).json()


def _command(platform: LocalPlatform, *arguments: str) -> subprocess.CompletedProcess[str]:
    """One of the program's commands, with the platform's public settings."""
    public = {
        name: platform.environment[name] for name in ("RPC_URL", "NETWORK_PASSPHRASE", "ESCROW")
    }
    return subprocess.run(
        [sys.executable, "-m", "stellarsettle", "documents", *arguments],
        env={**os.environ, **public},
        capture_output=True,
        text=True,
        check=False,
    )


class Tale(msgspec.Struct, frozen=True):
    """What the seller uploaded and confirmed, and the invoice that was made of it."""

    cast: Cast
    data: bytes
    document: str
    facts: dict[str, Any]
    invoice: str


@pytest.fixture(scope="module")
def tale(platform: LocalPlatform, corpus: Path) -> Tale:
    """A PDF is read, confirmed, and listed on the ledger by the terms that were confirmed."""
    cast = story.gather(platform)
    told = story.Story(platform, cast, lambda _: None)
    told.admit()
    data = (corpus / _INVOICE).read_bytes()
    labels = json.loads((corpus / f"{_INVOICE}.json").read_text())
    seller = Files(platform, cast.seller)
    taken = seller.ask("POST", "", 201, content=data, params={"name": "invoice.pdf"}).json()
    read = seller.when(taken["id"], "needs_review")
    for name, label in (("number", "invoice_number"), ("date", "date"), ("currency", "currency")):
        assert read["fields"][name]["value"] == labels[label], name
    assert seller.ask("GET", f"{taken['id']}/pages/0").content.startswith(b"\x89PNG")
    said = {name: read["fields"][name]["value"] for name in read["must_confirm"]} | _BY_HAND
    confirmed = seller.change("PATCH", read, json={"fields": said})
    seller.change("POST", confirmed, "/confirmation")
    facts = seller.ask("GET", f"{taken['id']}/facts").json()
    terms = told.terms("unused") | {name: facts[name] for name in ("doc_hash", "natural_key")}
    invoice = str(cast.seller.act("create-escrow", **terms).intent["invoice_id"])
    return Tale(cast, data, taken["id"], facts, invoice)


def test_the_platform_reviews_the_very_file_and_lists_the_invoice(
    platform: LocalPlatform, tale: Tale, tmp_path: Path
) -> None:
    cast, invoice = tale.cast, tale.invoice
    verifier = Files(platform, cast.verifier)
    file = f"{tale.document}/copy"
    original = verifier.ask("GET", f"{tale.document}/original").content
    opening = verifier.ask("GET", f"{tale.document}/opening").json()
    cast.verifier.act("approve", invoice_id=invoice)
    cast.debtor.act("acknowledge", invoice_id=invoice)
    cast.seller.act("publish", invoice_id=invoice)
    market = httpx.get(f"{platform.api_url}/v1/marketplace").json()["data"]
    assert invoice in [listed["id"] for listed in market["items"]]

    assert original == tale.data
    copy = tmp_path / "copy.pdf"
    copy.write_bytes(original)
    proof = ("verify", str(copy), "--salt", opening["salt"], "--invoice", invoice)
    proven = _command(platform, *proof)
    assert proven.returncode == 0, proven.stderr
    assert tale.facts["doc_hash"] in proven.stdout
    copy.write_bytes(original + b" ")
    assert _command(platform, *proof).returncode == 1

    marked = Files(platform, cast.debtor).ask("GET", file).content
    assert marked.startswith(b"%PDF-")
    assert marked != tale.data
    Files(platform, cast.debtor).ask("GET", f"{tale.document}/original", 403)
    Files(platform, cast.investors[0]).ask("GET", file, 404)


def test_it_is_erased_once_no_invoice_needs_it(
    platform: LocalPlatform, tale: Tale, tmp_path: Path
) -> None:
    seller = Files(platform, tale.cast.seller)
    shown = seller.ask("GET", tale.document).json()
    version = {"If-Match": f'"{shown["version"]}"'}
    needed = seller.ask("DELETE", tale.document, 409, headers=version).json()
    assert needed["type"] == "/problems/document-in-use"
    verifier = Files(platform, tale.cast.verifier)
    held = verifier.change("PUT", shown, "/hold", json={"reason": "Inquiry 7"})
    tale.cast.seller.act("cancel", invoice_id=tale.invoice)
    version = {"If-Match": f'"{held["version"]}"'}
    refused = seller.ask("DELETE", tale.document, 409, headers=version).json()
    assert refused["type"] == "/problems/legal-hold"
    erased = seller.change("DELETE", verifier.change("DELETE", held, "/hold"))
    assert erased["state"] == "erased"
    seller.ask("GET", f"{tale.document}/copy", 410)
    verifier.ask("GET", f"{tale.document}/copy", 404)

    address = f"{platform.api_url}/v1/documents/{tale.document}/certificate"
    certificate = tmp_path / "certificate.json"
    certificate.write_bytes(httpx.get(address).content)
    toml = tomllib.loads(httpx.get(f"{platform.api_url}/.well-known/stellar.toml").text)
    command = ("check-certificate", str(certificate), "--signer")
    checked = _command(platform, *command, toml["SIGNING_KEY"])
    assert tale.facts["doc_hash"] in checked.stdout, checked.stderr
    assert _command(platform, *command, tale.cast.seller.address).returncode == 1
