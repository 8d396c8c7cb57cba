"""How much mail anybody may have sent in a day, and how much any address may be sent.

Counted by account, whatever memo or number of it somebody signed in with.
"""

from __future__ import annotations

from api.database import Connection
from api.errors import Problem
from api.seals import Seals
from api.tokens import account_of

OF_ACCOUNT = 50
OF_ADDRESS = 10

_PURPOSE = "mail-allowance"
_COUNT = """
INSERT INTO app.mail_allowance AS m (bucket, day, sent)
SELECT b, current_date, 1 FROM unnest(%s::text[]) AS b ORDER BY b
ON CONFLICT (bucket, day) DO UPDATE SET sent = m.sent + 1
RETURNING bucket, sent
"""
_FORGET = "DELETE FROM app.mail_allowance WHERE day < current_date - 1"


async def allow_mail(
    connection: Connection, seals: Seals, address: str, *, owner: str | None
) -> None:
    """Count one mail to `address`, that `owner` has sent, if anybody; raises "too-many-mails".

    A refusal counts nothing: it ends the transaction.
    """
    most = {seals.seal(_PURPOSE, address.casefold()): OF_ADDRESS}
    if owner is not None:
        most[seals.seal(_PURPOSE, account_of(owner))] = OF_ACCOUNT
    rows = await (await connection.execute(_COUNT, (list(most),))).fetchall()
    if any(row["sent"] > most[row["bucket"]] for row in rows):
        raise Problem("too-many-mails")


async def forget_mail(connection: Connection) -> None:
    """Forget the days that are over."""
    await connection.execute(_FORGET)
