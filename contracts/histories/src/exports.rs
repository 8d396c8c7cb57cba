//! The functions that each contract exports, read from its face: what a table must have a row for.

use std::collections::BTreeSet;

pub const ESCROW: &str = include_str!("../../invoice-escrow/src/contract.rs");
pub const DISTRIBUTOR: &str = include_str!("../../payment-distributor/src/contract.rs");
pub const TOKEN: &str = include_str!("../../invoice-token/src/contract.rs");

/// The functions of a face but its constructor, which runs once and for its deployer.
pub fn functions(face: &str) -> BTreeSet<&str> {
    let functions = face.lines().filter_map(|line| line.trim().strip_prefix("pub fn "));
    functions
        .map(|rest| rest.split('(').next().unwrap_or(rest))
        .filter(|name| *name != "__constructor")
        .collect()
}
