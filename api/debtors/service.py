"""The seller's half: whom to ask about an own invoice, and what came of it."""

from __future__ import annotations

import uuid

import msgspec

from api.audit.log import record
from api.config import ApiConfig
from api.database import Connection, Database
from api.debtors import mails, store
from api.debtors.bank import BankAccount, reference
from api.debtors.invoice import OVER, Invoice, invoice_of, natural_key
from api.debtors.schemas import (
    AnswerForStaff,
    DebtorInvitation,
    DebtorInvitationRequest,
    StaffAnswers,
    Statement,
)
from api.errors import Problem, invalid_field
from api.jobs.outbox import enqueue
from api.notifications.allowance import allow_mail
from api.roles import Roles
from api.seals import Seals
from api.tokens import Subject
from api.transactions.natural import identity

MOST_OPEN = 3
_MOST_SHOWN = 200
_UNFIT = "These are not the facts that this invoice was made of."


class Debtors:
    """Sellers' invitations of debtors who have no wallet."""

    def __init__(self, config: ApiConfig, database: Database, seals: Seals, roles: Roles) -> None:
        self._config = config
        self._database = database
        self._seals = seals
        self._roles = roles

    async def invite(self, by: Subject, wanted: DebtorInvitationRequest) -> DebtorInvitation:
        """Send a link to a debtor's address.

        Raises "no-mail", "no-bank-account", "not-found" for an invoice that is not one's own,
        "debtor-has-wallet", "not-possible" for one that has ended, "invalid-field" where the facts
        are not those of the invoice, "too-many", "too-many-mails".
        """
        if not self._config.mail_url:
            raise Problem("no-mail")
        if self._config.bank_account is None:
            raise Problem("no-bank-account")
        async with self._database.private(by.owner) as connection:
            invoice = await self._own_invoice(connection, by, wanted.invoice_id)
            statement = self._statement(wanted, invoice, self._config.bank_account)
            if await store.count_open(connection, by.owner, wanted.invoice_id) >= MOST_OPEN:
                raise Problem("too-many", f"{MOST_OPEN} invitations are open: withdraw one first.")
            await allow_mail(connection, self._seals, wanted.email, owner=by.owner)
            invitation = uuid.uuid4()
            values = {
                "id": invitation,
                "owner": by.owner,
                "invoice": bytes(wanted.invoice_id),
                "email": wanted.email,
                "language": wanted.language,
                "statement": msgspec.to_builtins(statement),
                "days": wanted.days,
            }
            await store.insert(connection, values)
            await enqueue(connection, mails.INVITE, str(invitation), mails.Invited(invitation))
            about = invoice.id
            await record(connection, by.owner, "debtor.invite", about, invitation=str(invitation))
            return await self._one(connection, by.owner, invitation)

    async def own(self, owner: str, invoice: bytes | None = None) -> tuple[DebtorInvitation, ...]:
        """Somebody's invitations, the newest first."""
        async with self._database.private(owner) as connection:
            rows = await store.own(connection, owner, invoice=invoice, limit=_MOST_SHOWN)
        return tuple(msgspec.convert(row, DebtorInvitation) for row in rows)

    async def one(self, owner: str, invitation: uuid.UUID) -> DebtorInvitation:
        """One of them; raises "not-found"."""
        async with self._database.private(owner) as connection:
            return await self._one(connection, owner, invitation)

    async def withdraw(self, owner: str, invitation: uuid.UUID) -> None:
        """Let its link lead nowhere; what was said stays. Raises "not-found"."""
        async with self._database.private(owner) as connection:
            if not await store.withdraw(connection, owner, invitation):
                raise Problem("not-found", "You have no open invitation of that id.")
            await record(connection, owner, "debtor.withdraw", str(invitation))

    async def answers(self, by: Subject, invoice: bytes | None, limit: int) -> StaffAnswers:
        """What debtors said, for the platform's own people."""
        async with self._database.staff(by.owner, await self._roles.of(by)) as connection:
            rows = await store.answers(connection, invoice=invoice, limit=limit)
        return StaffAnswers(tuple(msgspec.convert(row, AnswerForStaff) for row in rows))

    async def _one(
        self, connection: Connection, owner: str, invitation: uuid.UUID
    ) -> DebtorInvitation:
        rows = await store.own(connection, owner, invitation=invitation)
        if not rows:
            raise Problem("not-found", "You have no invitation of that id.")
        return msgspec.convert(rows[0], DebtorInvitation)

    async def _own_invoice(self, connection: Connection, by: Subject, which: bytes) -> Invoice:
        """An invoice that the asker alone sells, and whose debtor has no account."""
        invoice, _ = await invoice_of(connection, which)
        if invoice is None or by.shared or invoice.seller != by.address:
            raise Problem("not-found", "You sell no invoice of that id.")
        if invoice.debtor is not None:
            raise Problem("debtor-has-wallet")
        if invoice.status in OVER:
            raise Problem("not-possible", "This invoice has ended: nobody owes it any more.")
        return invoice

    def _statement(
        self, wanted: DebtorInvitationRequest, invoice: Invoice, account: BankAccount
    ) -> Statement:
        """What the debtor will be asked; the facts must be those that the invoice was made of."""
        natural = identity(self._config.platform_key, natural_key(wanted.printed))
        if natural.hex() != invoice.terms.natural:
            raise invalid_field("/printed", _UNFIT)
        return Statement(
            invoice=invoice.id,
            seller=wanted.seller,
            seller_address=invoice.seller,
            debtor=wanted.debtor,
            printed=wanted.printed,
            face=invoice.face,
            asset=invoice.asset,
            due_at=invoice.due_at,
            doc_hash=invoice.terms.doc_hash,
            pay_to=account,
            reference=reference(wanted.invoice_id),
        )
