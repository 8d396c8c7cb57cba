//! Events that escrow and distributor have in common, besides those of ownership, pause and upgrades.

use soroban_sdk::{contractevent, Address};

/// Money that belonged to nobody went to the treasury.
#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Skimmed {
    #[topic]
    pub asset: Address,
    pub amount: i128,
    pub treasury: Address,
}
