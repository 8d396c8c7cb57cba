//! The command line.

use crate::{clock::HeaderTime, rpc::CloseMode};
use clap::Parser;
use std::{net::SocketAddr, path::PathBuf};

const EXAMPLES: &str = "\
Examples:
  stellarsettle-devnet --listen 127.0.0.1:8000             a ledger for each transaction
  stellarsettle-devnet --close interval --interval-ms 5000  a ledger every five seconds
  stellarsettle-devnet --state ledger.state                a ledger that survives
  stellarsettle-devnet --lake ledgers --header seconds     SEP-54 files for older readers
  stellarsettle-devnet --faults faults.json                a bad day, the same one each time

It speaks the JSON-RPC of stellar-rpc at /, for replicas at /replica/NAME, and makes accounts
at /friendbot?addr=G... Only here:
  dev_close, dev_advanceTime, dev_advanceLedgers, dev_getCloses, dev_snapshot, dev_revert,
  dev_mint, dev_setEntry, dev_impersonate, dev_stopImpersonating, dev_reset, dev_setFaults,
  dev_getFaults

Where it differs from a real network stands in docs/devnet.md.";

/// A whole Stellar network in one offline process: the real Soroban host behind the JSON-RPC of stellar-rpc.
#[derive(Parser)]
#[command(name = "stellarsettle-devnet", version, about, after_help = EXAMPLES)]
pub struct Flags {
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0", help_heading = "Server")]
    pub listen: SocketAddr,
    /// Exit when the process with this id is gone.
    #[arg(long, value_name = "PID", help_heading = "Server")]
    pub parent_pid: Option<u32>,
    /// Write each call to stderr.
    #[arg(long, help_heading = "Server")]
    pub log: bool,

    /// Network passphrase; the root account's seed is its SHA-256.
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "Standalone Network ; February 2017",
        help_heading = "Network"
    )]
    pub passphrase: String,
    /// File with config settings in the place of mainnet's: a JSON list of the entries' base64
    /// XDR, as getLedgerEntries gives it.
    #[arg(long, value_name = "FILE", help_heading = "Network")]
    pub settings: Option<PathBuf>,
    /// How headers write the close time.
    #[arg(long, value_enum, default_value_t = HeaderTime::Ms, help_heading = "Network")]
    pub header: HeaderTime,
    /// Number of the first ledger that closes.
    #[arg(long, value_name = "NUMBER", default_value_t = 2, value_parser = clap::value_parser!(u32).range(2..), help_heading = "Network")]
    pub first_ledger: u32,

    /// When ledgers close.
    #[arg(long, value_enum, default_value_t = CloseMode::Transaction, help_heading = "Time")]
    pub close: CloseMode,
    /// Milliseconds between ledgers with --close interval.
    #[arg(long, value_name = "MS", default_value_t = 1_000, help_heading = "Time")]
    pub interval_ms: u64,
    /// Unix seconds to start at. The clock then stands still between closes, so that the same
    /// transactions give the same hashes.
    #[arg(long, value_name = "SECONDS", help_heading = "Time")]
    pub start_time: Option<u64>,

    /// Ledgers that are kept.
    #[arg(long, value_name = "LEDGERS", default_value_t = 120_960, help_heading = "Limits")]
    pub retention: u32,
    /// Ledgers one getEvents request looks through.
    #[arg(long, value_name = "LEDGERS", default_value_t = 10_000, help_heading = "Limits")]
    pub scan_limit: u32,
    /// Most events on a page of getEvents.
    #[arg(long, value_name = "EVENTS", default_value_t = 10_000, help_heading = "Limits")]
    pub page_limit: u64,

    /// File that holds the ledger: opened if it is there, and written before each answer, so that
    /// nothing is lost however the process ends.
    #[arg(long, value_name = "FILE", help_heading = "Files")]
    pub state: Option<PathBuf>,
    /// Folder to write closed ledgers to, as SEP-54 lays them out.
    #[arg(long, value_name = "DIR", help_heading = "Files")]
    pub lake: Option<PathBuf>,
    /// Folder of closed ledgers (SEP-54) to go on from; may be that of --lake.
    #[arg(long, value_name = "DIR", help_heading = "Files")]
    pub from_lake: Option<PathBuf>,

    /// File with a fault plan (JSON) to begin with.
    #[arg(long, value_name = "FILE", help_heading = "Testing")]
    pub faults: Option<PathBuf>,
    /// Let dev_impersonate sign for anybody.
    #[arg(long, help_heading = "Testing")]
    pub allow_impersonation: bool,
}
