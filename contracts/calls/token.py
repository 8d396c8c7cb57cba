"""Calls of the token contract.

Written by `make contracts` from their spec: edit the contracts instead.
"""

from __future__ import annotations

from stellar_sdk import scval

from contracts.wire import Address, Contract, Invocation


def bump(*, holders: list[Address]) -> Invocation:
    """Extends the lifetimes of the token and of these holders' positions. For anyone."""
    return Invocation(
        Contract.TOKEN, "bump", (scval.to_vec([scval.to_address(item) for item in holders]),)
    )


def burn(*, from_: Address, amount: int) -> Invocation:
    """Ends own shares after settlement; unclaimed credit stays. Signed by `from`."""
    return Invocation(Contract.TOKEN, "burn", (scval.to_address(from_), scval.to_int128(amount)))


def mint(*, to: Address, amount: int) -> Invocation:
    """Makes shares for an investor. For the escrow only."""
    return Invocation(Contract.TOKEN, "mint", (scval.to_address(to), scval.to_int128(amount)))


def name() -> Invocation:
    """'Invoice ' and the first eight hex digits of the invoice's id."""
    return Invocation(Contract.TOKEN, "name", ())


def accrue(*, amount: int, last: bool) -> Invocation:
    """Credits all shares with a repayment and returns the new index. For the distributor only."""
    return Invocation(Contract.TOKEN, "accrue", (scval.to_int128(amount), scval.to_bool(last)))


def redeem(*, holder: Address) -> Invocation:
    """Ends all shares of a refunded holder and returns their number. For the escrow only."""
    return Invocation(Contract.TOKEN, "redeem", (scval.to_address(holder),))


def settle(*, holder: Address) -> Invocation:
    """Marks whole units of a holder's credit as paid and returns how many.

    For the distributor only.
    """
    return Invocation(Contract.TOKEN, "settle", (scval.to_address(holder),))


def symbol() -> Invocation:
    """'INV-' and the first eight hex digits of the invoice's id."""
    return Invocation(Contract.TOKEN, "symbol", ())


def accrued(*, holder: Address) -> Invocation:
    """The holder's credit up to now, scaled by 10^18."""
    return Invocation(Contract.TOKEN, "accrued", (scval.to_address(holder),))


def approve(*, from_: Address, spender: Address, amount: int, live_until_ledger: int) -> Invocation:
    """Lets `spender` move shares until a ledger. Signed by `from`."""
    return Invocation(
        Contract.TOKEN,
        "approve",
        (
            scval.to_address(from_),
            scval.to_address(spender),
            scval.to_int128(amount),
            scval.to_uint32(live_until_ledger),
        ),
    )


def balance(*, id: Address) -> Invocation:
    """Shares of an account."""
    return Invocation(Contract.TOKEN, "balance", (scval.to_address(id),))


def invoice() -> Invocation:
    """The invoice whose shares these are."""
    return Invocation(Contract.TOKEN, "invoice", ())


def recover(*, from_: Address, to: Address) -> Invocation:
    """Moves a lost wallet's shares and credit; None if it had neither. For the escrow only."""
    return Invocation(Contract.TOKEN, "recover", (scval.to_address(from_), scval.to_address(to)))


def decimals() -> Invocation:
    """The asset's decimals: one share is one unit of principal."""
    return Invocation(Contract.TOKEN, "decimals", ())


def position(*, holder: Address) -> Invocation:
    """The holder's position as stored."""
    return Invocation(Contract.TOKEN, "position", (scval.to_address(holder),))


def transfer(*, from_: Address, to: Address, amount: int) -> Invocation:
    """Moves shares, if the escrow allows it. Signed by `from`."""
    return Invocation(
        Contract.TOKEN,
        "transfer",
        (scval.to_address(from_), scval.to_address(to), scval.to_int128(amount)),
    )


def allowance(*, from_: Address, spender: Address) -> Invocation:
    """How many shares of `from` `spender` may move."""
    return Invocation(
        Contract.TOKEN, "allowance", (scval.to_address(from_), scval.to_address(spender))
    )


def burn_from(*, spender: Address, from_: Address, amount: int) -> Invocation:
    """Ends shares that `from` allowed `spender` to end. Signed by `spender`."""
    return Invocation(
        Contract.TOKEN,
        "burn_from",
        (scval.to_address(spender), scval.to_address(from_), scval.to_int128(amount)),
    )


def total_supply() -> Invocation:
    """Shares of all accounts."""
    return Invocation(Contract.TOKEN, "total_supply", ())


def constructor(
    *, escrow: Address, distributor: Address, invoice: bytes, decimals: int, name: str, symbol: str
) -> Invocation:
    """Links the token to its platform and invoice for life.

    Called by the escrow that deploys it.
    """
    return Invocation(
        Contract.TOKEN,
        "__constructor",
        (
            scval.to_address(escrow),
            scval.to_address(distributor),
            scval.to_bytes(invoice),
            scval.to_uint32(decimals),
            scval.to_string(name),
            scval.to_string(symbol),
        ),
    )


def transfer_from(*, spender: Address, from_: Address, to: Address, amount: int) -> Invocation:
    """Moves shares that `from` allowed `spender` to move. Signed by `spender`."""
    return Invocation(
        Contract.TOKEN,
        "transfer_from",
        (
            scval.to_address(spender),
            scval.to_address(from_),
            scval.to_address(to),
            scval.to_int128(amount),
        ),
    )
