//! What a contract keeps in its instance: links, configuration and what is pending.
//!
//! Every write extends the lifetimes of the instance and of the code, as every write of an entry does.

use soroban_sdk::{Env, IntoVal, TryFromVal, Val};

use crate::errors::Error;
use crate::ttl;

/// What is kept under a key that the constructor wrote, or `NotConfigured`.
pub fn get<Key: IntoVal<Env, Val>, Value: TryFromVal<Env, Val>>(env: &Env, key: &Key) -> Result<Value, Error> {
    find(env, key).ok_or(Error::NotConfigured)
}

/// What is kept under a key, if anything.
pub fn find<Key: IntoVal<Env, Val>, Value: TryFromVal<Env, Val>>(env: &Env, key: &Key) -> Option<Value> {
    env.storage().instance().get(key)
}

/// Whether something is kept under a key.
pub fn has<Key: IntoVal<Env, Val>>(env: &Env, key: &Key) -> bool {
    env.storage().instance().has(key)
}

/// Keeps a value.
pub fn set<Key: IntoVal<Env, Val>, Value: IntoVal<Env, Val>>(env: &Env, key: &Key, value: &Value) {
    env.storage().instance().set(key, value);
    ttl::extend_contract(env);
}

/// Forgets a value.
pub fn remove<Key: IntoVal<Env, Val>>(env: &Env, key: &Key) {
    env.storage().instance().remove(key);
    ttl::extend_contract(env);
}
