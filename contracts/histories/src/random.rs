//! Properties on random inputs: how many, from which seed, and what a failure tells.

use std::time::{SystemTime, UNIX_EPOCH};

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};

/// Inputs of one run of all properties together: `HISTORIES`, or 500.
pub fn histories() -> u64 {
    number("HISTORIES").unwrap_or(500)
}

/// The seed of a run: `SEED`, or another one each time.
pub fn seed() -> u64 {
    number("SEED").unwrap_or_else(now)
}

/// Checks a property on `cases` inputs. A failure is shrunk, and names the seed that finds it again.
pub fn hold<Inputs: Strategy>(
    cases: u64,
    seed: u64,
    inputs: &Inputs,
    property: impl Fn(Inputs::Value) -> Result<(), TestCaseError>,
) {
    let config = Config {
        cases: u32::try_from(cases).expect("a number of cases that is small"),
        failure_persistence: None,
        max_shrink_iters: 2_000,
        ..Config::default()
    };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    if let Err(failure) = runner.run(inputs, property) {
        panic!("SEED={seed}: {failure}");
    }
}

fn number(name: &str) -> Option<u64> {
    let value = std::env::var(name).ok()?;
    let parsed = value.parse();
    Some(parsed.unwrap_or_else(|_| panic!("{name} is not a number: {value}")))
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    u64::from(since.expect("a clock after 1970").subsec_nanos())
}
