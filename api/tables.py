"""All tables of schema `app`, which the API owns: what the chain cannot hold."""

from __future__ import annotations

from api.accounts import tables as accounts
from api.jobs import tables as jobs
from api.metadata import metadata
from api.profile import tables as profile
from api.transactions import tables as transactions
from api.worker import tables as worker

__all__ = ["accounts", "jobs", "metadata", "profile", "transactions", "worker"]
