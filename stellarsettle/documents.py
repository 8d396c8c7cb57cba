"""Commands about documents: read one, evaluate the reading of many, look after what is kept."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import hashlib
import re
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import rich_click as click

from stellarsettle.refusals import current_settings, needs_node, refuse
from stellarsettle.stopping import on_stop_signal

if TYPE_CHECKING:
    from api.documents.reading.reading import Reading
    from api.documents.service import Documents

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command()
@click.argument("file", type=_FILE)
@click.option("--json", "as_json", is_flag=True, help="Print everything that was read as JSON.")
@click.option(
    "--draw",
    "picture",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Draw the fields' places into this PNG; further pages go to NAME-2.png and so on.",
)
def read(file: Path, *, as_json: bool, picture: Path | None) -> None:
    """Read an invoice (PDF, picture or XML) and print its fields; nothing leaves this machine."""
    from api.documents.reading import sandbox
    from api.documents.reading.container import MAX_BYTES
    from api.documents.reading.refusal import RefusedError

    with file.open("rb") as opened:
        data = opened.read(MAX_BYTES + 1)
    try:
        reading = sandbox.read(data)
    except RefusedError as error:
        raise click.ClickException(f"{error.refusal.value}: {error}") from error
    if picture is not None:
        _draw(data, reading, picture)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(reading)).decode())
        return
    for name, field in reading.fields.items():
        place = "" if field.page is None else f"page {field.page + 1}"
        why = "; ".join(field.evidence)
        click.echo(
            f"{name:10} {field.value:40} {field.confidence:4.2f} {field.source.value:5}"
            f" {place:7} {why}"
        )
    for finding in reading.findings:
        click.echo(f"{finding.severity.value:10} {finding.rule}: {finding.message}")
    click.echo(f"verdict    {reading.verdict.value}")


def _draw(data: bytes, reading: Reading, picture: Path) -> None:
    """The pages that hold fields, each with the boxes of its fields."""
    from api.documents.reading import sandbox
    from api.documents.reading.refusal import RefusedError

    pages = sorted({each.page for each in reading.fields.values() if each.page is not None})
    if not pages:
        raise click.ClickException(
            "nothing that was read stands on a page: there is nothing to draw"
        )
    for page in pages:
        name = picture.name if page == pages[0] else f"{picture.stem}-{page + 1}{picture.suffix}"
        place = picture.with_name(name)
        try:
            place.write_bytes(sandbox.draw(data, page, reading.fields))
        except RefusedError as error:
            raise click.ClickException(f"{error.refusal.value}: {error}") from error
        except OSError as error:
            raise click.ClickException(f"{place} cannot be written: {error}") from error
        click.echo(f"drawn {place}", err=True)


@click.group()
def documents() -> None:
    """Documents: their scanner, keys and copies, proofs of them, and how well they are read."""


@documents.command()
@click.argument("folder", type=_FOLDER)
@click.option(
    "--text-only", is_flag=True, help="Leave embedded XML out: what the pages alone tell."
)
@click.option("--group", "groups", multiple=True, help="Only documents of this group (repeatable).")
@click.option("--wrong", is_flag=True, help="List every wrong or missing field on standard error.")
@click.option(
    "--baseline",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Compare with this saved report; exit 1 where something is read worse.",
)
@click.option("--save", is_flag=True, help="Save the report as the baseline.")
def evaluate(
    folder: Path,
    groups: tuple[str, ...],
    *,
    text_only: bool,
    wrong: bool,
    baseline: Path | None,
    save: bool,
) -> None:
    """Read every document of FOLDER and compare with its labels; prints JSON."""
    from stellarsettle import evaluation

    try:
        judged = evaluation.evaluate(folder, groups, text_only=text_only)
    except (OSError, msgspec.DecodeError) as error:
        message = f"{folder} is no folder of labelled documents: {error}"
        raise click.ClickException(message) from error
    if wrong:
        for each in judged.judged:
            if not each.right:
                text = f"{each.document.file} {each.field}: {each.answer!r}, not {each.label!r}"
                click.echo(text, err=True)
        for file, verdict in judged.verdicts.items():
            click.echo(f"{file}: {verdict}", err=True)
    report = evaluation.report(judged)
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(report)) + b"\n")
    if baseline is not None:
        _compare(report, baseline, "pages alone" if text_only else "everything", save=save)


def _compare(report: dict[str, Any], baseline: Path, key: str, *, save: bool) -> None:
    """Say what is read better or worse than it was, or keep how it is read now."""
    from stellarsettle import baselines

    try:
        if save:
            baselines.save(baseline, key, report)
            return
        changes = baselines.compare(baseline, key, report)
    except (OSError, msgspec.DecodeError) as error:
        raise click.ClickException(f"{baseline} is no baseline: {error}") from error
    for change in changes:
        click.echo(str(change), err=True)
    if any(change.worse for change in changes):
        raise SystemExit(1)
    click.echo("nothing is read worse than the baseline", err=True)


@documents.command()
@click.argument("folders", type=_FOLDER, nargs=-1, required=True)
def calibrate(folders: tuple[Path, ...]) -> None:
    """Fit the curve of confidence to labelled documents; prints the JSON that is shipped.

    Embedded XML is left out. On standard error the calibration error on layout families that the
    curve was not fitted to.
    """
    from api.documents.reading.calibration import Curve, fitted
    from stellarsettle import evaluation

    judged = [
        each for folder in folders for each in evaluation.evaluate(folder, text_only=True).judged
    ]
    error = evaluation.fitted_elsewhere(judged)
    click.echo(f"calibration error on other layout families: {error}", err=True)
    curve = fitted(evaluation.samples(judged), Curve())
    click.echo(msgspec.json.format(msgspec.json.encode(curve)).decode())


@documents.command()
@click.option(
    "--folder", type=click.Path(file_okay=False, path_type=Path), help="Its working folder."
)
def scanner(folder: Path | None) -> None:
    """Run ClamAV's daemon in the foreground and print the settings that use it.

    With freshclam's signatures where there are any; else with test signatures, which know nothing
    but the EICAR test file.
    """
    from stellarsettle import clamav, services

    chosen = current_settings()
    place = folder or services.documents_folder(chosen) / "scanner"
    signatures = clamav.SIGNATURES
    stopped = threading.Event()
    on_stop_signal(stopped.set)
    try:
        if test := not clamav.have_signatures():
            signatures = place / "signatures"
            clamav.write_test_signatures(signatures, dt.datetime.now(dt.UTC))
            click.echo("no signatures from freshclam: only the EICAR test file is found", err=True)
        with clamav.running(place, signatures) as address:
            click.echo(f"CLAMD={address}")
            if test:
                click.echo("CLAMD_TEST=true")
            stopped.wait()
    except (clamav.ClamavError, OSError) as error:
        refuse(error)


def _hash(_: click.Context, __: click.Parameter, text: str) -> bytes:
    """32 bytes as the command line has them."""
    if re.fullmatch("[0-9a-fA-F]{64}", text) is None:
        raise click.BadParameter("64 hexadecimal digits are needed")
    return bytes.fromhex(text)


@documents.command()
@click.argument("file", type=_FILE)
@click.option("--salt", required=True, callback=_hash, help="From the document's opening, in hex.")
@click.option("--invoice", required=True, callback=_hash, help="The invoice's id, in hex.")
@needs_node
def verify(file: Path, salt: bytes, invoice: bytes) -> None:
    """Prove that the invoice on the ledger speaks of FILE; asks nobody but the ledger."""
    from stellar_sdk import scval

    from api.documents.storage.keys import commitment
    from stellarsettle import chain, settings

    chosen = current_settings()
    try:
        chosen.require("escrow")
        ledger = chain.Chain(chosen.rpc_url, chosen.network_passphrase)
        found = ledger.view(chosen.escrow, "get_invoice", scval.to_bytes(invoice))
    except (chain.ChainError, settings.SettingsError) as error:
        refuse(error)
    expected = commitment(salt, hashlib.sha256(file.read_bytes()).digest())
    on_ledger = bytes(found["terms"]["doc_hash"])
    click.echo(f"file     {expected.hex()}")
    click.echo(f"ledger   {on_ledger.hex()}")
    click.echo("the ledger speaks of this file" if expected == on_ledger else "IT IS ANOTHER FILE")
    raise SystemExit(0 if expected == on_ledger else 1)


@documents.command("check-certificate")
@click.argument("file", type=_FILE)
@click.option("--signer", required=True, help="SIGNING_KEY of the service's stellar.toml, G...")
def check_certificate(file: Path, signer: str) -> None:
    """Check the certificate of an erasure, as the service answered it."""
    from api.documents import erasure

    try:
        certificate = msgspec.json.decode(file.read_bytes(), type=dict[str, str])
        said = erasure.check_certificate(certificate, signer)
    except msgspec.DecodeError as error:
        raise click.ClickException(f"{file} is no certificate: {error}") from error
    except ValueError as error:
        refuse(error)
    for name, value in said.items():
        click.echo(f"{name:10} {value}")


@documents.command("check-paper")
@click.argument("file", type=_FILE)
@click.argument("paper", type=_FILE)
def check_paper(file: Path, paper: Path) -> None:
    """Check that FILE is the paper that was accepted; PAPER is the answer of GET /v1/papers/{id}.

    Asks nobody: hash and signatures tell.
    """
    from api.documents.papers import signing

    try:
        found = msgspec.json.decode(paper.read_bytes(), type=signing.Signed).signatures
        for each in found:
            signing.accepts(file.read_bytes(), each)
    except msgspec.DecodeError as error:
        raise click.ClickException(f"{paper} is no answer about a paper: {error}") from error
    except ValueError as error:
        refuse(error)
    for each in found:
        at = dt.datetime.fromtimestamp(each.at, dt.UTC).isoformat()
        click.echo(f"accepted by {each.signer} at {at}")
    if not found:
        raise click.ClickException("nobody has accepted this paper yet")


@documents.command()
def rotate() -> None:
    """Wrap every document's secrets with the newest of DOCUMENT_KEYS; the files stay as they are.

    Then the older keys can be taken out of DOCUMENT_KEYS, once KYC is rotated too
    (`stellarsettle kyc rotate`). May be interrupted and begun again.
    """

    async def run() -> int:
        async with _documents() as chosen:
            return await chosen.vault.rotate()

    click.echo(f"{asyncio.run(run())} documents have the newest key now")


@documents.command()
def check() -> None:
    """Read every kept file from every store, and mend what is missing or spoilt."""

    async def run() -> dict[str, int]:
        async with _documents() as chosen:
            return await chosen.tidying.check_replicas()

    found = asyncio.run(run())
    for what, number in sorted(found.items()):
        click.echo(f"{what:24} {number}")
    raise SystemExit(1 if any("spoilt" in what or "away" in what for what in found) else 0)


@documents.command()
def tidy() -> None:
    """Erase what was kept long enough, and remove what uploads and refusals left."""

    async def run() -> dict[str, int]:
        async with _documents() as chosen:
            return await chosen.tidying.tidy()

    for what, number in asyncio.run(run()).items():
        click.echo(f"{what:24} {number}")


@documents.command()
def recalibrate() -> None:
    """Fit confidence to what people confirmed and corrected; the worker does it every day."""

    async def run() -> int:
        async with _documents() as chosen:
            return await chosen.tidying.recalibrate()

    fields = asyncio.run(run())
    click.echo(f"fitted to {fields} fields" if fields else "too few confirmations yet")


@contextlib.asynccontextmanager
async def _documents() -> AsyncIterator[Documents]:
    """Documents as the services have them, from the environment."""
    import psycopg

    from api.database import Database
    from api.documents.service import documents_of
    from api.documents.storage.keys import KeyLostError
    from stellarsettle import services, settings

    try:
        configuration = services.configuration(current_settings())
        services.require_migrated(configuration.database_url)
    except settings.SettingsError as error:
        refuse(error)
    database = Database(configuration.database_url, size=2, wait_seconds=10)
    chosen = documents_of(configuration, database)
    if chosen is None:
        raise click.ClickException("documents are not set up: set DOCUMENT_KEYS and CLAMD")
    await database.open()
    try:
        yield chosen
    except (KeyLostError, psycopg.Error) as error:
        refuse(error)
    finally:
        await chosen.close()
        await database.close()
