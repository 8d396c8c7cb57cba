"""The command line: every part of the platform, started by name.

Heavy imports live inside the commands, so that `--help` answers at once.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import msgspec
import rich_click as click

from stellarsettle import (
    archive_commands,
    audit_commands,
    contract_commands,
    documents,
    export_commands,
    index_commands,
    job_commands,
    kyc_commands,
    proof_commands,
)
from stellarsettle.refusals import current_settings, needs_node, refuse
from stellarsettle.stopping import on_stop_signal

if TYPE_CHECKING:
    from stellar_sdk import Keypair

    from contracts.wire import Address
    from stellarsettle.chain import Chain
    from stellarsettle.deploy import Plan


def _say(text: str) -> None:
    click.echo(text, err=True)


def _deployer(seed: str) -> Keypair:
    """The account of a secret seed."""
    from stellar_sdk import Keypair

    try:
        return Keypair.from_secret(seed)
    except ValueError as error:
        raise click.ClickException("DEPLOYER_SEED is no secret seed (S...)") from error


def _asset_contracts(given: Sequence[str]) -> list[Address]:
    """Addresses of contracts, as the command line has them."""
    from stellar_sdk import StrKey

    from contracts.wire import Address

    if wrong := [each for each in given if not StrKey.is_valid_contract(each)]:
        raise click.ClickException(f"--asset is no contract address (C...): {', '.join(wrong)}")
    return [Address(each) for each in given]


def _interrupt_once() -> None:
    """Ctrl-C, SIGTERM and a closed terminal all interrupt, the first time; closing is not cut."""
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def interrupt(*_: object) -> NoReturn:
        for number in signals:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in signals:
        signal.signal(number, interrupt)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="stellarsettle")
def cli() -> None:
    """StellarSettle: invoice financing on Stellar.

    Settings come from the environment (see `stellarsettle doctor`).
    """


@cli.command()
@click.option("--once", is_flag=True, help="Use free ports and end by itself with one JSON line.")
def demo(*, once: bool) -> None:
    """Run the whole platform on this machine and watch two invoices' lives."""
    from stellarsettle import demo as story

    _interrupt_once()
    try:
        summary = story.run(current_settings(), _say if once else click.echo, once=once)
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except Exception as error:  # the newcomer gets the sentence, `python -X dev` the trace
        if sys.flags.dev_mode:
            raise
        refuse(error)
    if once:
        click.echo(msgspec.json.encode(summary).decode())
    raise SystemExit(0 if summary.ok else 1)


@cli.command(
    add_help_option=False,
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def devnet(options: tuple[str, ...]) -> None:
    """Run the local ledger, on port 8000 unless told: its own `--help` lists its options."""
    from stellarsettle.devnet import BINARY

    if not BINARY.exists():
        raise click.ClickException(f"{BINARY} is not built: run `make built`")
    told = any(option.split("=")[0] == "--listen" for option in options)
    listen = () if told else ("--listen", "127.0.0.1:8000")
    os.execv(BINARY, [str(BINARY), *listen, *options])  # noqa: S606


@cli.command()
def db() -> None:
    """Run the embedded PostgreSQL in the foreground and print its URL."""
    from stellarsettle import postgres, services

    stopped = threading.Event()
    on_stop_signal(stopped.set)
    try:
        with postgres.running(services.embedded_folder(current_settings())) as server:
            click.echo(f"DATABASE_URL={server.ensure(services.EMBEDDED_DATABASE)}")
            stopped.wait()
    except postgres.PostgresError as error:
        refuse(error)


@cli.command()
def migrate() -> None:
    """Bring the database to this version's schema."""
    from sqlalchemy.exc import SQLAlchemyError

    import migrations
    from stellarsettle import services, settings

    try:
        migrations.upgrade(services.database_url(current_settings()))
    except (settings.SettingsError, SQLAlchemyError) as error:
        refuse(error)
    _say("the database is at this version's schema")


@cli.command()
def keys() -> None:
    """Print new secrets for the API, as lines of an environment file."""
    from stellarsettle import settings

    for name, value in settings.fresh_keys().items():
        click.echo(f"{name}={value}")


@cli.command()
@click.option("--verifier", help="Account that approves invoices [default: the deployer].")
@click.option("--compliance", help="Account that admits members [default: the deployer].")
@click.option("--treasury", help="Account that receives fees [default: the deployer].")
@click.option("--asset", "assets", multiple=True, help="Asset contract (C...) to allow; repeat it.")
@click.option("--name", default="main", show_default=True, help="One platform of the deployer's.")
@click.option("--plan", "only_plan", is_flag=True, help="Print what would be done; send nothing.")
@click.option("--confirm", metavar="HASH", help="Carry out the plan of this hash, or refuse.")
@click.option("--yes", is_flag=True, help="Do not ask before the first transaction.")
@needs_node
def deploy(  # noqa: PLR0913 -- one argument for each option
    verifier: str | None,
    compliance: str | None,
    treasury: str | None,
    assets: tuple[str, ...],
    name: str,
    *,
    only_plan: bool,
    confirm: str | None,
    yes: bool,
) -> None:
    """Put the contracts on the ledger of RPC_URL, signed by the key in DEPLOYER_SEED.

    Shows the plan first. Prints the lines for the services' environment. The deployer sends one
    unit of each asset to each contract, to see that its issuer cannot take it back. What was
    interrupted goes on when the same command is given again; what was taken away since the plan was
    made is not given back.
    """
    from contracts.wire import Address
    from stellarsettle import chain
    from stellarsettle import deploy as deploying
    from stellarsettle.asset_safety import UnsafeAssetError
    from stellarsettle.deployment_steps import OccupiedError
    from stellarsettle.ground import ChangedGroundError

    chosen = current_settings()
    seed = os.environ.get("DEPLOYER_SEED", "")
    if not seed:
        raise click.ClickException("set DEPLOYER_SEED to the secret (S...) of a funded account")
    owner = _deployer(seed)
    ledger = chain.Chain(chosen.rpc_url, chosen.network_passphrase)
    roles = deploying.Roles(
        *(Address(given or owner.public_key) for given in (verifier, compliance, treasury))
    )
    try:
        planned = deploying.plan(
            chosen.network_passphrase,
            Address(owner.public_key),
            roles,
            _asset_contracts(assets),
            ledger=_planned_ledger(confirm) or ledger.server.get_latest_ledger().sequence,
            name=name,
        )
        _show_plan(planned, ledger, chosen.rpc_url)
        if only_plan:
            return
        if confirm is not None and confirm != planned.hash():
            raise click.ClickException(
                f"this is not the plan that was confirmed: its hash is {planned.hash()}. Read it"
                " again with --plan"
            )
        if confirm is None and not yes:
            click.confirm("Deploy?", abort=True, err=True)
        done = deploying.carry_out(ledger, owner, planned, _say)
    except (
        chain.ChainError,
        UnsafeAssetError,
        OccupiedError,
        ChangedGroundError,
        deploying.ChangedCodeError,
        deploying.ForgottenError,
    ) as error:
        refuse(error)
    for setting, value in done.environment().items():
        click.echo(f"{setting}={value}")


def _planned_ledger(confirmed: str | None) -> int | None:
    """The ledger of the plan that is confirmed, if one is."""
    from stellarsettle import deploy as deploying

    try:
        return None if confirmed is None else deploying.planned_ledger(confirmed)
    except ValueError as error:
        refuse(error)


def _show_plan(planned: Plan, ledger: Chain, rpc_url: str) -> None:
    from stellarsettle import deploy as deploying

    _say(f"network    {planned.network} at {rpc_url}")
    _say(f"platform   {planned.name} of {planned.owner}")
    _say(f"made for   ledger {planned.ledger} and what it left")
    for number, step in enumerate(deploying.steps(planned), 1):
        _say(f"{number:>4}. {step.words}{' (is done)' if step.done(ledger) else ''}")
    _say(f"plan       {planned.hash()}")


@cli.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def histories(folder: Path) -> None:
    """Play the scripted histories in FOLDER on local ledgers; name each one's first difference."""
    from concurrent.futures import ProcessPoolExecutor

    from stellarsettle.histories import player

    scripts = player.scripts(folder)
    if not scripts:
        raise click.ClickException(f"{folder} holds no script (*.jsonl)")
    well = True
    with ProcessPoolExecutor() as processes:
        for same, line in processes.map(player.report, scripts):
            click.echo(line)
            well &= same
    raise SystemExit(0 if well else 1)


@cli.command()
def index() -> None:
    """Follow the ledger and keep the read models, until told to stop."""
    from rich.console import Console

    from contracts.rpc import RpcError
    from indexer.coverage import HistoryChangedError
    from indexer.identity import NetworkMismatchError
    from indexer.rpc import RpcUnavailableError
    from indexer.sources.crosscheck import DisagreementError
    from indexer.sources.files import ForeignLakeError
    from indexer.sources.protocol import GapError
    from indexer.writer import DeploymentMismatchError
    from stellarsettle import indexing, logs, settings
    from stellarsettle.bar import Bar

    chosen = current_settings()
    logs.begin(chosen.log_format)
    console = Console(stderr=True)
    stopped = threading.Event()
    on_stop_signal(stopped.set)
    try:
        indexing.run(chosen, stopped, *([Bar(console)] if console.is_terminal else []))
    except (
        GapError,
        DeploymentMismatchError,
        DisagreementError,
        ForeignLakeError,
        HistoryChangedError,
        NetworkMismatchError,
        RpcError,
        RpcUnavailableError,
        settings.SettingsError,
    ) as error:
        refuse(error)


@cli.command()
def serve() -> None:
    """Serve the API until told to stop."""
    from stellarsettle import services, settings

    try:
        services.serve(current_settings())
    except settings.SettingsError as error:
        refuse(error)


@cli.command()
def work() -> None:
    """Do what follows from the ledger and what the API promised, until told to stop."""
    from stellarsettle import logs, services, settings

    chosen = current_settings()
    logs.begin(chosen.log_format)
    try:
        services.work(chosen)
    except settings.SettingsError as error:
        refuse(error)


@cli.command()
@click.option(
    "--beside",
    "--switch",
    "beside",
    is_flag=True,
    help="Build new read models next to the live ones and put them in their place.",
)
@click.option(
    "--from",
    "first",
    type=click.IntRange(min=1),
    metavar="LEDGER",
    help="With --beside: keep what was before LEDGER, if it is what its digests say.",
)
def rebuild(*, beside: bool, first: int | None) -> None:
    """Fold all stored events again, without the network, and compare digests.

    With --beside the read models are made anew beside the live ones, catch up and take their place
    in one transaction, while readers and the indexer go on.
    """
    if first is not None and not beside:
        raise click.UsageError("--from goes with --beside.")
    import psycopg

    from indexer import rebuild as rebuilding
    from indexer import renewal
    from indexer.archived import ArchivedError
    from projections.engine import VersionError
    from projections.history import NotFoldedError
    from projections.rebuild import ReadersBusyError, UnsoundError
    from stellarsettle import services, settings

    try:
        url = services.database_url(current_settings())
        if beside:
            renewed = renewal.renew(url, first=first)
            through, events = renewed.through, renewed.events
            before, after, words = renewed.former, renewed.digest, "switched"
        else:
            compared = rebuilding.rebuild(url)
            through, events = compared.through, compared.events
            before, after = compared.live, compared.rebuilt
            words = "equal" if compared.equal else "THEY DIFFER: `stellarsettle rebuild --beside`"
    except (
        ArchivedError,
        rebuilding.NothingToRebuildError,
        rebuilding.RebuildBusyError,
        NotFoldedError,
        ReadersBusyError,
        UnsoundError,
        VersionError,
        psycopg.Error,
        settings.SettingsError,
    ) as error:
        refuse(error)
    click.echo(f"{events} events up to ledger {through.ledger}")
    click.echo(f"live     {before.hex()}")
    click.echo(f"rebuilt  {after.hex()}")
    click.echo(words)
    raise SystemExit(0 if beside or before == after else 1)


@cli.command()
@click.argument(
    "bundle", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False
)
@click.option("--offline", is_flag=True, help="Do not compare with the contracts' balances.")
@click.option("--rpc", metavar="URL", help="Compare BUNDLE with what this node tells.")
@click.option("--lake", metavar="FOLDER|URL", help="Compare BUNDLE with a data lake (SEP-54).")
def verify(bundle: Path | None, *, offline: bool, rpc: str | None, lake: str | None) -> None:
    """Prove the read models: rebuild, history, coverage, sequences, share tokens, money.

    With BUNDLE, a file that `prove` wrote: work it out again, without any database.
    """
    if bundle:
        if offline or (rpc and lake):
            raise click.UsageError("BUNDLE goes with --rpc or --lake, or alone.")
        proof_commands.check_bundle(bundle, rpc, lake)
        return
    if rpc or lake:
        raise click.UsageError("--rpc and --lake compare a BUNDLE.")
    _verify_database(offline=offline)


def _verify_database(*, offline: bool) -> None:
    import contextlib

    import psycopg

    from indexer import verify as verifying
    from indexer.archived import ArchivedError
    from indexer.rebuild import NothingToRebuildError, RebuildBusyError
    from indexer.rpc import RpcClient, RpcUnavailableError
    from stellarsettle import indexing, services, settings

    chosen = current_settings()
    try:
        with contextlib.nullcontext() if offline else RpcClient(chosen.rpc_url) as client:
            opener = None if offline else indexing.tokens_opener(chosen)
            done = verifying.verify(services.database_url(chosen), client, opener)
    except (
        ArchivedError,
        NothingToRebuildError,
        RebuildBusyError,
        RpcUnavailableError,
        psycopg.Error,
        settings.SettingsError,
    ) as error:
        refuse(error)
    for finding in done.findings:
        click.echo(f"{'!!' if finding.grave else '--'}  {finding.check}: {finding.text}")
    click.echo(
        f"{done.events} events up to ledger {done.through.ledger},"
        f" {done.balances_compared} balances and {done.tokens_compared} tokens compared,"
        f" digest {done.digest.hex()}"
    )
    raise SystemExit(0 if done.sound else 1)


@cli.command()
def doctor() -> None:
    """Say what is well and what is missing."""
    from stellarsettle.doctor import examine

    well = True
    for finding in examine(current_settings()):
        mark = click.style("ok", fg="green") if finding.well else click.style("--", fg="red")
        click.echo(f"{mark}  {finding.subject:<28} {finding.words}")
        well &= finding.well
    raise SystemExit(0 if well else 1)


cli.add_command(documents.read)
cli.add_command(documents.documents)
cli.add_command(archive_commands.archive)
cli.add_command(contract_commands.contracts)
cli.add_command(export_commands.export)
cli.add_command(index_commands.quarantine)
cli.add_command(audit_commands.audit)
cli.add_command(kyc_commands.kyc)
cli.add_command(index_commands.status)
cli.add_command(job_commands.jobs)
cli.add_command(proof_commands.prove)


def main() -> None:
    """The program's entry point."""
    cli()
