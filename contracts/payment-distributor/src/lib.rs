//! Custody of repayments: one pool for each released invoice, credits that are claimed, and the platform's fees.
//! Nobody is ever paid by a debtor's payment itself, so nobody's wallet can block it.
#![no_std]

mod claims;
mod contract;
mod custody;
mod events;
mod pools;
mod storage;

pub use contract::{PaymentDistributor, PaymentDistributorClient};
pub use storage::Pool;
