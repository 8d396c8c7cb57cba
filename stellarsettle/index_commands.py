"""Commands that look after the indexer: what waits in quarantine, and how it is doing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import rich_click as click

if TYPE_CHECKING:
    from indexer.quarantine import Waiting


class _Refusal(click.ClickException):
    """What keeps a command from working, in one sentence."""


def _database() -> str:
    import os

    from stellarsettle import services, settings

    try:
        return services.database_url(settings.load(os.environ))
    except settings.SettingsError as error:
        raise _Refusal(str(error)) from error


@click.group()
def quarantine() -> None:
    """Events that this version cannot read: kept with their bytes, healed in order after a fix."""


@quarantine.command("list")
def list_waiting() -> None:
    """One line for each event that waits: its id, contract, invoice and the reason."""
    held = _waiting(None)
    for one in held:
        about = one.invoice.hex() if one.invoice else "any invoice"
        click.echo(f"{one.name}  {one.event.contract:<11}  {about}  {one.reason}")
    click.echo(f"{len(held)} events wait" if held else "nothing waits", err=True)


@quarantine.command("show")
@click.argument("event")
def show_waiting(event: str) -> None:
    """Everything known of EVENT, an id as `list` prints it."""
    position, _, index = event.partition("-")
    if not (position.isdecimal() and index.isdecimal()):
        raise _Refusal(f"{event!r} is no event id: `stellarsettle quarantine list` prints them")
    found = _waiting((int(position), int(index)))
    if not found:
        raise _Refusal(f"no event {event} waits in quarantine")
    for name, value in _details(found[0]).items():
        click.echo(f"{name:<12} {value}")


@quarantine.command()
def redrive() -> None:
    """Fold everything again if that lets an event out: the state is as if it had never failed."""
    import psycopg

    from indexer import renewal
    from indexer.rebuild import NothingToRebuildError, RebuildBusyError
    from projections.rebuild import ReadersBusyError

    try:
        done = renewal.redrive(_database())
    except (NothingToRebuildError, RebuildBusyError, ReadersBusyError, psycopg.Error) as error:
        raise _Refusal(str(error)) from error
    if not done.waiting:
        click.echo("nothing waits")
        return
    if done.renewed is None:
        raise _Refusal(f"none of {done.waiting} events can be read by this version: update it")
    left = len(done.renewed.quarantined)
    click.echo(f"{done.renewed.released} events came out, {left} still wait")
    click.echo(f"digest {done.renewed.digest.hex()}")
    raise SystemExit(1 if left else 0)


def _waiting(place: tuple[int, int] | None) -> list[Waiting]:
    import psycopg

    from indexer import quarantine as held

    try:
        with psycopg.connect(_database()) as connection:
            return held.waiting(connection, place)
    except psycopg.Error as error:
        raise _Refusal(str(error)) from error


def _details(one: Waiting) -> dict[str, Any]:
    event = one.event
    details: dict[str, Any] = {
        "event": one.name,
        "ledger": event.ledger,
        "transaction": event.tx_hash.hex(),
        "contract": event.contract,
        "invoice": one.invoice.hex() if one.invoice else "not known: it may be about any",
        "reason": one.reason,
        "body": event.body.hex(),
    }
    if content := one.content():
        details["topics"], details["data"] = content
    return details
