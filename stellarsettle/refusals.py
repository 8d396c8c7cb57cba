"""What keeps a command from working, said in one sentence."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn, ParamSpec

import rich_click as click

if TYPE_CHECKING:
    from stellarsettle.settings import Settings

P = ParamSpec("P")


def refuse(error: Exception) -> NoReturn:
    """End the command with the error's words."""
    raise click.ClickException(str(error)) from error


def current_settings() -> Settings:
    """The settings of the environment; what is wrong with them ends the command."""
    from stellarsettle import settings

    try:
        return settings.load(os.environ)
    except settings.SettingsError as error:
        refuse(error)


def needs_node(command: Callable[P, None]) -> Callable[P, None]:
    """The command, which says in a sentence if the node is away or the contracts are not built."""

    @functools.wraps(command)
    def told(*args: P.args, **kwargs: P.kwargs) -> None:
        from stellar_sdk.exceptions import BaseRequestError

        try:
            command(*args, **kwargs)
        except FileNotFoundError as error:
            raise click.ClickException(
                f"{error.filename} is not built: run `make built`"
            ) from error
        except BaseRequestError as error:
            raise click.ClickException(f"the node does not answer: {error}") from error

    return told
