"""The command that moves old raw events out of the database into files."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from stellarsettle.refusals import current_settings, refuse


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--before", type=click.IntRange(1), help="Move what is older than this ledger.")
@click.option("--moved", is_flag=True, help="Move nothing: note that the files are in DIR now.")
def archive(folder: Path, before: int | None, *, moved: bool) -> None:
    """Move old raw events into Parquet files in DIR, which rebuilds go on reading.

    Whole ranges of ledgers are moved, each after its file was read back and compared. Read models
    and their history stay. What was interrupted goes on when the same command is given again.
    """
    import psycopg

    from indexer import archive as archiving
    from indexer.archived import ArchivedError
    from indexer.rebuild import RebuildBusyError
    from stellarsettle import services, settings

    if moved == (before is not None):
        raise click.UsageError("give either --before LEDGER or --moved")
    try:
        url = services.database_url(current_settings())
        if before is None:
            _note(url, folder)
        else:
            _archive(url, before, folder)
    except (
        archiving.ArchiveError,
        ArchivedError,
        RebuildBusyError,
        settings.SettingsError,
        psycopg.Error,
        OSError,
    ) as error:
        refuse(error)


def _archive(url: str, before: int, folder: Path) -> None:
    from indexer import archive as archiving

    ended = archiving.archive(
        url,
        before,
        folder,
        lambda step, part: click.echo(f"{step:<9} {part.first} to {part.before - 1}", err=True),
    )
    for one in ended.moved:
        click.echo(f"{one.path}  {one.events} events  sha256 {one.sha256.hex()}")
    if ended.waiting:
        click.echo(
            f"{ended.waiting} events of the next ledgers wait in quarantine and stay:"
            " `stellarsettle quarantine list`",
            err=True,
        )
    click.echo(f"events are in the database from ledger {ended.stays_from} on", err=True)


def _note(url: str, folder: Path) -> None:
    import psycopg

    from indexer import archived

    with psycopg.connect(url) as connection:
        for one in archived.moved(connection, folder):
            click.echo(f"{one.path}  {one.events} events")
