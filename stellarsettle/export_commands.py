"""The command that writes read models and metrics into files."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import rich_click as click

from stellarsettle.refusals import current_settings, refuse

_FORMATS = ("parquet", "arrow", "csv", "ndjson", "xlsx")


@click.command()
@click.argument("datasets", nargs=-1, metavar="[DATASET]...")
@click.option("--loan-tape", is_flag=True, help="Every financed invoice as a loan.")
@click.option("--as-of", type=click.IntRange(0), help="Ledger to look back to [default: newest].")
@click.option("--format", "ending", type=click.Choice(_FORMATS), default="parquet")
@click.option("--address", help="Only what is about this address.")
@click.option(
    "--to", "folder", type=click.Path(file_okay=False, path_type=Path), default=Path(),
    help="Folder for the files [default: here].",
)  # fmt: skip
@click.option("--list", "listed", is_flag=True, help="Print every dataset and what it is.")
def export(  # noqa: PLR0913 -- one argument for each option
    datasets: tuple[str, ...],
    as_of: int | None,
    ending: str,
    address: str | None,
    folder: Path,
    *,
    loan_tape: bool,
    listed: bool,
) -> None:
    """Write datasets into files, exact and documented inside, as of a ledger.

    What was interrupted goes on when the same command is given again, with the ledger it named.
    """
    from projections.exporting import registry

    if listed:
        for name, meaning in registry.names():
            click.echo(f"{name:<20} {meaning}")
        return
    wanted = [*datasets, *([registry.LOAN_TAPE] if loan_tape else [])]
    if not wanted:
        raise click.UsageError("name a dataset, or give --loan-tape; --list prints all")
    _export(wanted, as_of, ending, address, folder)


def _export(
    names: Sequence[str], as_of: int | None, ending: str, address: str | None, folder: Path
) -> None:
    import psycopg

    from projections.exporting import formats, job, reading, registry
    from stellarsettle import services, settings

    try:
        chosen = [registry.find(name) for name in names]
        url = services.database_url(current_settings())
        with psycopg.connect(url, autocommit=True) as connection:
            at = reading.mark(connection, as_of)
            click.echo(f"as of ledger {at.ledger}: to go on later, --as-of {at.ledger}", err=True)
            for dataset in chosen:
                of = reading.stamped(connection, dataset, at, address)
                total = reading.count(connection, dataset, of)
                with _bar(dataset.name, total) as watch:
                    done = job.export(
                        connection, dataset, of, formats.Format(ending), folder, watch
                    )
                click.echo(f"{folder / done.file}  {done.rows} rows  sha256 {done.sha256}")
    except (
        registry.UnknownDatasetError,
        job.BusyError,
        settings.SettingsError,
        psycopg.Error,
        OSError,
        ValueError,
    ) as error:
        refuse(error)


@contextlib.contextmanager
def _bar(name: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """A progress bar where somebody looks, gone when the file is there."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    console = Console(stderr=True)
    with Progress(
        "{task.description}",
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as progress:
        task = progress.add_task(name, total=total)
        yield lambda rows: progress.update(task, completed=rows)
