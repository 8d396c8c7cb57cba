//! The network's settings as the ledger holds them: limits, prices, lives.

use crate::cost_model::CostModel;
use crate::encoding::from_xdr_base64;
use soroban_env_host::xdr::{
    ConfigSettingContractComputeV0, ConfigSettingContractLedgerCostExtV0, ConfigSettingContractLedgerCostV0,
    ConfigSettingEntry, ContractCostParams, LedgerEntryData, LedgerKey, LedgerKeyConfigSetting, StateArchivalSettings,
};
use soroban_simulation::NetworkConfig;

/// The settings in force, read once from their entries.
pub struct Settings {
    /// What the host and the fee formulas use.
    pub host: NetworkConfig,
    pub compute: ConfigSettingContractComputeV0,
    pub ledger_cost: ConfigSettingContractLedgerCostV0,
    pub ledger_cost_ext: ConfigSettingContractLedgerCostExtV0,
    pub state_archival: StateArchivalSettings,
    /// Largest transaction envelope, in bytes.
    pub max_transaction_bytes: u32,
    /// Most contract events plus return value of one transaction, in bytes.
    pub max_events_bytes: u32,
    /// Largest contract data key, in bytes.
    pub max_key_bytes: u32,
    /// Largest contract data entry, in bytes.
    pub max_entry_bytes: u32,
    /// Largest contract code, in bytes.
    pub max_code_bytes: u32,
}

impl Settings {
    /// Reads settings from their entries; `host` must come from the same ones.
    /// `None` when one is missing.
    pub fn read(entries: &[ConfigSettingEntry], host: NetworkConfig) -> Option<Self> {
        use ConfigSettingEntry as Entry;
        let (mut compute, mut ledger_cost, mut ledger_cost_ext, mut state_archival) = (None, None, None, None);
        let (mut transaction, mut events, mut key, mut entry, mut code) = (None, None, None, None, None);
        for setting in entries {
            match setting {
                Entry::ContractComputeV0(value) => compute = Some(value.clone()),
                Entry::ContractLedgerCostV0(value) => ledger_cost = Some(value.clone()),
                Entry::ContractLedgerCostExtV0(value) => ledger_cost_ext = Some(value.clone()),
                Entry::StateArchival(value) => state_archival = Some(value.clone()),
                Entry::ContractBandwidthV0(value) => transaction = Some(value.tx_max_size_bytes),
                Entry::ContractEventsV0(value) => events = Some(value.tx_max_contract_events_size_bytes),
                Entry::ContractDataKeySizeBytes(bytes) => key = Some(*bytes),
                Entry::ContractDataEntrySizeBytes(bytes) => entry = Some(*bytes),
                Entry::ContractMaxSizeBytes(bytes) => code = Some(*bytes),
                _ => {}
            }
        }
        Some(Self {
            host,
            compute: compute?,
            ledger_cost: ledger_cost?,
            ledger_cost_ext: ledger_cost_ext?,
            state_archival: state_archival?,
            max_transaction_bytes: transaction?,
            max_events_bytes: events?,
            max_key_bytes: key?,
            max_entry_bytes: entry?,
            max_code_bytes: code?,
        })
    }
}

/// Puts given settings in the place of those of the same kind. Cost parameters of
/// an older protocol keep the host's own for what they do not know.
pub fn replace(defaults: &mut Vec<ConfigSettingEntry>, given: Vec<ConfigSettingEntry>, costs: &CostModel) {
    for setting in completed_all(given, costs) {
        let place = defaults
            .iter_mut()
            .find(|default| default.discriminant() == setting.discriminant());
        match place {
            Some(place) => *place = setting,
            None => defaults.push(setting),
        }
    }
}

/// Settings with the cost parameters that an older protocol's do not have.
pub fn completed_all(given: Vec<ConfigSettingEntry>, costs: &CostModel) -> Vec<ConfigSettingEntry> {
    let complete = |setting| match setting {
        ConfigSettingEntry::ContractCostParamsCpuInstructions(params) => {
            ConfigSettingEntry::ContractCostParamsCpuInstructions(completed(&params, &costs.instructions))
        }
        ConfigSettingEntry::ContractCostParamsMemoryBytes(params) => {
            ConfigSettingEntry::ContractCostParamsMemoryBytes(completed(&params, &costs.memory))
        }
        other => other,
    };
    given.into_iter().map(complete).collect()
}

/// The ledger key of a setting.
pub fn key_of(setting: &ConfigSettingEntry) -> LedgerKey {
    LedgerKey::ConfigSetting(LedgerKeyConfigSetting {
        config_setting_id: setting.discriminant(),
    })
}

fn completed(given: &ContractCostParams, host: &ContractCostParams) -> ContractCostParams {
    let missing = host.0.iter().skip(given.0.len());
    let all: Vec<_> = given.0.iter().chain(missing).cloned().collect();
    ContractCostParams(all.try_into().unwrap_or_default())
}

/// Reads a settings file: a JSON list of config setting entries, each the base64
/// XDR that getLedgerEntries gives for it.
///
/// # Errors
/// What is wrong with the text.
pub fn parse(text: &str) -> Result<Vec<ConfigSettingEntry>, String> {
    let texts: Vec<String> =
        serde_json::from_str(text).map_err(|error| format!("not a JSON list of texts: {error}"))?;
    texts
        .iter()
        .enumerate()
        .map(|(index, text)| match from_xdr_base64(text) {
            Some(LedgerEntryData::ConfigSetting(setting)) => Ok(setting),
            _ => Err(format!("item {index} is not a config setting entry in base64 XDR")),
        })
        .collect()
}
