//! The lifecycle of every invoice: who may list, invest, pay, dispute and leave, and when. Holds the investors'
//! principal until it is released or refunded, and deploys the token of each invoice.
#![no_std]

mod admin;
mod contract;
mod dispute;
mod events;
mod funding;
mod lifecycle;
mod listing;
mod members;
mod payment;
mod refund;
mod storage;
mod terms;
mod token_code;
mod transfer;
mod types;

pub use contract::{InvoiceEscrow, InvoiceEscrowClient};
pub use lifecycle::{Step, Transition, TRANSITIONS};
pub use types::{Invoice, Member, Params, Status, Terms};
