//! What makes one network: its passphrase, its limits and its prices.
//!
//! The values are Stellar mainnet's of 2026. They live in the ledger as config
//! setting entries, as on a real network, and everything else reads them there.

use crate::{cost_model::CostModel, encoding::sha256};
use ed25519_dalek::SigningKey;
use soroban_env_host::xdr::{
    ConfigSettingContractBandwidthV0, ConfigSettingContractComputeV0, ConfigSettingContractEventsV0,
    ConfigSettingContractExecutionLanesV0, ConfigSettingContractHistoricalDataV0, ConfigSettingContractLedgerCostExtV0,
    ConfigSettingContractLedgerCostV0, ConfigSettingContractParallelComputeV0, ConfigSettingEntry,
    ConfigSettingScpTiming, EvictionIterator, FreezeBypassTxs, FrozenLedgerKeys, StateArchivalSettings,
};

/// The protocol version the host of this build speaks.
pub const PROTOCOL_VERSION: u32 = 30;
/// Inclusion fee per operation, in stroops.
pub const BASE_FEE: u32 = 100;
/// Reserve per ledger entry an account pays for, in stroops.
pub const BASE_RESERVE: u32 = 5_000_000;
/// All lumens there are, in stroops; the root account starts with them.
pub const TOTAL_COINS: i64 = 1_000_000_000_000_000_000;
/// Most operations one ledger may hold.
pub const MAX_TX_SET_SIZE: u32 = 1_000;
/// Compute limits and price.
const COMPUTE: ConfigSettingContractComputeV0 = ConfigSettingContractComputeV0 {
    ledger_max_instructions: 580_000_000,
    tx_max_instructions: 400_000_000,
    fee_rate_per_instructions_increment: 7,
    tx_memory_limit: 41_943_040,
};

/// Ledger access limits and prices.
const LEDGER_COST: ConfigSettingContractLedgerCostV0 = ConfigSettingContractLedgerCostV0 {
    ledger_max_disk_read_entries: 1_000,
    ledger_max_disk_read_bytes: 3_500_000,
    ledger_max_write_ledger_entries: 1_000,
    ledger_max_write_bytes: 286_720,
    tx_max_disk_read_entries: 200,
    tx_max_disk_read_bytes: 200_000,
    tx_max_write_ledger_entries: 200,
    tx_max_write_bytes: 132_096,
    fee_disk_read_ledger_entry: 1_563,
    fee_write_ledger_entry: 2_500,
    fee_disk_read1_kb: 447,
    soroban_state_target_size_bytes: 3_000_000_000,
    rent_fee1_kb_soroban_state_size_low: -17_000,
    rent_fee1_kb_soroban_state_size_high: 10_000,
    soroban_state_rent_fee_growth_factor: 5_000,
};

/// Footprint limit and the price of written kilobytes.
const LEDGER_COST_EXT: ConfigSettingContractLedgerCostExtV0 = ConfigSettingContractLedgerCostExtV0 {
    tx_max_footprint_entries: 400,
    fee_write1_kb: 875,
};

/// How long entries live.
const STATE_ARCHIVAL: StateArchivalSettings = StateArchivalSettings {
    max_entry_ttl: 3_110_400,
    min_temporary_ttl: 17_280,
    min_persistent_ttl: 2_073_600,
    persistent_rent_rate_denominator: 1_215,
    temp_rent_rate_denominator: 2_430,
    max_entries_to_archive: 1_000,
    live_soroban_state_size_window_sample_size: 30,
    live_soroban_state_size_window_sample_period: 64,
    eviction_scan_size: 500_000,
    starting_eviction_scan_level: 7,
};

/// Samples of the state's size that rent prices are computed from.
const STATE_SIZE_SAMPLES: usize = 30;

/// Most dependent clusters of one parallel stage.
const MAX_CLUSTERS: u32 = 2;

/// Every config setting entry of the network.
pub fn config_settings(costs: &CostModel) -> Vec<ConfigSettingEntry> {
    vec![
        ConfigSettingEntry::ContractMaxSizeBytes(131_072),
        ConfigSettingEntry::ContractComputeV0(COMPUTE),
        ConfigSettingEntry::ContractLedgerCostV0(LEDGER_COST),
        ConfigSettingEntry::ContractHistoricalDataV0(ConfigSettingContractHistoricalDataV0 {
            fee_historical1_kb: 4_059,
        }),
        ConfigSettingEntry::ContractEventsV0(ConfigSettingContractEventsV0 {
            tx_max_contract_events_size_bytes: 16_384,
            fee_contract_events1_kb: 5_000,
        }),
        ConfigSettingEntry::ContractBandwidthV0(ConfigSettingContractBandwidthV0 {
            ledger_max_txs_size_bytes: 266_240,
            tx_max_size_bytes: 132_096,
            fee_tx_size1_kb: 406,
        }),
        ConfigSettingEntry::ContractCostParamsCpuInstructions(costs.instructions.clone()),
        ConfigSettingEntry::ContractCostParamsMemoryBytes(costs.memory.clone()),
        ConfigSettingEntry::ContractDataKeySizeBytes(250),
        ConfigSettingEntry::ContractDataEntrySizeBytes(65_536),
        ConfigSettingEntry::StateArchival(STATE_ARCHIVAL),
        ConfigSettingEntry::ContractExecutionLanes(ConfigSettingContractExecutionLanesV0 {
            ledger_max_tx_count: 2_000,
        }),
        ConfigSettingEntry::LiveSorobanStateSizeWindow(vec![0; STATE_SIZE_SAMPLES].try_into().unwrap_or_default()),
        ConfigSettingEntry::EvictionIterator(EvictionIterator {
            bucket_list_level: STATE_ARCHIVAL.starting_eviction_scan_level,
            is_curr_bucket: true,
            bucket_file_offset: 0,
        }),
        ConfigSettingEntry::ContractParallelComputeV0(ConfigSettingContractParallelComputeV0 {
            ledger_max_dependent_tx_clusters: MAX_CLUSTERS,
        }),
        ConfigSettingEntry::ContractLedgerCostExtV0(LEDGER_COST_EXT),
        ConfigSettingEntry::ScpTiming(ConfigSettingScpTiming {
            ledger_target_close_time_milliseconds: 5_000,
            nomination_timeout_initial_milliseconds: 1_000,
            nomination_timeout_increment_milliseconds: 1_000,
            ballot_timeout_initial_milliseconds: 1_000,
            ballot_timeout_increment_milliseconds: 1_000,
        }),
        ConfigSettingEntry::FrozenLedgerKeys(FrozenLedgerKeys::default()),
        ConfigSettingEntry::FreezeBypassTxs(FreezeBypassTxs::default()),
    ]
}

/// Identity of a network: everything that follows from its passphrase.
#[derive(Clone)]
pub struct Identity {
    pub passphrase: String,
    /// SHA-256 of the passphrase; part of every signature.
    pub id: [u8; 32],
}

impl Identity {
    /// The identity of a passphrase.
    pub fn new(passphrase: &str) -> Self {
        Self {
            passphrase: passphrase.to_owned(),
            id: sha256(passphrase.as_bytes()),
        }
    }

    /// The key that owns all lumens at the start; its seed is the network id, as in core.
    pub fn root_key(&self) -> SigningKey {
        SigningKey::from_bytes(&self.id)
    }

    /// The key that signs the value of each ledger, in the place of a validator.
    pub fn validator_key(&self) -> SigningKey {
        SigningKey::from_bytes(&sha256(&[&self.id[..], b"validator"].concat()))
    }
}
