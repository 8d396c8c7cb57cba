"""Commands about what customers told of themselves."""

from __future__ import annotations

import asyncio
import os

import rich_click as click


@click.group()
def kyc() -> None:
    """What customers told of themselves: look after the keys that seal it."""


@kyc.command()
def rotate() -> None:
    """Wrap every case's key with the newest of DOCUMENT_KEYS; what was told stays as it is.

    Then the older keys can be taken out of DOCUMENT_KEYS, once documents are rotated too. May be
    interrupted and begun again.
    """
    import psycopg

    from api.documents.storage.keys import KeyLostError
    from stellarsettle import settings

    try:
        done = asyncio.run(_rotate())
    except (KeyLostError, psycopg.Error, settings.SettingsError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{done} keys are wrapped anew")


async def _rotate() -> int:
    from api.database import Database
    from api.kyc.service import Kyc
    from stellarsettle import services, settings

    chosen = settings.load(os.environ)
    keys, url = chosen.master_keys(), services.database_url(chosen)
    services.require_migrated(url)
    database = Database(url, size=2, wait_seconds=10)
    await database.open()
    try:
        return await Kyc(database, keys).rotate()
    finally:
        await database.close()
