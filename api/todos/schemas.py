"""What is told of what waits."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from api.reads import Digits, Hex, Meta, Moment, Strkey

Kind = Literal[
    "publish", "release", "claim-residual", "acknowledge", "pay", "claim", "refund",
    "sign", "review-document", "answer-kyc",
    "review-invoice", "rule-dispute", "decide-kyc",
]  # fmt: skip
"""Up to `refund`: an action of transactions on an invoice; then one's own; then the staff's."""


class Todo(msgspec.Struct, frozen=True, kw_only=True):
    """Something that waits for you. `id` is what it is about: an intent, a document."""

    kind: Kind
    count: Annotated[int, msgspec.Meta(ge=1)] = 1
    """How many there are, where they are told together."""
    invoice: Hex | None = None
    id: str | None = None
    asset: Strkey | None = None
    amount: Digits | None = None
    due_by: Moment | None = None


class Todos(msgspec.Struct, frozen=True):
    """What is due first comes first; what has no time comes last."""

    data: tuple[Todo, ...]
    meta: Meta


class Badges(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers for a header: what waits, what is unread, what is under way."""

    todos: int
    unread: int
    open_transactions: int
    claimable: dict[str, Digits]
    """What a claim of everything would pay, by asset."""
    meta: Meta
