//! What simulations are made from.

use super::{state::Snapshot, Ledger};
use crate::{encoding::sha256, settings::Settings};
use soroban_env_host::LedgerInfo;
use soroban_wasmi::ParsedModules;
use std::sync::Arc;

/// The ledger as one simulation sees it. It may be run on any thread, while the ledger goes on.
pub struct Simulation {
    pub network_id: [u8; 32],
    /// The number of the last closed ledger.
    pub latest_ledger: u32,
    pub info: LedgerInfo,
    pub config: Arc<Settings>,
    pub entries: Snapshot,
    /// Seed of the random numbers; never the same twice.
    pub seed: [u8; 32],
    /// What former simulations parsed.
    pub parsed: ParsedModules,
}

impl Ledger {
    /// The next simulation.
    pub fn simulation(&mut self) -> Simulation {
        Simulation {
            network_id: self.identity.id,
            latest_ledger: self.sequence(),
            info: self.simulation_info(),
            config: self.config.clone(),
            entries: self.state.snapshot(),
            seed: self.simulation_seed(),
            parsed: self.parsed.clone(),
        }
    }

    /// The last closed ledger's number, as in stellar-rpc, and the time it is now. A real
    /// network closes a ledger every few seconds, so its last close time is as good as now;
    /// here nothing may have closed for an hour.
    fn simulation_info(&self) -> LedgerInfo {
        let now_ms = self.clock.now_ms().max(self.tip.close_ms());
        LedgerInfo {
            sequence_number: self.tip.sequence(),
            ..self.info_at(now_ms)
        }
    }

    fn simulation_seed(&mut self) -> [u8; 32] {
        self.simulations = self.simulations.wrapping_add(1);
        let count = self.simulations.to_be_bytes();
        sha256(&[&self.tip.hash()[..], &count[..]].concat())
    }
}
