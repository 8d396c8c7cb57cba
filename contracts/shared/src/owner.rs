//! One owner, handed over in two steps: a typing error in an address never loses a contract.

use soroban_sdk::{contractevent, contracttype, Address, Env};

use crate::errors::Error;
use crate::instance;

#[contracttype]
#[derive(Clone)]
enum OwnerKey {
    Owner,
    PendingOwner,
}

/// Ownership was offered to `owner`; an offer to the present owner withdraws an earlier one by replacing it.
#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OwnerProposed {
    #[topic]
    pub owner: Address,
}

/// `owner` owns the contract from now on.
#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OwnerAccepted {
    #[topic]
    pub owner: Address,
}

/// Sets the first owner; for constructors only.
pub fn initialise(env: &Env, owner: &Address) {
    instance::set(env, &OwnerKey::Owner, owner);
    OwnerAccepted { owner: owner.clone() }.publish(env);
}

/// The present owner.
pub fn owner(env: &Env) -> Result<Address, Error> {
    instance::get(env, &OwnerKey::Owner)
}

/// Requires the owner's signature and returns the owner.
pub fn require(env: &Env) -> Result<Address, Error> {
    let owner = owner(env)?;
    owner.require_auth();
    Ok(owner)
}

/// Offers ownership to `to`, replacing an earlier offer; an offer to oneself so withdraws it.
pub fn propose(env: &Env, to: Address) -> Result<(), Error> {
    require(env)?;
    instance::set(env, &OwnerKey::PendingOwner, &to);
    OwnerProposed { owner: to }.publish(env);
    Ok(())
}

/// Takes ownership; signed by the one to whom it was offered.
pub fn accept(env: &Env) -> Result<(), Error> {
    let owner: Address = instance::find(env, &OwnerKey::PendingOwner).ok_or(Error::NoPendingOwner)?;
    owner.require_auth();
    instance::remove(env, &OwnerKey::PendingOwner);
    instance::set(env, &OwnerKey::Owner, &owner);
    OwnerAccepted { owner }.publish(env);
    Ok(())
}
