"""Commands about the audit log."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import rich_click as click

if TYPE_CHECKING:
    from api.audit.chain import Head


@click.group()
def audit() -> None:
    """The log of privileged actions: prove that it is what was written."""


@audit.command()
@click.option("--kept", metavar="NUMBER:HASH", help="A head that an earlier run printed.")
def verify(kept: str | None) -> None:
    """Follow the chain of hashes from the first entry, and name the first that is broken.

    Prints the head. Kept elsewhere and given back with --kept, it shows a log that was cut short
    or written anew as a whole.
    """
    import psycopg

    from api.audit import log
    from api.audit.chain import BrokenChainError
    from stellarsettle import services, settings

    try:
        url = services.database_url(settings.load(os.environ))
        head = log.verify(url, kept=None if kept is None else _head(kept))
    except (BrokenChainError, psycopg.Error, settings.SettingsError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(str(head))


def _head(text: str) -> Head:
    from api.audit.chain import Head

    if (match := re.fullmatch(r"([0-9]{1,18}):([0-9a-f]{64})", text)) is None:
        raise click.BadParameter("a head is NUMBER:HASH, as this command prints it")
    return Head(int(match[1]), bytes.fromhex(match[2]))
