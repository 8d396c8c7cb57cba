"""Commands that look after the outbox: what waits, what is dead, and another try."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

import rich_click as click

if TYPE_CHECKING:
    from api.database import Connection
    from api.jobs.desk import Job, State

T = TypeVar("T")


@click.group()
def jobs() -> None:
    """Work that was promised: see what waits and what failed for good, let it be tried again."""


@jobs.command("list")
@click.option(
    "--state", type=click.Choice(["dead", "waiting", "done"]), default="dead", show_default=True
)
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True)
def list_jobs(state: State, limit: int) -> None:
    """One line for each job in a state, the newest first."""
    counts, found = _asked(lambda c: _listed(c, state, limit))
    for one in found:
        click.echo(f"{one.number:>8}  {one.kind:<12} {one.tries:>3}  {one.key}  {one.error or ''}")
    told = ", ".join(f"{number} {name}" for name, number in sorted(counts.items()))
    click.echo(told or "no job was ever promised", err=True)


@jobs.command()
@click.argument("number", type=int)
def show(number: int) -> None:
    """Everything known of job NUMBER."""
    import msgspec

    from api.jobs import desk

    found = _asked(lambda connection: desk.job(connection, number))
    if found is None:
        raise click.ClickException(f"there is no job {number}")
    for name, value in msgspec.to_builtins(found).items():
        click.echo(f"{name:<12} {value}")


@jobs.command()
@click.argument("number", type=int, required=False)
@click.option("--all", "every", is_flag=True, help="All dead jobs.")
def retry(number: int | None, *, every: bool) -> None:
    """Let dead job NUMBER be tried anew, as if it never had been."""
    from api.jobs import desk

    if (number is None) != every:
        raise click.ClickException("name one job, or say --all")
    done = _asked(lambda connection: desk.retry(connection, number))
    if number is not None and not done:
        raise click.ClickException(f"job {number} is not dead: `stellarsettle jobs list`")
    click.echo(f"{done} jobs wait again")


async def _listed(
    connection: Connection, state: State, limit: int
) -> tuple[dict[str, int], list[Job]]:
    from api.jobs import desk

    return await desk.counts(connection), await desk.jobs(connection, state, limit)


def _asked(ask: Callable[[Connection], Awaitable[T]]) -> T:
    """The answer to `ask`, in one transaction of the worker's kind."""
    import asyncio
    import os

    import psycopg

    from api.database import Database
    from stellarsettle import services, settings

    async def asked(url: str) -> T:
        database = Database(url, size=1, wait_seconds=10)
        await database.open()
        try:
            async with database.worker() as connection:
                return await ask(connection)
        finally:
            await database.close()

    try:
        url = services.database_url(settings.load(os.environ))
        services.require_migrated(url)
        return asyncio.run(asked(url))
    except (settings.SettingsError, psycopg.Error) as error:
        raise click.ClickException(str(error)) from error
