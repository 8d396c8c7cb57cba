//! What the three contracts share, and nothing of their business.
//!
//! Each module owns its storage keys and its events; a contract that uses it exposes the functions under its own
//! name and decides who may call them.
#![no_std]

pub mod clients;
pub mod errors;
pub mod events;
pub mod instance;
pub mod math;
pub mod owner;
pub mod pause;
pub mod roles;
pub mod ttl;
pub mod types;
pub mod upgrade;

pub use errors::Error;
