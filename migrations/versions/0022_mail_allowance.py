"""How much mail somebody may have sent in a day, and how much an address may be sent."""

from __future__ import annotations

from alembic import op

revision = "0022"
down_revision = "0021"

_TABLE = """
CREATE TABLE app.mail_allowance (
    bucket text NOT NULL,
    day date NOT NULL,
    sent integer NOT NULL,
    PRIMARY KEY (bucket, day)
);
COMMENT ON TABLE app.mail_allowance IS
    'How many mails a day were asked for by an account, or went to an address.';
COMMENT ON COLUMN app.mail_allowance.bucket IS 'keyed hash of the account or the address';
"""


def upgrade() -> None:
    """The API's role owns it; it names nobody."""
    op.execute("SET LOCAL ROLE stellarsettle_api")
    op.execute(_TABLE)
    op.execute("RESET ROLE")
