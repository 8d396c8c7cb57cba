//! Reads ledgers from a folder.

use super::{check_network, config_of, fault, range_of, LakeError};
use soroban_env_host::xdr::{LedgerCloseMeta, LedgerCloseMetaBatch, Limits, ReadXdr};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// A file and the ledgers its name says it holds.
pub struct LakeFile {
    pub path: PathBuf,
    pub first: u32,
    pub last: u32,
}

/// Ledgers of a folder, oldest first, read file by file.
pub struct Ledgers {
    files: std::vec::IntoIter<LakeFile>,
}

impl Ledgers {
    /// The ledgers of a folder of this network.
    ///
    /// # Errors
    /// If the folder has no description, is of another network, is empty or has a gap.
    pub fn open(folder: &Path, passphrase: &str) -> Result<Self, LakeError> {
        let config = config_of(folder)?
            .ok_or_else(|| fault(folder, "has no .config.json, so it is no folder of ledgers (SEP-54)"))?;
        check_network(folder, &config, passphrase)?;
        let files = files(folder)?;
        if files.is_empty() {
            return Err(fault(folder, "holds no ledger"));
        }
        for (file, next) in files.iter().zip(files.iter().skip(1)) {
            if file.last.saturating_add(1) != next.first {
                return Err(fault(
                    folder,
                    format!("after ledger {} comes ledger {}", file.last, next.first),
                ));
            }
        }
        Ok(Self {
            files: files.into_iter(),
        })
    }
}

impl Iterator for Ledgers {
    type Item = Result<Vec<LedgerCloseMeta>, LakeError>;

    fn next(&mut self) -> Option<Self::Item> {
        let file = self.files.next()?;
        Some(read(&file.path, file.first, file.last))
    }
}

/// The files of a folder and its partitions, oldest ledger first.
pub fn files(folder: &Path) -> Result<Vec<LakeFile>, LakeError> {
    let mut found = Vec::new();
    collect(folder, &mut found).map_err(|error| fault(folder, error))?;
    found.sort_by_key(|file| file.first);
    Ok(found)
}

fn collect(folder: &Path, found: &mut Vec<LakeFile>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), found)?;
        } else if let Some((first, last)) = entry.file_name().to_str().and_then(range_of) {
            let path = entry.path();
            found.push(LakeFile { path, first, last });
        }
    }
    Ok(())
}

/// The ledgers `first..=last` that a file must hold.
pub(super) fn read(path: &Path, first: u32, last: u32) -> Result<Vec<LedgerCloseMeta>, LakeError> {
    let file = fs::File::open(path).map_err(|error| fault(path, error))?;
    let bytes = zstd::decode_all(file).map_err(|error| fault(path, format!("damaged: {error}")))?;
    let batch = LedgerCloseMetaBatch::from_xdr(bytes, Limits::none())
        .map_err(|error| fault(path, format!("no batch of ledgers: {error}")))?;
    let count = usize::try_from(last - first).unwrap_or(usize::MAX).saturating_add(1);
    if (batch.start_sequence, batch.end_sequence, batch.ledger_close_metas.len()) != (first, last, count) {
        return Err(fault(
            path,
            format!(
                "holds {} ledgers from {} to {}, which is not what its name says",
                batch.ledger_close_metas.len(),
                batch.start_sequence,
                batch.end_sequence
            ),
        ));
    }
    Ok(batch.ledger_close_metas.to_vec())
}
