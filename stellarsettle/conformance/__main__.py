"""`python -m stellarsettle.conformance [RECORDINGS]`: replay and report."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from stellarsettle.conformance import recording, report
from stellarsettle.conformance.replay import replay


@click.command()
@click.argument("recordings", required=False, type=click.Path(exists=True, path_type=Path))
def main(recordings: Path | None) -> None:
    """Replay RECORDINGS of a real network on the local ledger; exit 1 at unexplained differences.

    Ledgers and settings of the network are read from the folder of RECORDINGS, else from the
    corpus (STELLARSETTLE_CORPUS); so are the recordings if none are named.
    """
    folder = recording.folder_of(recordings)
    if folder is None and recordings is not None:
        raise click.ClickException(
            f"the ledgers of the recorded network are neither beside {recordings} nor in the"
            " corpus: set STELLARSETTLE_CORPUS to its folder"
        )
    if folder is None:
        click.echo("conformance skipped: no recorded network (set STELLARSETTLE_CORPUS)")
        return
    outcome = replay(recording.read(recordings or folder / recording.REQUESTS, folder))
    for line in report.lines(outcome):
        click.echo(line)
    raise SystemExit(0 if report.is_conformant(outcome) else 1)


if __name__ == "__main__":
    main()
