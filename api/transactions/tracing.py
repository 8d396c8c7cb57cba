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


async def look_up(ledger: Ledger, built: Intent, is_other: IsOther) -> Outcome | None:
    """What the node says; None while the transaction can still be submitted."""
    info = await ledger.transaction(built.hash)
    outcome = landed(info)
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
        if same_deed(built.xdr, found.envelope_xdr) and not await is_other(found.tx_hash):
            outcome = landed(await ledger.transaction(found.tx_hash))
            return outcome and msgspec.structs.replace(outcome, altered_hash=found.tx_hash)
    return replaced(info)


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
