//! Writes closed ledgers into a folder.

use super::{check_network, config_of, fault, file_name, partition_name, reader, Config, LakeError, CONFIG};
use crate::ledger::history::{ClosedLedger, History};
use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

/// Zstandard's own default: a good size at little cost.
const COMPRESSION_LEVEL: i32 = 3;

/// A folder that follows a ledger.
pub struct Lake {
    folder: PathBuf,
    /// The newest ledger that is in the folder; 0 for none.
    newest: u32,
}

impl Lake {
    /// Opens or makes the folder and brings it to where the history is.
    ///
    /// # Errors
    /// If the folder belongs to another network or another history, or cannot be written.
    pub fn open(folder: &Path, passphrase: &str, history: &History) -> Result<Self, LakeError> {
        fs::create_dir_all(folder).map_err(|error| fault(folder, error))?;
        match config_of(folder)? {
            Some(config) => check_network(folder, &config, passphrase)?,
            None => write_whole(&folder.join(CONFIG), &config_bytes(passphrase))?,
        }
        let files = reader::files(folder)?;
        let newest = files.last().map_or(0, |file| file.last);
        let mut lake = Self {
            folder: folder.to_owned(),
            newest,
        };
        lake.join(history)?;
        Ok(lake)
    }

    /// Goes on where the folder ends, if it tells of the same ledgers.
    fn join(&mut self, history: &History) -> Result<(), LakeError> {
        let (Some(oldest), Some(latest)) = (history.oldest(), history.latest()) else {
            return Ok(());
        };
        if self.newest > 0 {
            let common = history.ledger(self.newest);
            let same = common.map(|ledger| self.holds(ledger)).transpose()?.unwrap_or(false);
            let follows = self.newest.saturating_add(1) >= oldest.sequence && self.newest <= latest.sequence;
            if !(same && follows) {
                return Err(fault(
                    &self.folder,
                    format!(
                        "holds another history up to ledger {}: start from it with --from-lake, or name an empty folder",
                        self.newest
                    ),
                ));
            }
        }
        for ledger in history.range(self.newest.saturating_add(1), u32::MAX) {
            self.write(ledger)?;
        }
        Ok(())
    }

    /// Whether the folder has this very ledger.
    fn holds(&self, ledger: &ClosedLedger) -> Result<bool, LakeError> {
        let path = self.path_of(ledger.sequence);
        if !path.exists() {
            return Ok(false);
        }
        let metas = reader::read(&path, ledger.sequence, ledger.sequence)?;
        Ok(metas
            .first()
            .is_some_and(|meta| crate::encoding::xdr(meta) == ledger.meta_xdr))
    }

    /// Writes one ledger, in one step: a reader sees the whole file or none.
    ///
    /// # Errors
    /// What the file system says.
    pub fn write(&mut self, ledger: &ClosedLedger) -> Result<(), LakeError> {
        let path = self.path_of(ledger.sequence);
        if let Some(partition) = path.parent() {
            fs::create_dir_all(partition).map_err(|error| fault(partition, error))?;
        }
        let batch = batch_xdr(ledger);
        let bytes = zstd::bulk::compress(&batch, COMPRESSION_LEVEL).map_err(|error| fault(&path, error))?;
        write_whole(&path, &bytes)?;
        self.newest = ledger.sequence;
        Ok(())
    }

    /// The ledger that comes next.
    pub const fn next(&self) -> u32 {
        self.newest.saturating_add(1)
    }

    /// Removes the ledgers after this one, newest first, so that what is left has no gap.
    ///
    /// # Errors
    /// What the file system says.
    pub fn rewind(&mut self, sequence: u32) -> Result<(), LakeError> {
        for file in reader::files(&self.folder)?.iter().rev() {
            if file.last <= sequence {
                break;
            }
            fs::remove_file(&file.path).map_err(|error| fault(&file.path, error))?;
        }
        self.newest = self.newest.min(sequence);
        Ok(())
    }

    fn path_of(&self, sequence: u32) -> PathBuf {
        self.folder.join(partition_name(sequence)).join(file_name(sequence))
    }
}

/// The XDR of a batch of one: first and last number, a list of one, the meta as it is.
fn batch_xdr(ledger: &ClosedLedger) -> Vec<u8> {
    let number = ledger.sequence.to_be_bytes();
    [&number[..], &number[..], &1_u32.to_be_bytes()[..], &ledger.meta_xdr[..]].concat()
}

fn config_bytes(passphrase: &str) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(&Config::of(passphrase)).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

/// Writes a file beside its place and moves it there. The name it has meanwhile is
/// hidden and has no ending, so that nobody takes it for a ledger.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), LakeError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let draft = path.with_file_name(format!(".{name}.new"));
    let written = fs::File::create(&draft)
        .and_then(|mut file| file.write_all(bytes))
        .and_then(|()| fs::rename(&draft, path));
    written.map_err(|error| fault(path, error))
}
