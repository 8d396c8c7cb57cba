"""All tables of schema `app`, which the API owns: what the chain cannot hold."""

from __future__ import annotations

from api.accounts import tables as accounts
from api.admin import tables as admin
from api.debtors import tables as debtors
from api.documents import tables as documents
from api.drafts import tables as drafts
from api.jobs import tables as jobs
from api.keys import tables as keys
from api.kyc import tables as kyc
from api.limits import tables as limits
from api.metadata import metadata
from api.notifications import tables as notifications
from api.organisations import tables as organisations
from api.profile import tables as profile
from api.sessions import tables as sessions
from api.staff import tables as staff
from api.transactions import tables as transactions
from api.watching import tables as watching
from api.worker import tables as worker

__all__ = [
    "accounts",
    "admin",
    "debtors",
    "documents",
    "drafts",
    "jobs",
    "keys",
    "kyc",
    "limits",
    "metadata",
    "notifications",
    "organisations",
    "profile",
    "sessions",
    "staff",
    "transactions",
    "watching",
    "worker",
]
