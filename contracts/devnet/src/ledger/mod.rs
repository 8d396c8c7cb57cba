//! The ledger: its entries, its history, its clock, and what is waiting.

mod changes;
mod checkpoints;
pub mod close;
pub mod events;
mod eviction;
pub mod frame;
pub mod history;
mod journal;
pub mod replay;
pub mod saved;
pub mod simulation;
pub mod state;
pub mod state_size;
#[cfg(test)]
mod tests;
mod transaction_set;
#[cfg(test)]
mod upgrade_tests;
pub mod upgrades;

use crate::{
    accounts::{new_account, save_account},
    clock::Clock,
    cost_model::CostModel,
    encoding::account_of_key,
    lake::LakeError,
    network::{config_settings, Identity, BASE_RESERVE, PROTOCOL_VERSION, TOTAL_COINS},
    settings::{self, Settings},
    transaction::{
        soroban::FreeCompilation,
        soroban_check::exceeds_ledger,
        validate::{validate, Moment, Rejection, Rules},
        Submission,
    },
};
use checkpoints::Checkpoints;
use close::Tip;
use history::{ClosedLedger, History};
use soroban_env_host::{
    xdr::{
        AccountId, ConfigSettingEntry, LedgerEntryChange, LedgerEntryChanges, LedgerEntryData, LedgerKey,
        LedgerUpgrade, UpgradeEntryMeta,
    },
    HostError, LedgerInfo, ModuleCache,
};
use soroban_simulation::NetworkConfig;
use soroban_wasmi::ParsedModules;
use state::{State, Store, StoredEntry};
use std::{collections::BTreeSet, rc::Rc, sync::Arc};

/// How much later than the last ledger of the old history a new one begins, in milliseconds.
const NEW_BEGINNING_MS: u64 = 1_000;

/// A transaction that was accepted and waits for the next ledger.
#[derive(Clone)]
struct Pending {
    submission: Submission,
}

/// What became of a transaction on arrival.
pub enum Arrival {
    Pending,
    Duplicate,
    TryAgainLater,
    Rejected(Rejection),
}

/// What happened to the ledger, for those who write it down.
pub enum Happening {
    Closed(Rc<ClosedLedger>),
    /// It went back, to this ledger as the last.
    WentBack(u32),
}

/// One network's ledger.
pub struct Ledger {
    pub identity: Identity,
    pub clock: Clock,
    pub history: History,
    pub config: Arc<Settings>,
    state: State,
    modules: ModuleCache,
    /// What simulations parsed, which do without a module cache.
    parsed: ParsedModules,
    compilation: FreeCompilation,
    tip: Tip,
    queue: Vec<Pending>,
    /// Accounts whose signatures nobody asks for.
    pub impersonated: BTreeSet<AccountId>,
    /// What the first ledger will tell of the settings.
    founding: Option<UpgradeEntryMeta>,
    checkpoints: Checkpoints,
    happenings: Vec<Happening>,
    /// How many simulations ran: each gets random numbers of its own.
    simulations: u64,
}

/// What follows from the settings among the entries.
struct Rulebook {
    config: Arc<Settings>,
    compilation: FreeCompilation,
    modules: ModuleCache,
}

impl Rulebook {
    fn of(state: &State) -> Result<Self, SetupError> {
        let host =
            NetworkConfig::load_from_snapshot(&state.snapshot()).map_err(|error| SetupError(error.to_string()))?;
        let config = Settings::read(&state.config_settings(), host)
            .ok_or_else(|| SetupError("a config setting is missing".to_owned()))?;
        let compilation = FreeCompilation::new(&config)?;
        let modules = ModuleCache::new(&compilation)?;
        Ok(Self {
            config: Arc::new(config),
            compilation,
            modules,
        })
    }
}

/// Why a ledger could not be made.
#[derive(Debug)]
pub struct SetupError(String);

impl SetupError {
    /// Why, in words that name the file.
    pub const fn new(text: String) -> Self {
        Self(text)
    }
}

impl std::fmt::Display for SetupError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "the ledger could not be set up: {}", self.0)
    }
}

impl From<HostError> for SetupError {
    fn from(error: HostError) -> Self {
        Self(format!("{error:?}"))
    }
}

impl From<LakeError> for SetupError {
    fn from(error: LakeError) -> Self {
        Self(error.to_string())
    }
}

impl Ledger {
    /// A ledger with only the root account and the network's settings, and its
    /// first closed ledger, number `first`. `given` settings replace the default ones.
    ///
    /// # Errors
    /// If the host refuses the settings.
    pub fn new(
        identity: Identity,
        clock: Clock,
        first: u32,
        retention: u32,
        given: Vec<ConfigSettingEntry>,
    ) -> Result<Self, SetupError> {
        let mut ledger = Self::founded(identity, clock, first, retention, given)?;
        ledger.close();
        Ok(ledger)
    }

    /// The same before its first ledger, which tells of the settings by an upgrade, as
    /// networks do that begin with a newer protocol.
    fn founded(
        identity: Identity,
        clock: Clock,
        first: u32,
        retention: u32,
        given: Vec<ConfigSettingEntry>,
    ) -> Result<Self, SetupError> {
        let genesis = first.saturating_sub(1);
        let mut state = State::default();
        state.begin(genesis);
        let root = account_of_key(identity.root_key().verifying_key().to_bytes());
        save_account(&mut state, new_account(root, TOTAL_COINS, 0));
        let costs = CostModel::of_host()?;
        let mut settings = config_settings(&costs);
        settings::replace(&mut settings, given, &costs);
        let mut changes = Vec::with_capacity(settings.len());
        for setting in settings {
            let stored = StoredEntry::written(LedgerEntryData::ConfigSetting(setting), first);
            changes.push(LedgerEntryChange::Created(stored.entry.as_ref().clone()));
            state.put(stored.entry.to_key(), Some(stored));
        }
        let mut ledger = Self::over(identity, clock, History::new(retention), state, Tip::genesis(genesis))?;
        ledger.founding = Some(UpgradeEntryMeta {
            upgrade: LedgerUpgrade::Version(PROTOCOL_VERSION),
            changes: LedgerEntryChanges(changes.try_into().unwrap_or_default()),
        });
        Ok(ledger)
    }

    /// A ledger over these entries, with the settings that are among them.
    fn over(identity: Identity, clock: Clock, history: History, state: State, tip: Tip) -> Result<Self, SetupError> {
        let rulebook = Rulebook::of(&state)?;
        Ok(Self {
            identity,
            clock,
            history,
            config: rulebook.config,
            state,
            modules: rulebook.modules,
            parsed: ParsedModules::default(),
            compilation: rulebook.compilation,
            tip,
            queue: Vec::new(),
            impersonated: BTreeSet::new(),
            founding: None,
            checkpoints: Checkpoints::default(),
            happenings: Vec::new(),
            simulations: 0,
        })
    }

    /// Reads the settings again after their entries changed. Entries the host refuses
    /// are checked before they are written, so that a failure here changes nothing.
    fn reload(&mut self) {
        if let Ok(rulebook) = Rulebook::of(&self.state) {
            self.config = rulebook.config;
            self.modules = rulebook.modules;
            self.compilation = rulebook.compilation;
        }
    }

    /// Begins anew with ledger `first` and the settings it has now: another history, at a later time.
    ///
    /// # Errors
    /// If the host refuses the settings.
    pub fn begin_anew(&mut self, first: u32) -> Result<(), SetupError> {
        let mut clock = self.clock;
        // A clock that stands still would otherwise give the same first ledger again.
        clock.catch_up(self.tip.close_ms().saturating_add(NEW_BEGINNING_MS));
        let settings = self.state.config_settings();
        let retention = self.history.retention();
        let mut happenings = self.take_happenings();
        happenings.push(Happening::WentBack(0));
        let mut new = Self::new(self.identity.clone(), clock, first, retention, settings)?;
        happenings.append(&mut new.happenings);
        // No moment of the old history can be gone back to, and no number comes twice.
        *self = Self {
            checkpoints: std::mem::take(&mut self.checkpoints).forgotten(),
            happenings,
            simulations: self.simulations,
            ..new
        };

        Ok(())
    }

    /// What happened since it was last asked for, in order.
    pub fn take_happenings(&mut self) -> Vec<Happening> {
        std::mem::take(&mut self.happenings)
    }

    /// Writes or (with `None`) removes an entry at once, past all rules: no transaction
    /// and no meta tells of it. The entry carries ledger `modified` as the last that changed it.
    ///
    /// # Errors
    /// If the network's settings would not make sense any more.
    pub fn set_entry(
        &mut self,
        key: LedgerKey,
        data: Option<LedgerEntryData>,
        live_until: Option<u32>,
        modified: u32,
    ) -> Result<(), String> {
        if let Some(LedgerEntryData::ConfigSetting(setting)) = data {
            return self.set_setting(setting, modified);
        }
        let entry = data.map(|data| StoredEntry {
            live_until,
            life_modified: live_until.map_or(0, |_| modified),
            ..StoredEntry::written(data, modified)
        });
        self.state.put(key, entry);
        Ok(())
    }

    fn set_setting(&mut self, setting: ConfigSettingEntry, modified: u32) -> Result<(), String> {
        let costs = CostModel::of_host().map_err(|error| format!("{error:?}"))?;
        let mut state = self.state.clone();
        for setting in settings::completed_all(vec![setting], &costs) {
            let entry = StoredEntry::written(LedgerEntryData::ConfigSetting(setting.clone()), modified);
            state.put(settings::key_of(&setting), Some(entry));
        }
        Rulebook::of(&state).map_err(|error| error.to_string())?;
        self.state = state;
        self.reload();
        Ok(())
    }

    /// Whether a transaction waits for the next ledger.
    pub fn is_waiting(&self, hash: &[u8; 32]) -> bool {
        self.queue.iter().any(|pending| pending.submission.hash == *hash)
    }

    /// The number of the last closed ledger.
    pub fn sequence(&self) -> u32 {
        self.tip.sequence()
    }

    /// The entries as of the last closed ledger.
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// What contracts would see in the ledger after the last one.
    pub fn next_info(&self) -> LedgerInfo {
        self.info_at(self.clock.next_close_ms(self.tip.close_ms()))
    }

    /// Takes a transaction into the queue if it may enter the next ledger.
    pub fn submit(&mut self, submission: Submission) -> Arrival {
        if let Some(arrival) = self.meet_queue(&submission) {
            return arrival;
        }
        if submission
            .soroban_data()
            .is_some_and(|data| exceeds_ledger(data, &self.config))
        {
            return Arrival::TryAgainLater;
        }
        if self.history.was_just_applied(&submission.hash) {
            return Arrival::TryAgainLater;
        }
        let info = self.next_info();
        let rules = self.rules(&info);
        if let Err(rejection) = validate(&submission, &self.state, &rules, Moment::Arrival) {
            return Arrival::Rejected(rejection);
        }
        let source = submission.source();
        self.queue.retain(|pending| pending.submission.source() != source);
        self.queue.push(Pending { submission });
        Arrival::Pending
    }

    /// What the queue has to say about a newcomer; `None` if it may be checked.
    /// One transaction per source waits; only a fee bump of ten times its bid replaces it.
    fn meet_queue(&self, submission: &Submission) -> Option<Arrival> {
        let queued = |pending: &&Pending| pending.submission.hash == submission.hash;
        if self.queue.iter().any(|pending| queued(&pending)) {
            return Some(Arrival::Duplicate);
        }
        let source = submission.source();
        let waiting = self
            .queue
            .iter()
            .find(|pending| pending.submission.source() == source)?;
        let same_number = waiting.submission.transaction.seq_num == submission.transaction.seq_num;
        if submission.fee_bump.is_none() || !same_number {
            return Some(Arrival::TryAgainLater);
        }
        replacement_fee(&waiting.submission, submission).map(|needed| {
            Arrival::Rejected(Rejection {
                result: crate::transaction::results::Outcome::InsufficientFee.plain(needed),
                diagnostics: Vec::new(),
            })
        })
    }

    fn rules(&self, info: &LedgerInfo) -> Rules<'_> {
        Rules {
            sequence: info.sequence_number,
            close_time: info.timestamp,
            settings: &self.config,
            impersonated: &self.impersonated,
        }
    }

    fn info_at(&self, close_ms: u64) -> LedgerInfo {
        LedgerInfo {
            protocol_version: PROTOCOL_VERSION,
            sequence_number: self.tip.sequence().saturating_add(1),
            timestamp: close_ms / 1_000,
            network_id: self.identity.id,
            base_reserve: BASE_RESERVE,
            min_temp_entry_ttl: self.config.state_archival.min_temporary_ttl,
            min_persistent_entry_ttl: self.config.state_archival.min_persistent_ttl,
            max_entry_ttl: self.config.state_archival.max_entry_ttl,
        }
    }

    /// Whether an account is there.
    pub fn account_exists(&self, account: &AccountId) -> bool {
        crate::accounts::load_account(&self.state, account).is_some()
    }

    /// The sequence number an account used last.
    pub fn account_sequence(&self, account: &AccountId) -> Option<i64> {
        crate::accounts::load_account(&self.state, account).map(|entry| entry.seq_num.0)
    }
}

/// The fee in stroops a replacement lacks; `None` when it bids enough.
fn replacement_fee(waiting: &Submission, newcomer: &Submission) -> Option<i64> {
    use crate::transaction::fees::inclusion_bid;
    let rate = i128::from(inclusion_bid(waiting)) * 10;
    let needed = rate * i128::from(newcomer.fee_operations()) / i128::from(waiting.fee_operations().max(1));
    let needed = i64::try_from(needed).unwrap_or(i64::MAX);
    (inclusion_bid(newcomer) < needed).then(|| needed.saturating_add(newcomer.resource_fee()))
}
