"""All read models, in the order in which their digests are combined."""

from __future__ import annotations

from typing import Any

from projections.custody import CUSTODY
from projections.disputes import DISPUTE
from projections.funding import FUNDING
from projections.invoices import INVOICE, TERMS
from projections.members import ASSET, MEMBER, ROLE
from projections.model import Model
from projections.payments import PAYMENT
from projections.payouts import MONEY_OUT
from projections.platform import GOVERNANCE, PARAMETERS
from projections.pools import POOL
from projections.positions import POSITION
from projections.statuses import STATUS_TOTAL
from projections.timeline import ACTIVITY
from projections.transfers import TRANSFER
from projections.upgrades import UPGRADE

MODELS: tuple[Model[Any], ...] = (
    TERMS,
    INVOICE,
    POOL,
    POSITION,
    FUNDING,
    PAYMENT,
    MONEY_OUT,
    TRANSFER,
    DISPUTE,
    MEMBER,
    ROLE,
    ASSET,
    CUSTODY,
    GOVERNANCE,
    PARAMETERS,
    UPGRADE,
    STATUS_TOTAL,
    ACTIVITY,
)
