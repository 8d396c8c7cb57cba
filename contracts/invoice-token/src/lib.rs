//! The shares of one invoice: a whole SEP-41 token that any wallet understands, and the account of what each holder is
//! owed. It knows nothing of lifecycles: the escrow decides whether shares may move, the distributor when they earn.
#![no_std]

mod allowance;
mod contract;
mod credit;
mod events;
mod shares;
mod storage;

pub use contract::{InvoiceToken, InvoiceTokenClient};
