"""Calls of the escrow contract.

Written by `make contracts` from their spec: edit the contracts instead.
"""

from __future__ import annotations

import msgspec
from stellar_sdk import scval, xdr

from contracts.wire import Address, Contract, Invocation


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What the seller offers, fixed when the invoice is listed."""

    asset: Address
    deadline: int
    doc_hash: bytes
    due_at: int
    face: int
    fee_bps: int
    grace: int
    late_bps: int
    late_cap_bps: int
    min_raise: int
    natural: bytes
    needs_ack: bool
    par: int
    release_delay: int
    target: int
    debtor: Address | None = None

    def to_scval(self) -> xdr.SCVal:
        """The value as the host takes it."""
        return scval.to_struct(
            {
                "asset": scval.to_address(self.asset),
                "deadline": scval.to_uint64(self.deadline),
                "debtor": scval.to_void() if self.debtor is None else scval.to_address(self.debtor),
                "doc_hash": scval.to_bytes(self.doc_hash),
                "due_at": scval.to_uint64(self.due_at),
                "face": scval.to_int128(self.face),
                "fee_bps": scval.to_uint32(self.fee_bps),
                "grace": scval.to_uint64(self.grace),
                "late_bps": scval.to_uint32(self.late_bps),
                "late_cap_bps": scval.to_uint32(self.late_cap_bps),
                "min_raise": scval.to_int128(self.min_raise),
                "natural": scval.to_bytes(self.natural),
                "needs_ack": scval.to_bool(self.needs_ack),
                "par": scval.to_int128(self.par),
                "release_delay": scval.to_uint64(self.release_delay),
                "target": scval.to_int128(self.target),
            }
        )


class Params(msgspec.Struct, frozen=True, kw_only=True):
    """What the platform allows.

    Each pair is (low, high). Copied into an invoice where it matters later.
    """

    dispute_limit: int
    fee_bps: tuple[int, int]
    grace: tuple[int, int]
    late_bps: tuple[int, int]
    late_cap_bps: tuple[int, int]
    recovery: int
    release_delay: tuple[int, int]
    tenor: tuple[int, int]
    ticket: int

    def to_scval(self) -> xdr.SCVal:
        """The value as the host takes it."""
        return scval.to_struct(
            {
                "dispute_limit": scval.to_uint64(self.dispute_limit),
                "fee_bps": scval.to_vec(
                    [scval.to_uint32(self.fee_bps[0]), scval.to_uint32(self.fee_bps[1])]
                ),
                "grace": scval.to_vec(
                    [scval.to_uint64(self.grace[0]), scval.to_uint64(self.grace[1])]
                ),
                "late_bps": scval.to_vec(
                    [scval.to_uint32(self.late_bps[0]), scval.to_uint32(self.late_bps[1])]
                ),
                "late_cap_bps": scval.to_vec(
                    [scval.to_uint32(self.late_cap_bps[0]), scval.to_uint32(self.late_cap_bps[1])]
                ),
                "recovery": scval.to_uint64(self.recovery),
                "release_delay": scval.to_vec(
                    [scval.to_uint64(self.release_delay[0]), scval.to_uint64(self.release_delay[1])]
                ),
                "tenor": scval.to_vec(
                    [scval.to_uint64(self.tenor[0]), scval.to_uint64(self.tenor[1])]
                ),
                "ticket": scval.to_int128(self.ticket),
            }
        )


def bump(*, id: bytes, holders: list[Address]) -> Invocation:
    """Extends the lifetimes of an invoice's entries and of these holders', but payment references.

    For anyone.
    """
    return Invocation(
        Contract.ESCROW,
        "bump",
        (scval.to_bytes(id), scval.to_vec([scval.to_address(item) for item in holders])),
    )


def held(*, holder: Address) -> Invocation:
    """Whether an account's money is held."""
    return Invocation(Contract.ESCROW, "held", (scval.to_address(holder),))


def skim(*, asset: Address) -> Invocation:
    """Sends what exceeds the principal to the treasury and returns it. Signed by the owner."""
    return Invocation(Contract.ESCROW, "skim", (scval.to_address(asset),))


def pause(*, by: Address) -> Invocation:
    """Stops listings, publications, stakes, releases and share transfers.

    Signed by `by`: the owner or a guardian.
    """
    return Invocation(Contract.ESCROW, "pause", (scval.to_address(by),))


def payee(*, id: bytes) -> Invocation:
    """Who is paid what the seller of an invoice earns, and whether that money is held."""
    return Invocation(Contract.ESCROW, "payee", (scval.to_bytes(id),))


def cancel(*, seller: Address, id: bytes) -> Invocation:
    """Withdraws an invoice before release. Signed by `seller`."""
    return Invocation(Contract.ESCROW, "cancel", (scval.to_address(seller), scval.to_bytes(id)))


def expire(*, id: bytes) -> Invocation:
    """Ends what ran out of time before release. For anyone."""
    return Invocation(Contract.ESCROW, "expire", (scval.to_bytes(id),))


def member(*, addr: Address) -> Invocation:
    """An account's membership; until 0 if it never was a member."""
    return Invocation(Contract.ESCROW, "member", (scval.to_address(addr),))


def params() -> Invocation:
    """The parameters of new invoices."""
    return Invocation(Contract.ESCROW, "params", ())


def refund(*, id: bytes, holder: Address) -> Invocation:
    """Pays a holder's principal back to the holder and returns it. For anyone."""
    return Invocation(Contract.ESCROW, "refund", (scval.to_bytes(id), scval.to_address(holder)))


def reject(*, verifier: Address, id: bytes, reason: bytes) -> Invocation:
    """Ends a listing before it is published. Signed by `verifier`."""
    return Invocation(
        Contract.ESCROW,
        "reject",
        (scval.to_address(verifier), scval.to_bytes(id), scval.to_bytes(reason)),
    )


def approve(*, verifier: Address, id: bytes) -> Invocation:
    """Vouches for a listing and takes its natural key. Signed by `verifier`."""
    return Invocation(Contract.ESCROW, "approve", (scval.to_address(verifier), scval.to_bytes(id)))


def dispute(*, by: Address, id: bytes, reason_hash: bytes) -> Invocation:
    """Blocks funding, release and transfers for a time.

    Signed by `by`: seller, debtor or an arbiter.
    """
    return Invocation(
        Contract.ESCROW,
        "dispute",
        (scval.to_address(by), scval.to_bytes(id), scval.to_bytes(reason_hash)),
    )


def on_burn(*, id: bytes, from_: Address, amount: int, from_shares: int) -> Invocation:
    """Allows the end of shares. For the invoice's token only."""
    return Invocation(
        Contract.ESCROW,
        "on_burn",
        (
            scval.to_bytes(id),
            scval.to_address(from_),
            scval.to_int128(amount),
            scval.to_int128(from_shares),
        ),
    )


def publish(*, seller: Address, id: bytes) -> Invocation:
    """Opens an approved invoice for investors. Signed by `seller`."""
    return Invocation(Contract.ESCROW, "publish", (scval.to_address(seller), scval.to_bytes(id)))


def release(*, id: bytes) -> Invocation:
    """Pays the raised principal to the payee. For anyone."""
    return Invocation(Contract.ESCROW, "release", (scval.to_bytes(id),))


def unpause() -> Invocation:
    """Resumes what was stopped. Signed by the owner."""
    return Invocation(Contract.ESCROW, "unpause", ())


def has_role(*, role: str, addr: Address) -> Invocation:
    """Whether an account holds a role."""
    return Invocation(Contract.ESCROW, "has_role", (scval.to_symbol(role), scval.to_address(addr)))


def solvency(*, asset: Address) -> Invocation:
    """The balance in an asset, and how much of it is investors' principal."""
    return Invocation(Contract.ESCROW, "solvency", (scval.to_address(asset),))


def refund_to(*, id: bytes, holder: Address, to: Address) -> Invocation:
    """Pays a holder's principal back to another account and returns it. Signed by `holder`."""
    return Invocation(
        Contract.ESCROW,
        "refund_to",
        (scval.to_bytes(id), scval.to_address(holder), scval.to_address(to)),
    )


def set_asset(*, asset: Address, allowed: bool) -> Invocation:
    """Puts an asset on the list or takes it off. Signed by the owner."""
    return Invocation(
        Contract.ESCROW, "set_asset", (scval.to_address(asset), scval.to_bool(allowed))
    )


def write_off(*, arbiter: Address, id: bytes) -> Invocation:
    """Gives up after the recovery window. Signed by `arbiter`."""
    return Invocation(Contract.ESCROW, "write_off", (scval.to_address(arbiter), scval.to_bytes(id)))


def amount_due(*, id: bytes) -> Invocation:
    """What settles an invoice now."""
    return Invocation(Contract.ESCROW, "amount_due", (scval.to_bytes(id),))


def grant_role(*, role: str, addr: Address) -> Invocation:
    """Gives an account a role. Signed by the owner."""
    return Invocation(
        Contract.ESCROW, "grant_role", (scval.to_symbol(role), scval.to_address(addr))
    )


def set_member(*, compliance: Address, addr: Address, until: int, frozen: bool) -> Invocation:
    """Admits an account until a time, freezes or thaws it. Signed by `compliance`."""
    return Invocation(
        Contract.ESCROW,
        "set_member",
        (
            scval.to_address(compliance),
            scval.to_address(addr),
            scval.to_uint64(until),
            scval.to_bool(frozen),
        ),
    )


def set_params(*, params: Params) -> Invocation:
    """Sets the parameters of new invoices. Signed by the owner."""
    return Invocation(Contract.ESCROW, "set_params", (params.to_scval(),))


def acknowledge(*, debtor: Address, id: bytes) -> Invocation:
    """Confirms the debt, once. Signed by `debtor`."""
    return Invocation(
        Contract.ESCROW, "acknowledge", (scval.to_address(debtor), scval.to_bytes(id))
    )


def fund_escrow(*, investor: Address, id: bytes, amount: int) -> Invocation:
    """Pays a stake and gets a share for each unit.

    Signed by `investor`, with the asset's transfer.
    """
    return Invocation(
        Contract.ESCROW,
        "fund_escrow",
        (scval.to_address(investor), scval.to_bytes(id), scval.to_int128(amount)),
    )


def get_invoice(*, id: bytes) -> Invocation:
    """Everything about one invoice."""
    return Invocation(Contract.ESCROW, "get_invoice", (scval.to_bytes(id),))


def on_transfer(
    *, id: bytes, from_: Address, to: Address, amount: int, from_shares: int, to_shares: int
) -> Invocation:
    """Allows a transfer of shares. For the invoice's token only."""
    return Invocation(
        Contract.ESCROW,
        "on_transfer",
        (
            scval.to_bytes(id),
            scval.to_address(from_),
            scval.to_address(to),
            scval.to_int128(amount),
            scval.to_int128(from_shares),
            scval.to_int128(to_shares),
        ),
    )


def revoke_role(*, role: str, addr: Address) -> Invocation:
    """Takes a role from an account. Signed by the owner."""
    return Invocation(
        Contract.ESCROW, "revoke_role", (scval.to_symbol(role), scval.to_address(addr))
    )


def accept_owner() -> Invocation:
    """Takes ownership. Signed by the account it was offered to."""
    return Invocation(Contract.ESCROW, "accept_owner", ())


def mark_default(*, id: bytes) -> Invocation:
    """Marks an invoice that is not paid when grace ends. For anyone."""
    return Invocation(Contract.ESCROW, "mark_default", (scval.to_bytes(id),))


def refund_batch(*, id: bytes, holders: list[Address]) -> Invocation:
    """Refunds up to 20 holders and returns the amounts in order, 0 for those skipped.

    For anyone.
    """
    return Invocation(
        Contract.ESCROW,
        "refund_batch",
        (scval.to_bytes(id), scval.to_vec([scval.to_address(item) for item in holders])),
    )


def constructor(
    *, owner: Address, distributor: Address, token_wasm: bytes, params: Params
) -> Invocation:
    """Links the escrow to its distributor for life and names owner, token code and parameters."""
    return Invocation(
        Contract.ESCROW,
        "__constructor",
        (
            scval.to_address(owner),
            scval.to_address(distributor),
            scval.to_bytes(token_wasm),
            params.to_scval(),
        ),
    )


def apply_upgrade() -> Invocation:
    """Applies announced code. Signed by the owner."""
    return Invocation(Contract.ESCROW, "apply_upgrade", ())


def close_funding(*, seller: Address, id: bytes) -> Invocation:
    """Ends the raise with what there is. Signed by `seller`."""
    return Invocation(
        Contract.ESCROW, "close_funding", (scval.to_address(seller), scval.to_bytes(id))
    )


def create_escrow(*, seller: Address, terms: Terms, attempt: int) -> Invocation:
    """Lists an invoice and returns its id. Signed by `seller`."""
    return Invocation(
        Contract.ESCROW,
        "create_escrow",
        (scval.to_address(seller), terms.to_scval(), scval.to_uint32(attempt)),
    )


def propose_owner(*, to: Address) -> Invocation:
    """Offers ownership; offering it to oneself withdraws. Signed by the owner."""
    return Invocation(Contract.ESCROW, "propose_owner", (scval.to_address(to),))


def token_address(*, id: bytes) -> Invocation:
    """Where the token of an invoice lives, also before the invoice exists."""
    return Invocation(Contract.ESCROW, "token_address", (scval.to_bytes(id),))


def cancel_upgrade(*, by: Address) -> Invocation:
    """Withdraws announced code. Signed by `by`: the owner or a guardian."""
    return Invocation(Contract.ESCROW, "cancel_upgrade", (scval.to_address(by),))


def record_payment(
    *, payer: Address, id: bytes, amount: int, reference: bytes | None = None
) -> Invocation:
    """Pays `amount` towards the debt.

    Signed by `payer`, with the asset's transfer to the distributor.
    """
    return Invocation(
        Contract.ESCROW,
        "record_payment",
        (
            scval.to_address(payer),
            scval.to_bytes(id),
            scval.to_int128(amount),
            scval.to_void() if reference is None else scval.to_bytes(reference),
        ),
    )


def set_token_wasm(*, hash: bytes) -> Invocation:
    """Announces the code of new tokens, in force by itself after 14 days. Signed by the owner."""
    return Invocation(Contract.ESCROW, "set_token_wasm", (scval.to_bytes(hash),))


def propose_upgrade(*, hash: bytes) -> Invocation:
    """Announces new code, which can be applied after 14 days. Signed by the owner."""
    return Invocation(Contract.ESCROW, "propose_upgrade", (scval.to_bytes(hash),))


def resolve_dispute(*, arbiter: Address, id: bytes, outcome: int) -> Invocation:
    """Ends a dispute: 0 resumes, 1 makes the invoice void. Signed by `arbiter`."""
    return Invocation(
        Contract.ESCROW,
        "resolve_dispute",
        (scval.to_address(arbiter), scval.to_bytes(id), scval.to_uint32(outcome)),
    )


def recover_position(
    *, compliance: Address, arbiter: Address, id: bytes, from_: Address, to: Address
) -> Invocation:
    """Moves all that a lost wallet has on an invoice. Signed by `compliance` and `arbiter`."""
    return Invocation(
        Contract.ESCROW,
        "recover_position",
        (
            scval.to_address(compliance),
            scval.to_address(arbiter),
            scval.to_bytes(id),
            scval.to_address(from_),
            scval.to_address(to),
        ),
    )


def cancel_token_wasm(*, by: Address) -> Invocation:
    """Withdraws announced token code that is not in force yet.

    Signed by `by`: the owner or a guardian.
    """
    return Invocation(Contract.ESCROW, "cancel_token_wasm", (scval.to_address(by),))
