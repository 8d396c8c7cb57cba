"""Commands that look after the indexer: what waits in quarantine, and how it is doing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import rich_click as click

from stellarsettle.refusals import current_settings

if TYPE_CHECKING:
    from indexer.monitor import Status
    from indexer.quarantine import Waiting
    from stellarsettle.settings import Settings


class Refusal(click.ClickException):
    """What keeps a command from working, in one sentence."""


def _database() -> str:
    from stellarsettle import services, settings

    try:
        return services.database_url(current_settings())
    except settings.SettingsError as error:
        raise Refusal(str(error)) from error


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print everything as one JSON object.")
def status(*, as_json: bool) -> None:
    """How the indexer is doing; ends with 1 if it is not ready."""
    import msgspec

    from indexer.monitor import Monitor

    chosen = current_settings()
    now = _asked(chosen) or Monitor(_database(), list).status()
    if as_json:
        click.echo(msgspec.json.encode(now).decode())
    else:
        for name, value in _lines(now):
            click.echo(f"{name:<12} {value}")
    raise SystemExit(0 if now.ready else 1)


def _asked(chosen: Settings) -> Status | None:
    """What the running indexer says of itself, which knows its sources; None if it is not there."""
    import httpx
    import msgspec

    from indexer.monitor import Status

    if not chosen.metrics_port:
        return None
    try:
        url = f"http://{chosen.metrics_host}:{chosen.metrics_port}/status"
        return msgspec.json.decode(httpx.get(url, timeout=5).content, type=Status)
    except (httpx.TransportError, msgspec.DecodeError):
        return None


def _lines(now: Status) -> Iterator[tuple[str, str]]:
    yield "ready", "yes" if now.ready else f"no: {now.reason}"
    if now.health:
        yield (
            "ledger",
            f"{now.health.ledger} of {now.health.latest}, {now.health.lag_ledgers} behind",
        )
        yield "age", f"{now.health.lag_seconds:.0f} s"
        yield "heard", f"{now.health.heard_seconds_ago:.0f} s ago"
    if now.coverage:
        whole = now.coverage
        yield "whole", f"from ledger {whole.first} up to {whole.whole_through}"
        yield "quarantine", f"{whole.quarantined} events wait, {whole.missed} never came"
    if now.conservation:
        checked = now.conservation
        wrong = len(checked.drifts)
        yield "money", f"{wrong} sums do not add up, as of ledger {checked.ledger}"
        yield "balances", f"{checked.balances} compared with the contracts'"
        yield "records", f"{checked.records} of the contracts' own compared"
        for drift in checked.drifts:
            sums = f"{drift.law}: {drift.expected}, not {drift.found}"
            yield "drift", f"{drift.subject}: {sums}, since ledger {drift.first_ledger}"
    if now.pace:
        phases = ", ".join(f"{name} {took * 1e3:.0f} ms" for name, took in now.pace.phases.items())
        yield "pace", f"{now.pace.events_per_s:.1f} events/s in the last minute; a batch: {phases}"
    for source in now.sources:
        state = "rests" if source.resting else "at work" if source.at_work else "stands by"
        reason = f": {source.reason}" if source.reason else ""
        yield "source", f"{source.name} {state}, newest ledger {source.latest}{reason}"


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
        raise Refusal(f"{event!r} is no event id: `stellarsettle quarantine list` prints them")
    found = _waiting((int(position), int(index)))
    if not found:
        raise Refusal(f"no event {event} waits in quarantine")
    for name, value in _details(found[0]).items():
        click.echo(f"{name:<12} {value}")


@quarantine.command()
def redrive() -> None:
    """Fold everything again if that lets an event out: the state is as if it had never failed."""
    import psycopg

    from indexer import renewal
    from indexer.archived import ArchivedError
    from indexer.rebuild import NothingToRebuildError, RebuildBusyError
    from projections.rebuild import ReadersBusyError

    try:
        done = renewal.redrive(_database())
    except (
        ArchivedError,
        NothingToRebuildError,
        RebuildBusyError,
        ReadersBusyError,
        psycopg.Error,
    ) as error:
        raise Refusal(str(error)) from error
    if not done.waiting:
        click.echo("nothing waits")
        return
    if done.renewed is None:
        raise Refusal(f"none of {done.waiting} events can be read by this version: update it")
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
        raise Refusal(str(error)) from error


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
