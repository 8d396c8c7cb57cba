"""Commands that prove a number from ledger facts, and check what somebody else proved."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from stellarsettle.index_commands import Refusal
from stellarsettle.refusals import current_settings

if TYPE_CHECKING:
    from indexer.proving import Checked
    from indexer.sources.protocol import Source
    from projections.proof.bundle import Bundle, Figure, Subject
    from projections.proof.derivation import Derivation, Step


@click.group()
def prove() -> None:
    """Derive numbers event by event, and write a bundle that `verify` works out again."""


def _options(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--as-of", type=int, metavar="LEDGER", help="End of this ledger: the newest."),
        click.option("--out", type=click.Path(path_type=Path), help="File of the bundle."),
        click.option("--ledgers", is_flag=True, help="Put in whole ledgers, fetched from RPC_URL."),
        click.option("--quiet", is_flag=True, help="Write the bundle, print the figures only."),
    ):
        command = option(command)
    return command


@prove.command("invoice")
@click.argument("invoice")
@_options
def prove_invoice(invoice: str, **options: Any) -> None:
    """What INVOICE (64 hexadecimal digits) has raised, was paid, owes, and is held for it."""
    _prove("invoice", options, invoice=invoice)


@prove.command("position")
@click.argument("invoice")
@click.argument("holder")
@_options
def prove_position(invoice: str, holder: str, **options: Any) -> None:
    """What HOLDER (G... or C...) has of INVOICE, was paid for it, and may claim."""
    _prove("position", options, invoice=invoice, holder=holder)


@prove.command("platform")
@_options
def prove_platform(**options: Any) -> None:
    """What the contracts hold, and every figure of the platform's dashboard."""
    _prove("platform", options)


def _prove(kind: str, options: dict[str, Any], **about: str) -> None:
    import psycopg

    from indexer.proving import prove as proven
    from indexer.rpc import RpcClient, RpcUnavailableError
    from projections.history import NotFoldedError
    from projections.proof.bundle import encoded
    from projections.proof.events import UnprovableError
    from stellarsettle import services, settings

    chosen = current_settings()
    try:
        subject = _subject(kind, about)
        with (
            psycopg.connect(services.database_url(chosen), autocommit=True) as connection,
            RpcClient(chosen.rpc_url) if options["ledgers"] else contextlib.nullcontext() as client,
        ):
            proof = proven(connection, subject, options["as_of"], client)
    except (
        NotFoldedError,
        RpcUnavailableError,
        UnprovableError,
        psycopg.Error,
        settings.SettingsError,
    ) as error:
        raise Refusal(str(error)) from error
    file = options["out"] or Path(_file_name(proof.bundle))
    file.write_bytes(encoded(proof.bundle))
    _show(proof.derivation, steps=not options["quiet"])
    click.echo(f"as of ledger {proof.bundle.ledger}, closed at {proof.bundle.closed_at}")
    click.echo(f"state {proof.bundle.state}")
    click.echo(f"written to {file}", err=True)


def _subject(kind: str, about: dict[str, str]) -> Subject:
    import msgspec

    from projections.proof.bundle import Subject

    try:
        return msgspec.convert({"kind": kind, **about}, Subject)
    except (msgspec.ValidationError, ValueError) as error:
        raise Refusal(str(error)) from error


def _file_name(bundle: Bundle) -> str:
    subject = bundle.subject
    parts = [subject.kind, (subject.invoice or "")[:8], (subject.holder or "")[:8]]
    return "-".join(["proof", *filter(None, parts), str(bundle.ledger)]) + ".json"


def check_bundle(file: Path, rpc: str | None, lake: str | None) -> None:
    """Work out a bundle again and say what was compared; ends with 1 if it is refused."""
    import os

    from indexer.proving import check
    from indexer.rpc import RpcUnavailableError
    from indexer.sources.files import ForeignLakeError
    from indexer.sources.protocol import GapError, SourceUnavailableError
    from projections.proof.bundle import RefusedError

    with contextlib.ExitStack() as stack:
        try:
            network, source = _source(stack, rpc, lake)
            done = check(
                file.read_bytes(),
                network=network or os.environ.get("NETWORK_PASSPHRASE"),
                source=source,
            )
        except RefusedError as error:
            raise Refusal(str(error)) from error
        except (
            GapError, SourceUnavailableError, RpcUnavailableError, ForeignLakeError, OSError
        ) as error:  # fmt: skip
            raise Refusal(f"the ledger cannot be compared: {error}") from error
    _tell(done)


def _source(
    stack: contextlib.ExitStack, rpc: str | None, lake: str | None
) -> tuple[str | None, Callable[[Bundle], Source] | None]:
    """The network of the source and how to open it; nothing where none is given."""
    from contracts import rpc as protocol
    from indexer.proving import deployment_of
    from indexer.rpc import RpcClient
    from indexer.sources.events import EventSource
    from indexer.sources.lake import LakeSource
    from indexer.sources.witness import WitnessedSource

    if rpc:
        client = stack.enter_context(RpcClient(rpc))
        passphrase = client.call(protocol.get_network()).passphrase
        return passphrase, lambda bundle: WitnessedSource(
            EventSource(client, deployment_of(bundle)), client
        )
    if lake:

        def opened(bundle: Bundle) -> Source:
            source = LakeSource(lake, deployment_of(bundle), bundle.network)
            stack.callback(source.close)
            return source

        return None, opened
    return None, None


def _tell(done: Checked) -> None:
    bundle = done.bundle
    _show(done.derivation, steps=False)
    click.echo(f"{len(bundle.events)} events lead to {len(bundle.figures)} figures")
    if done.own_ledgers:
        click.echo(f"{done.own_ledgers} ledgers in the bundle hold these events")
    if done.source:
        click.echo(f"the source tells the same from ledger {bundle.first_ledger} on")
    if not (done.source or done.own_ledgers):
        click.echo("nobody was asked for the ledger: --rpc or --lake compares the events with it")
    click.echo(f"as of ledger {bundle.ledger} of {bundle.network!r}: it holds")


def _show(derivation: Derivation, *, steps: bool) -> None:
    for step in derivation.steps if steps else ():
        for line in _step(step):
            click.echo(line)
    for figure in derivation.figures:
        click.echo(_figure(figure))


def _step(step: Step) -> Iterator[str]:
    record = step.record
    transaction, operation = record.position >> 12 & 0xFFFFF, record.position & 0xFFF
    yield (
        f"ledger {record.mark.ledger} transaction {transaction} ({record.tx_hash.hex()[:12]})"
        f" event {operation}.{record.index} {record.contract} {record.event.NAME}"
    )
    for change in step.changes:
        key = " ".join(value for name, value in change.key.items() if name != "invoice")
        fields = ", ".join(
            f"{one.field} {one.after}"
            if one.before is None
            else f"{one.field} {one.before} -> {one.after}"
            for one in change.fields
        )
        yield f"    {change.model} {key}".rstrip() + f": {fields}"


def _figure(figure: Figure) -> str:
    value = f"null ({figure.null_reason})" if figure.value is None else str(figure.value)
    inputs = ", ".join(f"{name} = {value}" for name, value in figure.inputs.items())
    return f"{figure.name} = {value} {figure.unit}\n    = {figure.formula}\n    from {inputs}"
