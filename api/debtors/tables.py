"""Invitations of debtors, the codes that were sent, and what debtors said."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from api.metadata import metadata, moment

debtor_invitation = sa.Table(
    "debtor_invitation",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("owner", sa.Text, nullable=False, comment="the seller, as in a token's sub"),
    sa.Column("invoice", sa.LargeBinary, nullable=False, comment="its id on the ledger"),
    sa.Column("email", sa.Text, nullable=False, comment="where link and codes go"),
    sa.Column("language", sa.Text, nullable=False),
    sa.Column("statement", JSONB, nullable=False, comment="what the debtor is asked to confirm"),
    moment("created_at", default=True),
    moment("expires_at"),
    sa.Column("opened_at", sa.TIMESTAMP(timezone=True), comment="a code was first entered"),
    sa.Column("withdrawn_at", sa.TIMESTAMP(timezone=True)),
    sa.Index("debtor_invitation_by_owner", "owner", "created_at"),
    sa.Index("debtor_invitation_by_invoice", "invoice"),
    comment="Debtors without a wallet who were sent a link; its token is derived, never stored.",
)

debtor_code = sa.Table(
    "debtor_code",
    metadata,
    sa.Column(
        "invitation",
        sa.Uuid,
        sa.ForeignKey(debtor_invitation.c.id, ondelete="CASCADE"),
        primary_key=True,
    ),
    sa.Column("number", sa.Integer, primary_key=True),
    moment("sent_at", default=True),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
    sa.Column("used_at", sa.TIMESTAMP(timezone=True)),
    comment="Codes that were sent to an invited address; each follows from its number.",
)

debtor_answer = sa.Table(
    "debtor_answer",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column(
        "invitation", sa.Uuid, sa.ForeignKey(debtor_invitation.c.id), nullable=False, index=True
    ),
    sa.Column("owner", sa.Text, nullable=False, comment="the seller, as in a token's sub"),
    sa.Column("invoice", sa.LargeBinary, nullable=False, index=True),
    sa.Column("kind", sa.Text, nullable=False, comment="confirmed or disputed"),
    sa.Column("name", sa.Text, nullable=False, comment="who said so, in his own words"),
    sa.Column("reason", sa.Text, comment="of a dispute"),
    sa.Column("email", sa.Text, nullable=False, comment="the address that was proven"),
    sa.Column("code", sa.Integer, nullable=False, comment="number of the code that proved it"),
    sa.Column("statement", JSONB, nullable=False, comment="what was shown"),
    sa.Column("digest", sa.LargeBinary, nullable=False, comment="SHA-256 of what was shown"),
    sa.Column("ledger", sa.BigInteger, nullable=False, comment="through which it held"),
    sa.Column("time", sa.BigInteger, nullable=False, comment="of that ledger, Unix seconds"),
    moment("at", default=True),
    sa.CheckConstraint("kind IN ('confirmed', 'disputed')", name="debtor_answer_kind_check"),
    sa.CheckConstraint("(kind = 'disputed') = (reason IS NOT NULL)", name="debtor_answer_reason"),
    comment="Evidence: what debtors said of invoices. Nobody may change or remove a row.",
)
