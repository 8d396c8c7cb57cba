"""Commands that look after deployed contracts: whether they are ours, and how long they live."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rich_click as click

from stellarsettle.refusals import current_settings, needs_node, refuse

if TYPE_CHECKING:
    from contracts.wire import Address
    from stellarsettle.chain import Chain


@click.group()
def contracts() -> None:
    """Look after deployed contracts."""


def _deployed() -> tuple[Chain, Address, Address]:
    """The ledger of RPC_URL, the escrow and the distributor of the settings."""
    from contracts.wire import Address
    from stellarsettle.chain import Chain

    chosen = current_settings()
    if not (chosen.escrow and chosen.distributor):
        raise click.ClickException("Please set ESCROW and DISTRIBUTOR: `stellarsettle deploy`")
    ledger = Chain(chosen.rpc_url, chosen.network_passphrase)
    return ledger, Address(chosen.escrow), Address(chosen.distributor)


@contracts.command()
@needs_node
def verify() -> None:
    """Compare the code on the ledger with the code that was built here; say how long it lives."""
    from stellarsettle import chain, code, lifetimes

    ledger, escrow, distributor = _deployed()
    try:
        compared = code.verify(ledger, escrow, distributor)
        living = lifetimes.examine(ledger, escrow, distributor)
    except chain.ChainError as error:
        refuse(error)
    for one in compared:
        mark = "ok" if one.equal else "!!"
        click.echo(f"{mark}  {one.name:<25} built {one.built}  ledger {one.found or 'none'}")
    for each in living:
        click.echo(f"{'ok' if each.long else '--'}  {each.name:<29} {each.words}")
    raise SystemExit(0 if all(one.equal for one in compared) else 1)


@contracts.command()
@click.option("--days", default=90, show_default=True, type=click.IntRange(1), help="From now on.")
@click.option("--source", required=True, help="Account (G...) that will sign and pay.")
@needs_node
def extend(days: int, source: str) -> None:
    """Print an unsigned transaction that lets both contracts and all code live for --days.

    Sign it with the account's wallet and submit it within an hour. It extends nothing that lives
    longer already, and touches nobody's money but the fee, which is mostly rent.
    """
    from stellar_sdk import StrKey

    from stellarsettle import chain, lifetimes

    if not StrKey.is_valid_ed25519_public_key(source):
        raise click.ClickException(f"--source is no account (G...): {source}")
    ledger, escrow, distributor = _deployed()
    try:
        living = lifetimes.examine(ledger, escrow, distributor)
        envelope = lifetimes.extension(ledger, source, living, days)
    except chain.ChainError as error:
        refuse(error)
    for each in living:
        click.echo(f"{each.name:<29} {each.words}", err=True)
    click.echo(f"{'fee at most':<29} {envelope.transaction.fee} stroops", err=True)
    click.echo(f"{'hash':<29} {envelope.hash_hex()}", err=True)
    click.echo(envelope.to_xdr())
