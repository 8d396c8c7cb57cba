//! Closed ledgers as files, in the layout of SEP-54, one ledger to a file.
//!
//! `DIR/.config.json` names the network and the layout; a ledger is
//! `DIR/FFFFFFFF--0-63999/FFFFFFFD--2.xdr.zst`: a Zstandard frame over the XDR of a
//! `LedgerCloseMetaBatch`. The hexadecimal numbers count down from 2^32 - 1, so that a
//! listing shows the newest first.

pub mod reader;
pub mod writer;

use serde::{Deserialize, Serialize};
use std::{fmt, io, path::Path};

/// The file that describes the folder.
const CONFIG: &str = ".config.json";
/// The number of ledgers in a partition's folder.
const PARTITION: u32 = 64_000;

/// What `.config.json` says.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Config {
    network_passphrase: String,
    version: String,
    compression: String,
    ledgers_per_batch: u32,
    batches_per_partition: u32,
}

impl Config {
    fn of(passphrase: &str) -> Self {
        Self {
            network_passphrase: passphrase.to_owned(),
            version: "1.0".to_owned(),
            compression: "zstd".to_owned(),
            ledgers_per_batch: 1,
            batches_per_partition: PARTITION,
        }
    }
}

/// Why a folder cannot be read or written; the text names folder or file.
#[derive(Debug)]
pub struct LakeError(String);

impl fmt::Display for LakeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

fn fault(path: &Path, text: impl fmt::Display) -> LakeError {
    LakeError(format!("{}: {text}", path.display()))
}

/// What the folder says about itself; `None` if it says nothing.
fn config_of(folder: &Path) -> Result<Option<Config>, LakeError> {
    let path = folder.join(CONFIG);
    match std::fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|error| fault(&path, error)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(fault(&path, error)),
    }
}

/// Refuses a folder of another network.
fn check_network(folder: &Path, config: &Config, passphrase: &str) -> Result<(), LakeError> {
    if config.network_passphrase == passphrase {
        return Ok(());
    }
    Err(fault(
        folder,
        format!("holds ledgers of the network \"{}\"", config.network_passphrase),
    ))
}

/// The folder a ledger's file is in.
fn partition_name(sequence: u32) -> String {
    let first = sequence / PARTITION * PARTITION;
    format!(
        "{:08X}--{first}-{}",
        u32::MAX - first,
        first.saturating_add(PARTITION - 1)
    )
}

/// The file a ledger is in.
fn file_name(sequence: u32) -> String {
    format!("{:08X}--{sequence}.xdr.zst", u32::MAX - sequence)
}

/// The first and the last ledger a file of this name holds; `None` for another kind of
/// file. Batches of several ledgers and the older ending `.zstd` are known too.
fn range_of(name: &str) -> Option<(u32, u32)> {
    let stem = name
        .strip_suffix(".xdr.zst")
        .or_else(|| name.strip_suffix(".xdr.zstd"))?;
    let (reversed, range) = stem.split_once("--")?;
    let (first, last) = range.split_once('-').unwrap_or((range, range));
    let (first, last) = (first.parse().ok()?, last.parse().ok()?);
    let named_well = reversed.len() == 8 && u32::from_str_radix(reversed, 16).ok()? == u32::MAX - first;
    (named_well && first <= last).then_some((first, last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_standard() {
        assert_eq!(partition_name(2), "FFFFFFFF--0-63999");
        assert_eq!(file_name(2), "FFFFFFFD--2.xdr.zst");
        assert_eq!(partition_name(64_000), "FFFF05FF--64000-127999");
        assert_eq!(file_name(53_312_000), "FCD285FF--53312000.xdr.zst");
    }

    #[test]
    fn a_name_tells_its_ledgers() {
        assert_eq!(range_of("FFFFFFFD--2.xdr.zst"), Some((2, 2)));
        assert_eq!(range_of("FFFFFFFD--2-3.xdr.zst"), Some((2, 3)));
        assert_eq!(range_of("FCD285FF--53312000.xdr.zstd"), Some((53_312_000, 53_312_000)));
        for name in [
            "FFFFFFFD--3.xdr.zst",
            "FFFFFFFD--2.xdr",
            ".config.json",
            "FFFFFFFD--2-1.xdr.zst",
        ] {
            assert_eq!(range_of(name), None, "{name}");
        }
    }
}
