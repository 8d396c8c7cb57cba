"""Each challenge is good for one sign-in, whichever process it comes to."""

from __future__ import annotations

from api.database import Database
from api.errors import Problem

# One statement: whoever inserts first has used the challenge. Those long over are swept.
_USE_ONCE = """
WITH swept AS (
    DELETE FROM app.used_challenge WHERE expires_at < now()
)
INSERT INTO app.used_challenge (hash, expires_at) VALUES (%s, to_timestamp(%s))
ON CONFLICT (hash) DO NOTHING
RETURNING hash
"""


async def use_once(database: Database, digest: bytes, expires_at: int) -> None:
    """Mark a challenge as used until it is over anyway; raises "challenge-refused" if it was."""
    async with database.public() as connection:
        used = await (await connection.execute(_USE_ONCE, (digest, expires_at))).fetchone()
    if used is None:
        raise Problem("challenge-refused", "This challenge was used before.")
