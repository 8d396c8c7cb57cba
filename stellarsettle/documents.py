"""Commands about documents: read one, evaluate the reading of many."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec
import rich_click as click

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command()
@click.argument("file", type=_FILE)
@click.option("--json", "as_json", is_flag=True, help="Print everything that was read as JSON.")
def read(file: Path, *, as_json: bool) -> None:
    """Read an invoice (PDF, picture or XML) and print its fields; nothing leaves this machine."""
    from api.documents.reading import sandbox
    from api.documents.reading.container import MAX_BYTES, RefusedError

    with file.open("rb") as opened:
        data = opened.read(MAX_BYTES + 1)
    try:
        reading = sandbox.read(data)
    except RefusedError as error:
        raise click.ClickException(f"{error.refusal.value}: {error}") from error
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


@click.group()
def documents() -> None:
    """Documents and how well they are read."""


@documents.command()
@click.argument("folder", type=_FOLDER)
@click.option(
    "--text-only", is_flag=True, help="Leave embedded XML out: what the pages alone tell."
)
@click.option("--group", "groups", multiple=True, help="Only documents of this group (repeatable).")
@click.option("--wrong", is_flag=True, help="List every wrong or missing field on standard error.")
def evaluate(folder: Path, groups: tuple[str, ...], *, text_only: bool, wrong: bool) -> None:
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
    sys.stdout.buffer.write(
        msgspec.json.format(msgspec.json.encode(evaluation.report(judged))) + b"\n"
    )
