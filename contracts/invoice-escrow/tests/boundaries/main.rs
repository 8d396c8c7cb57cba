//! Every rule of time at the second before, the second itself and the second after; every amount at its edges.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod amounts;
mod terms;
mod times;

use soroban_sdk::InvokeError;
use stellarsettle_shared::Error;

/// What a `try_` call gives: a value, or a refusal with a name.
type Tried<Value, Failure> = Result<Result<Value, Failure>, Result<Error, InvokeError>>;

/// The refusal of a call; None if it succeeded.
fn refusal<Value, Failure>(tried: Tried<Value, Failure>) -> Option<Error> {
    match tried {
        Ok(_) => None,
        Err(Ok(error)) => Some(error),
        Err(Err(error)) => panic!("a refusal without a name: {error:?}"),
    }
}
