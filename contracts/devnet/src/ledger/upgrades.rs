//! Upgrades a ledger carries: what validators voted for, applied after its transactions.

use super::{
    frame::Frame,
    state::{State, Store, StoredEntry},
    state_size, Ledger, Rulebook,
};
use crate::{
    cost_model::CostModel,
    encoding::{from_own_xdr, sha256, xdr},
    settings,
};
use soroban_env_host::xdr::{
    ConfigSettingContractExecutionLanesV0, ConfigSettingEntry, ConfigUpgradeSet, ConfigUpgradeSetKey,
    ContractDataDurability, LedgerEntryData, LedgerKey, LedgerKeyContractData, LedgerUpgrade, ScAddress, ScBytes,
    ScVal, UpgradeEntryMeta,
};

/// An upgrade that may enter the next ledger.
pub struct Upgrade {
    vote: LedgerUpgrade,
    /// The settings it writes.
    settings: Vec<ConfigSettingEntry>,
}

impl Ledger {
    /// Checks upgrades against the last closed ledger, in their order.
    ///
    /// # Errors
    /// Why the first bad one cannot be applied.
    pub fn check_upgrades(&self, votes: &[LedgerUpgrade]) -> Result<Vec<Upgrade>, String> {
        let costs = CostModel::of_host().map_err(|error| format!("{error:?}"))?;
        let mut trial = self.state.clone();
        let mut upgrades = Vec::with_capacity(votes.len());
        for vote in votes {
            let wanted = wanted_settings(&trial, vote, self.sequence())?;
            let settings = settings::completed_all(wanted, &costs);
            write(&mut trial, &settings);
            upgrades.push(Upgrade {
                vote: vote.clone(),
                settings,
            });
        }
        if !upgrades.is_empty() {
            Rulebook::of(&trial).map_err(|error| error.to_string())?;
        }
        Ok(upgrades)
    }

    /// Applies checked upgrades in the ledger being closed and tells what they changed.
    pub(super) fn apply_upgrades(&mut self, upgrades: Vec<Upgrade>) -> Vec<UpgradeEntryMeta> {
        let mut applied = Vec::with_capacity(upgrades.len());
        for upgrade in upgrades {
            let mut changes = Vec::new();
            if let LedgerUpgrade::MaxTxSetSize(size) = upgrade.vote {
                self.tip.max_tx_set_size = size;
            }
            let recount = upgrade
                .settings
                .iter()
                .any(|setting| matches!(setting, ConfigSettingEntry::ContractCostParamsMemoryBytes(_)));
            let mut frame = Frame::new(&mut self.state);
            put_settings(&mut frame, &upgrade.settings);
            changes.extend(frame.commit().0.iter().cloned());
            self.reload();
            if recount {
                changes.extend(state_size::recount(self));
            }
            applied.push(UpgradeEntryMeta {
                upgrade: upgrade.vote,
                changes: soroban_env_host::xdr::LedgerEntryChanges(changes.try_into().unwrap_or_default()),
            });
        }
        applied
    }
}

fn wanted_settings(state: &State, vote: &LedgerUpgrade, sequence: u32) -> Result<Vec<ConfigSettingEntry>, String> {
    match vote {
        LedgerUpgrade::MaxTxSetSize(_) => Ok(Vec::new()),
        LedgerUpgrade::MaxSorobanTxSetSize(count) => {
            let lanes = ConfigSettingContractExecutionLanesV0 {
                ledger_max_tx_count: *count,
            };
            Ok(vec![ConfigSettingEntry::ContractExecutionLanes(lanes)])
        }
        LedgerUpgrade::Config(key) => proposed_settings(state, key, sequence),
        LedgerUpgrade::Version(_) => Err("the protocol version is that of this build and cannot be upgraded".into()),
        LedgerUpgrade::BaseFee(_) | LedgerUpgrade::BaseReserve(_) | LedgerUpgrade::Flags(_) => {
            Err("base fee, base reserve and flags are fixed here".into())
        }
    }
}

/// The settings a contract published as a temporary entry under the hash of their set.
fn proposed_settings(
    state: &State,
    key: &ConfigUpgradeSetKey,
    sequence: u32,
) -> Result<Vec<ConfigSettingEntry>, String> {
    let hash = &key.content_hash.0;
    let bytes = hash
        .to_vec()
        .try_into()
        .map(ScBytes)
        .map_err(|_| "no hash".to_owned())?;
    let place = LedgerKey::ContractData(LedgerKeyContractData {
        contract: ScAddress::Contract(key.contract_id.clone()),
        key: ScVal::Bytes(bytes),
        durability: ContractDataDurability::Temporary,
    });
    let stored = Store::get(state, &place)
        .filter(|stored| !stored.is_expired(sequence))
        .ok_or("no contract holds a ConfigUpgradeSet under this key")?;
    let LedgerEntryData::ContractData(data) = &stored.entry.data else {
        return Err("the entry under this key is no contract data".into());
    };
    let ScVal::Bytes(content) = &data.val else {
        return Err("the entry under this key holds no bytes".into());
    };
    if sha256(content.as_slice()) != *hash {
        return Err("the ConfigUpgradeSet has another hash than its key".into());
    }
    let set: ConfigUpgradeSet = from_own_xdr(content.as_slice()).ok_or("the entry holds no ConfigUpgradeSet")?;
    if xdr(&set) != content.as_slice() || set.updated_entry.is_empty() {
        return Err("the ConfigUpgradeSet is malformed".into());
    }
    let derived = |setting: &ConfigSettingEntry| {
        matches!(
            setting,
            ConfigSettingEntry::LiveSorobanStateSizeWindow(_) | ConfigSettingEntry::EvictionIterator(_)
        )
    };
    if set.updated_entry.iter().any(derived) {
        return Err("the state size window and the eviction iterator follow from the ledger and cannot be set".into());
    }
    Ok(set.updated_entry.to_vec())
}

fn write(state: &mut State, settings: &[ConfigSettingEntry]) {
    let mut frame = Frame::new(state);
    put_settings(&mut frame, settings);
    frame.commit();
}

fn put_settings(frame: &mut Frame<'_>, settings: &[ConfigSettingEntry]) {
    for setting in settings {
        let entry = StoredEntry::lasting(LedgerEntryData::ConfigSetting(setting.clone()));
        frame.put(settings::key_of(setting), Some(entry));
    }
}
