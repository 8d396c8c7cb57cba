"""How many things somebody may have, counted so that neither haste nor numbers get around it.

One at a time counts for an account, until his transaction ends. And one account cannot have more
by signing in with another memo or number: all its users together have ten times what one may have.
"""

from __future__ import annotations

from api.database import Connection
from api.tokens import account_of

_OF_ACCOUNT = 10
_LOCK = "SELECT pg_advisory_xact_lock(hashtext(%s))"
_SEE = "SELECT set_config('stellarsettle.account', %s, true)"
_KEY = slice(1, 52)
"""Where an account's key stands in each of G..., M... and G...:memo."""


async def has_room(connection: Connection, owner: str, counted: str, most: int) -> bool:
    """Whether `owner` may have one more of what `counted` counts, `most` of which one may have.

    `counted` is SQL of one row, `own` and `account`: what %(owner)s has, and what every user of
    the account has, which policies show for as long as this looks.
    """
    account = account_of(owner)
    await connection.execute(_LOCK, (account,))
    await connection.execute(_SEE, (account[_KEY],))
    row = await (await connection.execute(counted.encode(), {"owner": owner})).fetchone()
    await connection.execute(_SEE, ("",))
    return row is not None and row["own"] < most and row["account"] < most * _OF_ACCOUNT


def count_of(table: str, condition: str = "true") -> str:
    """SQL for `has_room`: rows of a table of schema app, whose rows say `owner`."""
    return f"""
        SELECT count(*) FILTER (WHERE owner = %(owner)s) AS own, count(*) AS account
        FROM app.{table}
        WHERE substr(owner, 2, 51) = current_setting('stellarsettle.account') AND {condition}
    """  # noqa: S608 -- our own constants
