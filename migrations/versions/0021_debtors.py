"""A document opens to debtors of its own seller's invoices, and to nobody who copied its hash."""

from __future__ import annotations

from alembic import op

revision = "0021"
down_revision = "0020"

# The hash is public with the invoice, and anybody may list another with it, himself as debtor.
# An owner is G..., M... or G...:memo: the key lies in the same 51 characters of each, but for its
# last four bits.
_POLICY = """
DROP POLICY debtors ON app.document;
DROP FUNCTION app.is_debtor_of(bytea);
CREATE FUNCTION app.is_debtor_of(owner text, commitment bytea) RETURNS boolean LANGUAGE sql STABLE
AS $$
    SELECT EXISTS (
        SELECT FROM read.terms AS t
        JOIN read.address AS debtor ON debtor.id = t.debtor
        JOIN read.address AS seller ON seller.id = t.seller
        WHERE t.doc_hash = commitment
          AND debtor.address = current_setting('stellarsettle.subject', true)
          AND substr(seller.address, 2, 51) = substr(owner, 2, 51)
    )
$$;
CREATE POLICY debtors ON app.document FOR SELECT
    USING (state = 'confirmed' AND app.is_debtor_of(owner, commitment));
"""


def upgrade() -> None:
    """The policy asks whose the invoice is as well."""
    op.execute("SET LOCAL ROLE stellarsettle_api")
    op.execute(_POLICY)
    op.execute("RESET ROLE")
