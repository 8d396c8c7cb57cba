//! The JSON-RPC methods.

mod call_frames;
pub mod dev;
pub mod entries;
pub mod error;
pub mod events;
pub mod fees;
pub mod format;
mod go_xdr;
pub mod health;
pub mod ledgers;
mod mint;
pub mod params;
pub mod send;
pub mod simulate;
pub mod transactions;

use crate::{
    faults::Faults,
    ledger::{Ledger, SetupError},
};
use error::RpcError;
use serde_json::Value;

/// When ledgers close.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum CloseMode {
    /// Right after each accepted transaction.
    Transaction,
    /// At a fixed interval.
    Interval,
    /// Only when `dev_close` says so.
    Manual,
}

/// How much one request may ask for.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Ledgers that one getEvents request looks through.
    pub scan: u32,
    /// Most events on a page.
    pub events_page: u64,
    /// Most ledgers or transactions on a page.
    pub page: u64,
}

/// Everything requests are answered from.
pub struct Service {
    pub ledger: Ledger,
    /// The number of the first ledger when the network begins anew.
    pub first_ledger: u32,
    pub close_mode: CloseMode,
    pub limits: Limits,
    pub friendbot_url: String,
    pub faults: Faults,
    /// Whether accounts may be impersonated.
    pub allow_impersonation: bool,
}

impl Service {
    /// Begins the network anew.
    ///
    /// # Errors
    /// If the new ledger cannot be set up; the old one then goes on.
    pub fn reset(&mut self) -> Result<(), SetupError> {
        self.ledger.begin_anew(self.first_ledger)
    }

    /// Answers one request; simulations are run elsewhere, from [`Ledger::simulation`].
    ///
    /// # Errors
    /// The error member of the answer.
    pub fn call(&mut self, method: &str, params: &Value) -> Result<Value, RpcError> {
        match method {
            "getHealth" => health::get_health(self, params),
            "getNetwork" => health::get_network(self, params),
            "getVersionInfo" => health::get_version_info(params),
            "getLatestLedger" => health::get_latest_ledger(self, params),
            "getFeeStats" => fees::get_fee_stats(self, params),
            "getLedgerEntries" => entries::get_ledger_entries(self, params),
            "sendTransaction" => send::send_transaction(self, params),
            "getTransaction" => transactions::get_transaction(self, params),
            "getTransactions" => transactions::get_transactions(self, params),
            "getLedgers" => ledgers::get_ledgers(self, params),
            "getEvents" => events::get_events(self, params),
            "dev_close" => dev::close(self, params),
            "dev_advanceTime" => dev::advance_time(self, params),
            "dev_advanceLedgers" => dev::advance_ledgers(self, params),
            "dev_mint" => mint::mint(self, params),
            "dev_impersonate" => dev::impersonate(self, params, true),
            "dev_stopImpersonating" => dev::impersonate(self, params, false),
            "dev_getCloses" => dev::get_closes(self, params),
            "dev_snapshot" => Ok(dev::snapshot(self)),
            "dev_revert" => dev::revert(self, params),
            "dev_setEntry" => dev::set_entry(self, params),
            "dev_setFaults" => dev::set_faults(self, params),
            "dev_getFaults" => Ok(dev::get_faults(self)),
            "dev_reset" => dev::reset(self),
            other => Err(RpcError {
                code: error::METHOD_NOT_FOUND,
                message: "method not found".to_owned(),
                data: Some(Value::String(other.to_owned())),
            }),
        }
    }
}

/// The range of ledgers that answers are given from.
#[derive(Clone, Copy)]
pub struct Window {
    pub oldest: u32,
    /// Close time of the oldest in Unix seconds.
    pub oldest_time: u64,
    pub latest: u32,
    /// Close time of the latest in Unix seconds.
    pub latest_time: u64,
}

impl Service {
    /// The range now.
    pub fn window(&self) -> Window {
        let history = &self.ledger.history;
        let (oldest, latest) = (history.oldest(), history.latest());
        Window {
            oldest: oldest.map_or(0, |ledger| ledger.sequence),
            oldest_time: oldest.map_or(0, |ledger| ledger.close_time()),
            latest: latest.map_or(0, |ledger| ledger.sequence),
            latest_time: latest.map_or(0, |ledger| ledger.close_time()),
        }
    }
}
