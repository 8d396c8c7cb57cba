//! Who may list and invest, and whose money is held.

use soroban_sdk::{Address, Env, Symbol};
use stellarsettle_shared::{owner, roles, Error};

use crate::events::{MemberSet, RoleGranted, RoleRevoked};
use crate::storage;
use crate::types::{Invoice, Member};

/// Admits, freezes or thaws an account; the platform's own contracts are never members.
///
/// The clock of a freeze starts when it begins and is not restarted by repeating it.
pub fn set_member(env: &Env, addr: Address, until: u64, frozen: bool) -> Result<(), Error> {
    if addr == env.current_contract_address() || addr == storage::distributor(env)? {
        return Err(Error::InvalidRecipient);
    }
    let before = storage::member(env, &addr);
    let frozen_at = match (before.frozen, frozen) {
        (true, true) => before.frozen_at,
        (false, true) => env.ledger().timestamp(),
        (_, false) => 0,
    };
    let member = Member {
        until,
        frozen,
        frozen_at,
    };
    storage::set_member(env, &addr, &member);
    MemberSet { addr, until, frozen }.publish(env);
    Ok(())
}

/// Refuses accounts that are frozen (`Frozen`) or whose term is over (`NotMember`).
pub fn require_member(env: &Env, account: &Address) -> Result<(), Error> {
    let member = storage::member(env, account);
    if member.frozen {
        return Err(Error::Frozen);
    }
    if member.until <= env.ledger().timestamp() {
        return Err(Error::NotMember);
    }
    Ok(())
}

/// Refuses accounts whose money is held.
pub fn require_unfrozen(env: &Env, account: &Address) -> Result<(), Error> {
    if storage::member(env, account).frozen {
        Err(Error::Frozen)
    } else {
        Ok(())
    }
}

/// Refuses accounts without this role.
pub fn require_role(env: &Env, role: Symbol, account: &Address) -> Result<(), Error> {
    if storage::has_role(env, role, account) {
        Ok(())
    } else {
        Err(Error::NotAuthorizedRole)
    }
}

/// Refuses accounts without this role, and those that are seller or debtor of the invoice they act on.
pub fn require_role_on(env: &Env, role: Symbol, account: &Address, invoice: &Invoice) -> Result<(), Error> {
    require_role(env, role, account)?;
    if invoice.is_party(account) {
        Err(Error::PartyOfInvoice)
    } else {
        Ok(())
    }
}

/// Requires the signature of the owner or of a guardian.
pub fn require_guard(env: &Env, by: &Address) -> Result<(), Error> {
    by.require_auth();
    if *by == owner::owner(env)? {
        return Ok(());
    }
    require_role(env, roles::GUARDIAN, by)
}

/// Gives an account a role.
pub fn grant_role(env: &Env, role: Symbol, addr: Address) -> Result<(), Error> {
    require_role_name(env, &role)?;
    storage::set_role(env, role.clone(), addr.clone(), true);
    RoleGranted { role, addr }.publish(env);
    Ok(())
}

/// Takes a role from an account.
pub fn revoke_role(env: &Env, role: Symbol, addr: Address) -> Result<(), Error> {
    require_role_name(env, &role)?;
    storage::set_role(env, role.clone(), addr.clone(), false);
    RoleRevoked { role, addr }.publish(env);
    Ok(())
}

fn require_role_name(env: &Env, role: &Symbol) -> Result<(), Error> {
    if roles::exists(env, role) {
        Ok(())
    } else {
        Err(Error::InvalidRole)
    }
}
