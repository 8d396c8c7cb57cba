//! The names of the roles. Who holds one is the escrow's storage; the distributor asks the escrow.

use soroban_sdk::{symbol_short, Env, Symbol};

/// Checks a listing's documents and approves or rejects it.
pub const VERIFIER: Symbol = symbol_short!("verifier");
/// Records payments that reached a bank account.
pub const SERVICER: Symbol = symbol_short!("servicer");
/// Resolves disputes, writes off, and recovers positions together with compliance.
pub const ARBITER: Symbol = symbol_short!("arbiter");

/// Admits, freezes and, together with an arbiter, recovers members.
pub fn compliance(env: &Env) -> Symbol {
    Symbol::new(env, "compliance")
}

/// Stops: pauses, and cancels pending code.
pub const GUARDIAN: Symbol = symbol_short!("guardian");

/// Whether a role of this name exists.
pub fn exists(env: &Env, role: &Symbol) -> bool {
    [VERIFIER, SERVICER, ARBITER, GUARDIAN].contains(role) || *role == compliance(env)
}
