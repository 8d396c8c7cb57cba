//! One owner, handed over in two steps: a typing error in an address never loses a contract.

use soroban_sdk::{contractevent, contracttype, Address, Env};

use crate::errors::Error;

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
    env.storage().instance().set(&OwnerKey::Owner, owner);
    OwnerAccepted { owner: owner.clone() }.publish(env);
}

/// The present owner.
pub fn owner(env: &Env) -> Result<Address, Error> {
    env.storage()
        .instance()
        .get(&OwnerKey::Owner)
        .ok_or(Error::NotConfigured)
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
    env.storage().instance().set(&OwnerKey::PendingOwner, &to);
    OwnerProposed { owner: to }.publish(env);
    Ok(())
}

/// Takes ownership; signed by the one to whom it was offered.
pub fn accept(env: &Env) -> Result<(), Error> {
    let storage = env.storage().instance();
    let owner: Address = storage.get(&OwnerKey::PendingOwner).ok_or(Error::NoPendingOwner)?;
    owner.require_auth();
    storage.remove(&OwnerKey::PendingOwner);
    storage.set(&OwnerKey::Owner, &owner);
    OwnerAccepted { owner }.publish(env);
    Ok(())
}
