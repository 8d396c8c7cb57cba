"""All pages, and the files they need."""

from __future__ import annotations

from litestar import Router

from api.web import static
from api.web.pages import (
    documents,
    guests,
    home,
    inviting,
    invoices,
    market,
    parties,
    people,
    portfolio,
    reference,
    statistics,
    transactions,
)

router = Router(
    "/",
    route_handlers=[
        static.router,
        home.get_home,
        market.get_market,
        invoices.get_invoice_page,
        statistics.get_statistics,
        reference.get_metrics,
        reference.get_metric,
        reference.get_help,
        reference.choose_language,
        people.get_login,
        people.sign_out,
        people.get_account,
        people.ask_address_confirmation,
        people.confirm_address,
        portfolio.get_portfolio_page,
        parties.get_seller,
        parties.get_new_invoice,
        parties.get_debtor,
        documents.get_documents,
        documents.get_document_page,
        documents.say_fields,
        guests.get_invitation,
        guests.ask_for_code,
        guests.enter_code,
        guests.give_answer,
        inviting.get_debtors,
        inviting.ask_debtor,
        inviting.withdraw_invitation,
        transactions.act,
        transactions.get_transaction,
    ],
    include_in_schema=False,
)
