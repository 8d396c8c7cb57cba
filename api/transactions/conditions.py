"""What must hold for an action, each condition with the sentence that says in figures why not.

The contracts decide; these repeat their rules over the read models, to say more than a code can.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from api.problems.catalogue import BY_SLUG, Kind
from api.transactions.facts import Contract, Facts, Invoice
from api.transactions.words import either, moment, money, short

WEEK = 7 * 86_400

Reason = Callable[[Facts, Any], str | None]
"""Facts and request to the sentence of what is wrong, None if nothing is known to be."""

OfInvoice = Callable[[Facts, Invoice, Any], str | None]
OfContract = Callable[[Facts, Contract], str | None]


class Condition(msgspec.Struct, frozen=True):
    """A rule: the problem that breaking it is, and when it is broken. `who` names those it lets."""

    slug: str
    broken: Reason
    who: str = ""

    @property
    def kind(self) -> Kind:
        """The documented problem."""
        return BY_SLUG[self.slug]


class Broken(msgspec.Struct, frozen=True):
    """A rule that does not hold, and why in this case."""

    kind: Kind
    detail: str


def broken(conditions: tuple[Condition, ...], facts: Facts, body: Any) -> list[Broken]:
    """All conditions that the read models know not to hold, in their order."""
    found = ((one, one.broken(facts, body)) for one in conditions)
    return [Broken(one.kind, why) for one, why in found if why is not None]


def _on_invoice(slug: str, why: OfInvoice, who: str = "") -> Condition:
    def reason(facts: Facts, body: Any) -> str | None:
        return None if facts.invoice is None else why(facts, facts.invoice, body)

    return Condition(slug, reason, who)


def _in(*names: str) -> Condition:
    words = either(name.replace("_", " ") for name in names)

    def why(_: Facts, invoice: Invoice, __: Any) -> str | None:
        if invoice.status in names:
            return None
        return f"The invoice is {invoice.status.replace('_', ' ')}; this needs one that is {words}."

    return _on_invoice("invalid-status", why)


def _only(slug: str, who: str, entitled: Callable[[Invoice], str | None]) -> Condition:
    def why(facts: Facts, invoice: Invoice, _: Any) -> str | None:
        name = entitled(invoice)
        if name == facts.caller:
            return None
        if name is None:
            return f"This invoice has no {who} with an account."
        return f"Only the {who} {short(name)} may do this; you are {short(facts.caller)}."

    return _on_invoice(slug, why, f"the {who}")


def _role(name: str) -> Condition:
    def why(facts: Facts, _: Any) -> str | None:
        if name in facts.standing.roles:
            return None
        return f"{short(facts.caller)} does not hold the role {name}."

    return Condition("not-authorized-role", why, f"role {name}")


def _of_contract(slug: str, why: OfContract, who: str = "", contract: str = "") -> Condition:
    def reason(facts: Facts, body: Any) -> str | None:
        found = facts.contract(contract or body.contract)
        return None if found is None else why(facts, found)

    return Condition(slug, reason, who)


def _member(slug: str, address: Callable[[Facts, Any], str], why: Callable[..., str | None]) -> Any:
    def reason(facts: Facts, body: Any) -> str | None:
        who = address(facts, body)
        return why(facts, facts.of(who), short(who))

    return Condition(slug, reason)


def _not_owner(facts: Facts, found: Contract) -> str | None:
    if found.owner is None or found.owner == facts.caller:
        return None
    return f"Only the owner {short(found.owner)} may do this; you are {short(facts.caller)}."


def _not_guard(facts: Facts, found: Contract) -> str | None:
    return None if "guardian" in facts.standing.roles else _not_owner(facts, found)


def _not_offered(facts: Facts, found: Contract) -> str | None:
    if found.proposed_owner == facts.caller:
        return None
    if found.proposed_owner is None:
        return f"The {found.contract} is offered to nobody."
    return f"The {found.contract} is offered to {short(found.proposed_owner)}."


def _not_payer(facts: Facts, invoice: Invoice, _: Any) -> str | None:
    if facts.caller in (invoice.seller, invoice.debtor) or "servicer" in facts.standing.roles:
        return None
    return f"{short(facts.caller)} is neither debtor nor seller of this invoice, nor a servicer."


def _not_party(facts: Facts, invoice: Invoice, _: Any) -> str | None:
    if facts.caller in (invoice.seller, invoice.debtor) or "arbiter" in facts.standing.roles:
        return None
    return f"{short(facts.caller)} is neither debtor nor seller of this invoice, nor an arbiter."


def _not_one_of_two(facts: Facts, body: Any) -> str | None:
    if facts.caller in (body.compliance, body.arbiter):
        return None
    return f"{short(facts.caller)} is neither the compliance nor the arbiter that is named."


def _two_roles(facts: Facts, body: Any) -> str | None:
    for role in ("compliance", "arbiter"):
        holder = getattr(body, role)
        if role not in facts.of(holder).roles:
            return f"{short(holder)} does not hold the role {role}."
    return None


ANYONE = Condition("forbidden", lambda *_: None, "anyone")
SELLER = _only("not-seller", "seller", lambda invoice: invoice.seller)
DEBTOR = _only("not-debtor", "debtor", lambda invoice: invoice.debtor)
PAYEE = _only("not-authorised", "payee", lambda invoice: invoice.payee)
MEMBER = Condition("not-member", lambda *_: None, "a member")
HOLDER = Condition("not-authorised", lambda *_: None, "the holder")
SPENDER = Condition("not-authorised", lambda *_: None, "whom the holder allowed")
PAYER = _on_invoice("not-payer", _not_payer, "debtor, seller or role servicer")
DISPUTER = _on_invoice("not-party", _not_party, "debtor, seller or role arbiter")
VERIFIER, ARBITER, COMPLIANCE = _role("verifier"), _role("arbiter"), _role("compliance")
OWNER = _of_contract("not-authorised", _not_owner, "the owner", "escrow")
CONTRACT_OWNER = _of_contract("not-authorised", _not_owner, "the contract's owner")
TREASURER = _of_contract("not-authorised", _not_owner, "the owner", "distributor")
GUARD = _of_contract("not-authorized-role", _not_guard, "the owner or role guardian", "escrow")
CONTRACT_GUARD = _of_contract(
    "not-authorized-role", _not_guard, "the contract's owner or role guardian"
)
OFFERED = _of_contract("not-authorised", _not_offered, "to whom the contract is offered")
TWO_ROLES = Condition("not-authorised", _not_one_of_two, "roles compliance and arbiter together")
PRIVILEGED = (
    VERIFIER, ARBITER, COMPLIANCE, OWNER, CONTRACT_OWNER, TREASURER, GUARD, CONTRACT_GUARD,
    OFFERED, TWO_ROLES,
)  # fmt: skip
"""Who acts for the platform: what they have built is in the audit log."""
ROLES_HELD = Condition("not-authorized-role", _two_roles)


def _caller(facts: Facts, _: Any) -> str:
    return facts.caller


def _to(_: Facts, body: Any) -> str:
    return str(body.to)


def _no_member(facts: Facts, standing: Any, who: str) -> str | None:
    if facts.now < (standing.until or 0):
        return None
    return f"{who} is not a member" + (
        f": the membership ended at {moment(standing.until)}." if standing.until else "."
    )


def _frozen(_: Facts, standing: Any, who: str) -> str | None:
    return f"{who} is frozen: its money is held." if standing.frozen else None


def _not_frozen(_: Facts, standing: Any, who: str) -> str | None:
    return None if standing.frozen else f"{who} is not frozen."


def _frozen_too_short(facts: Facts, standing: Any, who: str) -> str | None:
    if not standing.frozen or standing.frozen_at is None or facts.now >= standing.frozen_at + WEEK:
        return None
    return f"{who} is frozen since {moment(standing.frozen_at)}; seven days must pass."


IS_MEMBER = _member("not-member", _caller, _no_member)
UNFROZEN = _member("frozen", _caller, _frozen)
TO_MEMBER = _member("not-member", _to, _no_member)
TO_UNFROZEN = _member("frozen", _to, _frozen)
HOLDER_UNFROZEN = _member("frozen", lambda f, body: body.holder or f.caller, _frozen)
LOST = _member("not-frozen", lambda _, body: body.from_, _not_frozen)
LOST_LONG_ENOUGH = _member("time-locked", lambda _, body: body.from_, _frozen_too_short)


def _party(address: Callable[[Facts, Any], str], *, payee: bool = True) -> Condition:
    """Who is a party: seller and debtor, and for money that comes in the payee as well."""

    def why(facts: Facts, invoice: Invoice, body: Any) -> str | None:
        who = address(facts, body)
        parts = {invoice.seller: "seller", invoice.debtor: "debtor"}
        if payee:
            parts.setdefault(invoice.payee, "payee")
        return f"{short(who)} is {parts[who]} of this invoice." if who in parts else None

    return _on_invoice("party-of-invoice", why)


NO_PARTY, TO_NO_PARTY = _party(_caller), _party(_to)
IMPARTIAL = _party(_caller, payee=False)
"""Acts in a role: a payee who is neither seller nor debtor may."""

CREATED = _in("created")
OPEN = _in("open")
FUNDED = _in("funded")
RAISING = _in("open", "funded")
UNRELEASED = _in("created", "open", "funded")
OWING = _in("active", "defaulted", "written_off")
TRADED = _in("active", "defaulted")
ACTIVE = _in("active")
DEFAULTED = _in("defaulted")
REFUNDING = _in("refunding")
CONFIRMABLE = _in("created", "open", "funded", "active", "defaulted")
DISPUTABLE = _in("open", "funded", "active", "defaulted")
SETTLED = msgspec.structs.replace(_in("settled"), slug="burn-not-allowed")


def _approved(_: Facts, invoice: Invoice, __: Any) -> str | None:
    at = invoice.times.approved_at
    return None if at is None else f"It was approved at {moment(at)}."


def _acknowledged(_: Facts, invoice: Invoice, __: Any) -> str | None:
    at = invoice.times.acknowledged_at
    return None if at is None else f"The debtor confirmed the debt at {moment(at)}."


def _missing_acknowledgement(_: Facts, invoice: Invoice, __: Any) -> str | None:
    if not invoice.terms.needs_ack or invoice.times.acknowledged_at is not None:
        return None
    return "The terms ask for the debtor's confirmation, which is not there yet."


def _disputed(facts: Facts, invoice: Invoice, _: Any) -> str | None:
    if facts.now >= invoice.disputed_until:
        return None
    return f"A dispute is open; it ends by itself at {moment(invoice.disputed_until)}."


def _undisputed(facts: Facts, invoice: Invoice, _: Any) -> str | None:
    return None if facts.now < invoice.disputed_until else "No dispute is open on this invoice."


def _delisted(facts: Facts, invoice: Invoice, _: Any) -> str | None:
    if invoice.terms.asset in facts.platform.allowed_assets:
        return None
    return f"The asset {short(invoice.terms.asset)} was taken off the platform's list."


def _unlisted(facts: Facts, body: Any) -> str | None:
    if body.asset in facts.platform.allowed_assets:
        return None
    return f"The asset {short(body.asset)} is not on the platform's list."


UNAPPROVED = _on_invoice("already-approved", _approved)
APPROVED = _on_invoice(
    "not-approved",
    lambda _, i, __: None if i.times.approved_at else "No verifier has approved it yet.",
)
UNACKNOWLEDGED = _on_invoice("already-acknowledged", _acknowledged)
ACKNOWLEDGED = _on_invoice("not-acknowledged", _missing_acknowledgement)
UNDISPUTED = _on_invoice("disputed", _disputed)
DISPUTED = _on_invoice("not-disputed", _undisputed)
ASSET_LISTED = _on_invoice("asset-not-allowed", _delisted)
ASSET_OFFERED = Condition("asset-not-allowed", _unlisted)


def _after_deadline(facts: Facts, invoice: Invoice, _: Any) -> str | None:
    if facts.now < invoice.deadline:
        return None
    return f"The funding ended at {moment(invoice.deadline)}."


def _before_deadline(facts: Facts, invoice: Invoice, _: Any) -> str | None:
    end = invoice.deadline if invoice.status == "open" else invoice.due_at
    return None if facts.now >= end else f"It does not expire before {moment(end)}."


def _above_target(_: Facts, invoice: Invoice, body: Any) -> str | None:
    left = invoice.terms.target - invoice.raised
    if body.amount <= left:
        return None
    return f"{money(left)} of {money(invoice.terms.target)} are left to fund."


def _below_ticket(_: Facts, invoice: Invoice, body: Any) -> str | None:
    least = min(invoice.terms.ticket, invoice.terms.target - invoice.raised)
    return None if body.amount >= least else f"A stake is {money(least)} at least."


def _below_minimum(_: Facts, invoice: Invoice, __: Any) -> str | None:
    if invoice.raised >= invoice.terms.min_raise:
        return None
    return f"{money(invoice.raised)} were raised of {money(invoice.terms.min_raise)} at least."


def _no_time_to_release(facts: Facts, invoice: Invoice, _: Any) -> str | None:
    release_at = invoice.times.release_at or facts.now + invoice.terms.release_delay
    if max(release_at, facts.now) < invoice.due_at:
        return None
    return f"The money must go out before {moment(invoice.due_at)}, when the debt is due."


def _before_release(facts: Facts, invoice: Invoice, _: Any) -> str | None:
    at = invoice.times.release_at
    return None if at is None or facts.now >= at else f"Release is possible from {moment(at)}."


def _in_grace(facts: Facts, invoice: Invoice, _: Any) -> str | None:
    at = invoice.due_at + invoice.terms.grace
    return None if facts.now >= at else f"The grace period ends at {moment(at)}."


def _in_recovery(facts: Facts, invoice: Invoice, _: Any) -> str | None:
    at = invoice.due_at + invoice.terms.grace + invoice.terms.recovery
    return None if facts.now >= at else f"The recovery window ends at {moment(at)}."


def _reference_rule(facts: Facts, invoice: Invoice, body: Any) -> str | None:
    party = facts.caller in (invoice.seller, invoice.debtor)
    if party and body.reference is not None:
        return "Debtor and seller pay without a reference."
    if not party and body.reference is None:
        return "A servicer names the bank's reference."
    return None


def _above_due(_: Facts, invoice: Invoice, body: Any) -> str | None:
    extra = body.amount - invoice.amount_due
    if extra <= 0:
        return None
    return (
        f"That is {money(extra)} more than the {money(invoice.amount_due)} that are due;"
        " the excess goes to the seller."
    )


BEFORE_DEADLINE = _on_invoice("deadline-passed", _after_deadline)
OVERDUE = _on_invoice("time-locked", _before_deadline)
WITHIN_TARGET = _on_invoice("exceeds-target", _above_target)
TICKET = _on_invoice("below-ticket", _below_ticket)
ENOUGH_RAISED = _on_invoice("below-minimum", _below_minimum)
TIME_TO_RELEASE = _on_invoice("due-passed", _no_time_to_release)
RELEASABLE = _on_invoice("time-locked", _before_release)
GRACE_OVER = _on_invoice("time-locked", _in_grace)
RECOVERY_OVER = _on_invoice("time-locked", _in_recovery)
REFERENCE_RULE = _on_invoice("reference-rule", _reference_rule)
WITHIN_DUE = _on_invoice("invalid-amount", _above_due)


def _not_ripe(facts: Facts, found: Contract) -> str | None:
    if found.upgrade_at is None or facts.now >= found.upgrade_at:
        return None
    return f"The announced code can be applied from {moment(found.upgrade_at)}."


def _none_announced(_: Facts, found: Contract) -> str | None:
    return None if found.upgrade else f"No new code of the {found.contract} is announced."


def _no_token_code(_: Facts, found: Contract) -> str | None:
    return None if found.next_token_wasm else "No token code is waiting for its time."


RUNNING = _of_contract(
    "paused", lambda _, c: "The platform is paused." if c.paused else None, contract="escrow"
)
STOPPED = _of_contract(
    "not-paused", lambda _, c: None if c.paused else "The platform runs.", contract="escrow"
)
ANNOUNCED = _of_contract("no-pending-upgrade", _none_announced)
RIPE = _of_contract("time-locked", _not_ripe)
TOKEN_CODE_ANNOUNCED = _of_contract("no-pending-upgrade", _no_token_code, contract="escrow")
