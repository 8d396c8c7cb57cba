"""What the platform's own people are told."""

from __future__ import annotations

from typing import Literal

import msgspec

from api.invoices.schemas import Summary
from api.reads import Digits, Hex, Meta, Moment, Strkey

Queue = Literal["reviews", "disputes"]


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """An invoice that waits; times are the ledger's."""

    invoice: Summary
    since: Moment
    age: int
    """Seconds that it has waited."""
    due_by: Moment
    overdue: bool
    assignee: str | None = None
    first_approver: str | None = None
    """Null: on the chain one signature of the role is enough."""


class ReviewItem(Waiting, frozen=True, kw_only=True):
    """An invoice that no verifier approved yet."""

    doc_hash: Hex


class DisputeItem(Waiting, frozen=True, kw_only=True):
    """An invoice under dispute, which ends by itself at `due_by`."""

    opened_by: Strkey | None
    reason_hash: Hex | None


class Reviews(msgspec.Struct, frozen=True):
    """Invoices to review, the oldest first."""

    data: tuple[ReviewItem, ...]
    meta: Meta


class Disputes(msgspec.Struct, frozen=True):
    """Disputes to rule on, the one that ends first at first."""

    data: tuple[DisputeItem, ...]
    meta: Meta


class Assigned(msgspec.Struct, frozen=True):
    """Who looks after it now."""

    assignee: str


class MemberItem(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who was ever a member, or holds a role."""

    address: Strkey
    member: bool
    """The contracts' word: now before `until`, and not frozen."""
    until: int | None
    frozen: bool
    frozen_at: Moment | None
    roles: tuple[str, ...]


class Members(msgspec.Struct, frozen=True):
    """A page, by address; `next` is the `after` of the following one, null at the end."""

    data: tuple[MemberItem, ...]
    next: str | None
    meta: Meta


class Gap(msgspec.Struct, frozen=True):
    """Ledgers `first` to `last` were never read."""

    first: int
    last: int


class DeadJob(msgspec.Struct, frozen=True, kw_only=True):
    """Work of the outbox that was given up after many tries; what it was about stays inside."""

    number: int
    kind: str
    tries: int
    error: str | None
    ended_at: Moment


class HeldEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event that this version could not read; `invoice` is null where not even that was."""

    ledger: int
    contract: str
    tx_hash: str
    reason: str
    invoice: Hex | None


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """Money that does not add up, in base units."""

    subject: str
    law: str
    expected: Digits
    found: Digits
    first_ledger: int


class Troubles(msgspec.Struct, frozen=True, kw_only=True):
    """What waits for an operator; of each kind the first hundred."""

    jobs: tuple[DeadJob, ...]
    events: tuple[HeldEvent, ...]
    drifts: tuple[Drift, ...]
    checked_ledger: int | None
    """The ledger as of which money was last compared with real balances."""
    balances: int
    """How many balances that were."""
    documents: dict[str, int]
    """Uploaded documents by state."""


class System(msgspec.Struct, frozen=True, kw_only=True):
    """How the whole thing is, from the node to the worker. Ledgers are sequence numbers."""

    node: Literal["answers", "unreachable"]
    network: Literal["right", "wrong", "unknown"]
    newest_ledger: int | None
    as_of_ledger: int
    lag_ledgers: int | None
    lag_seconds: int | None
    """How long ago the newest ledger that is shown was closed, on the node's clock."""
    first_ledger: int | None
    whole_through: int | None
    """Up to this ledger nothing is missing and nothing waits to be understood."""
    gaps: tuple[Gap, ...]
    quarantined: int
    missed: int
    """Events of invoices that should have come and did not."""
    failed_transactions: int
    worker_ledger: int | None
    """Up to which ledger people were told what happened."""
    jobs: dict[str, int]
    """Work in the outbox, by state."""
