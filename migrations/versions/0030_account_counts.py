"""All users of one account are counted together: other memos and numbers are no other people."""

from __future__ import annotations

from alembic import op

revision = "0030"
down_revision = "0029"

# An owner is G..., M... or G...:memo: the key lies in the same 51 characters of each.
_POLICY = """
CREATE POLICY counted ON app.{table} FOR SELECT
    USING (substr(owner, 2, 51) = current_setting('stellarsettle.account', true));
"""


def upgrade() -> None:
    """Shown to a transaction for as long as it counts, and names the account."""
    op.execute("SET LOCAL ROLE stellarsettle_api")
    for table in ("api_key", "webhook", "organisation_member"):
        op.execute(_POLICY.format(table=table))
    op.execute("RESET ROLE")
