"""What became of a transaction, asked of the node: also of one that the wallet altered.

A wallet that changes fee, memo or sequence number makes another transaction of it, with another
hash. An account uses each sequence number once: when that of ours is used and no ledger holds
ours, it never will be in one, and what was signed in its place is looked for in the ledger in
which the account's number last moved.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec
from stellar_sdk import xdr

from api.stellar import Ledger, LedgerAccount
from api.transactions.following import landed, lost, replaced
from api.transactions.schemas import Intent
from api.transactions.store import Outcome

_UNREADABLE = (ValueError, KeyError, IndexError, TypeError, EOFError, AttributeError)

IsOther = Callable[[str], Awaitable[bool]]
"""Whether a hash is that of another intent of the same owner."""


async def look_up(
    ledger: Ledger, built: Intent, is_other: IsOther, reported: str | None = None
) -> Outcome | None:
    """What the node says; None while the transaction can still be submitted.

    `reported` is the hash under which a wallet says that it submitted it.
    """
    info = await ledger.transaction(built.hash)
    outcome = landed(info)
    if outcome is None and reported not in (None, built.hash):
        outcome = await _landed_as(ledger, built, str(reported), is_other)
    if outcome is not None:
        return outcome
    account = await ledger.account(built.source)
    if account is not None and account.sequence >= int(built.sequence):
        return await _instead(ledger, built, account, is_other)
    if info.latest_ledger_close_time <= built.valid_until:
        return None
    # Asked second: a node that forgets in between only makes the answer more cautious.
    return lost(info, await ledger.health(), built.steps[0].at)


async def _instead(
    ledger: Ledger, built: Intent, account: LedgerAccount, is_other: IsOther
) -> Outcome | None:
    """What was done with the sequence number of a transaction that is not found."""
    # It may have landed between the questions; and a node that is behind cannot tell.
    info = await ledger.transaction(built.hash)
    outcome = landed(info)
    if outcome is not None or info.latest_ledger < account.moved_in:
        return outcome
    end = lost(info, await ledger.health(), built.steps[0].at)
    if end.status == "unknown":
        return end
    for found in await ledger.transactions_in(account.moved_in):
        if same_deed(built.xdr, found.envelope_xdr):
            as_altered = await _landed_as(ledger, built, found.tx_hash, is_other)
            if as_altered is not None:
                return as_altered
    return replaced(info)


async def _landed_as(
    ledger: Ledger, built: Intent, tx_hash: str, is_other: IsOther
) -> Outcome | None:
    """What became of the transaction of another hash, if it does the same and is nobody else's."""
    info = await ledger.transaction(tx_hash)
    outcome = landed(info)
    if outcome is None or not same_deed(built.xdr, info.envelope_xdr or ""):
        return None
    if await is_other(tx_hash):
        return None
    return msgspec.structs.replace(outcome, altered_hash=tx_hash)


def same_deed(built: str, signed: str) -> bool:
    """Whether two envelopes (XDR, base64) have the same account call the same with the same."""
    try:
        return _deed(built) == _deed(signed)
    except _UNREADABLE:
        return False  # of a newer protocol than the SDK, or of an older one than ours


def _deed(envelope: str) -> tuple[xdr.Uint256 | None, xdr.HostFunction]:
    """The source's key and what the one operation invokes."""
    parsed = xdr.TransactionEnvelope.from_xdr(envelope)
    signed = parsed.v1
    if parsed.fee_bump is not None:
        signed = parsed.fee_bump.tx.inner_tx.v1
    if signed is None:
        raise ValueError("an envelope of before Protocol 13")
    (operation,) = signed.tx.operations
    source = operation.source_account or signed.tx.source_account
    invoked = operation.body.invoke_host_function_op
    if invoked is None:
        raise ValueError("not an invocation")
    muxed = source.med25519
    return source.ed25519 if muxed is None else muxed.ed25519, invoked.host_function
