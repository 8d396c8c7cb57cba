//! A whole platform in a test environment, and a player for behaviour scripts.
//!
//! The same code runs the contracts natively, or as wasm if `STELLARSETTLE_WASM` names the folder that holds it.
#![cfg_attr(target_family = "wasm", no_std)]

#[cfg(not(target_family = "wasm"))]
pub mod code;
#[cfg(not(target_family = "wasm"))]
pub mod exports;
#[cfg(not(target_family = "wasm"))]
pub mod platform;
#[cfg(not(target_family = "wasm"))]
pub mod player;
#[cfg(not(target_family = "wasm"))]
pub mod random;
#[cfg(not(target_family = "wasm"))]
pub mod signatures;
#[cfg(not(target_family = "wasm"))]
pub mod simulation;
#[cfg(not(target_family = "wasm"))]
pub mod values;
#[cfg(not(target_family = "wasm"))]
pub mod wallets;
