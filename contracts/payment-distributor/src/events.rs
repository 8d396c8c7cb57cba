//! What the distributor tells: every event of a pool carries the pool's `seq`, counted from 1.

use soroban_sdk::{contractevent, Address, BytesN};

/// A released invoice can be repaid; investors are to get `par_sold`.
#[contractevent]
pub struct PoolOpened {
    #[topic]
    pub id: BytesN<32>,
    pub token: Address,
    pub asset: Address,
    pub par_sold: i128,
    pub seq: u32,
}

/// A payment was divided; `index` is the credit of one share afterwards, scaled by 10^18.
#[contractevent]
pub struct DistributionRecorded {
    #[topic]
    pub id: BytesN<32>,
    pub late: i128,
    pub fee: i128,
    pub investors: i128,
    pub seller: i128,
    pub index: i128,
    pub seq: u32,
}

/// A holder took credit; `claimed` is all that holders of this pool have taken.
#[contractevent]
pub struct Payout {
    #[topic]
    pub id: BytesN<32>,
    #[topic]
    pub holder: Address,
    pub amount: i128,
    pub claimed: i128,
    pub to: Option<Address>,
    pub seq: u32,
}

/// The payee took the seller's residual.
#[contractevent]
pub struct ResidualClaimed {
    #[topic]
    pub id: BytesN<32>,
    #[topic]
    pub payee: Address,
    pub amount: i128,
    pub to: Option<Address>,
    pub seq: u32,
}

/// Fees went to the treasury; `fees` is all that was collected in this asset.
#[contractevent]
pub struct FeesCollected {
    #[topic]
    pub asset: Address,
    pub amount: i128,
    pub treasury: Address,
    pub fees: i128,
}

/// Fees and skimmed surplus go to `treasury` from now on.
#[contractevent]
pub struct TreasurySet {
    #[topic]
    pub treasury: Address,
}
