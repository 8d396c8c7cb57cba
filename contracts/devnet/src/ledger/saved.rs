//! A ledger in a file: saved when the process ends, opened when it starts again.

use super::{
    close::Tip,
    history::{ClosedLedger, History},
    state::{State, Store, StoredEntry},
    Ledger, SetupError,
};
use crate::{
    clock::Clock,
    encoding::{base64, base64_bytes, from_own_xdr, xdr_base64},
    network::Identity,
    transaction::Submission,
};
use serde::{Deserialize, Serialize};
use soroban_env_host::xdr::{LedgerCloseMeta, LedgerEntry, LedgerHeaderHistoryEntry, ReadXdr, TransactionEnvelope};
use std::{
    fs::{self, File},
    io::{BufReader, BufWriter, Write},
    path::Path,
    rc::Rc,
};

/// The form of the file; another number is another form.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct SavedEntry {
    xdr: String,
    live_until: Option<u32>,
    life_modified: u32,
}

#[derive(Serialize, Deserialize)]
struct SavedLedger {
    meta_xdr: String,
    wall_ms: u64,
}

#[derive(Serialize, Deserialize)]
struct Saved {
    version: u32,
    passphrase: String,
    clock_still_ms: Option<u64>,
    clock_offset_ms: u64,
    simulations: u64,
    entries: Vec<SavedEntry>,
    ledgers: Vec<SavedLedger>,
    waiting: Vec<String>,
}

/// Writes the whole ledger to a file, in one step: a crash leaves the old file or the new one.
///
/// # Errors
/// What the file system says.
pub fn save(ledger: &Ledger, path: &Path) -> std::io::Result<()> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(".new");
    let mut file = BufWriter::new(File::create(&draft)?);
    serde_json::to_writer(&mut file, &saved(ledger))?;
    file.flush()?;
    file.get_ref().sync_all()?;
    fs::rename(&draft, path)
}

fn saved(ledger: &Ledger) -> Saved {
    let (clock_still_ms, clock_offset_ms) = ledger.clock.readings();
    let entries = ledger.state.entries().map(|stored| SavedEntry {
        xdr: xdr_base64(stored.entry.as_ref()),
        live_until: stored.live_until,
        life_modified: stored.life_modified,
    });
    let ledgers = ledger.history.range(0, u32::MAX).map(|closed| SavedLedger {
        meta_xdr: base64(&closed.meta_xdr),
        wall_ms: closed.wall_ms,
    });
    let waiting = ledger
        .queue
        .iter()
        .map(|pending| xdr_base64(&pending.submission.envelope));
    Saved {
        version: VERSION,
        passphrase: ledger.identity.passphrase.clone(),
        clock_still_ms,
        clock_offset_ms,
        simulations: ledger.simulations,
        entries: entries.collect(),
        ledgers: ledgers.collect(),
        waiting: waiting.collect(),
    }
}

/// Opens a ledger that was saved; what waited in it waits again.
///
/// # Errors
/// If the file cannot be read, is of another form or of another network.
pub fn open(path: &Path, identity: Identity, mut clock: Clock, retention: u32) -> Result<Ledger, SetupError> {
    let fault = |text: String| SetupError(format!("{}: {text}", path.display()));
    let file = File::open(path).map_err(|error| fault(error.to_string()))?;
    let saved: Saved = serde_json::from_reader(BufReader::new(file)).map_err(|error| fault(error.to_string()))?;
    if saved.version != VERSION {
        return Err(fault(format!("saved in form {}, this is {VERSION}", saved.version)));
    }
    if saved.passphrase != identity.passphrase {
        return Err(fault(format!("saved from the network \"{}\"", saved.passphrase)));
    }
    clock.resume(saved.clock_still_ms, saved.clock_offset_ms);
    let mut ledger = restore(&saved, identity, clock, retention).ok_or_else(|| fault("damaged".to_owned()))??;
    ledger.simulations = saved.simulations;
    for text in &saved.waiting {
        let envelope: TransactionEnvelope = decoded(text).ok_or_else(|| fault("damaged".to_owned()))?;
        if let Some(submission) = Submission::new(envelope, ledger.identity.id) {
            ledger.submit(submission);
        }
    }
    Ok(ledger)
}

/// The ledger without what waited; `None` if a part does not decode.
fn restore(saved: &Saved, identity: Identity, clock: Clock, retention: u32) -> Option<Result<Ledger, SetupError>> {
    let mut history = History::new(retention);
    for ledger in &saved.ledgers {
        let meta: LedgerCloseMeta = decoded(&ledger.meta_xdr)?;
        history.push(ClosedLedger::new(&meta, identity.id, ledger.wall_ms)?);
    }
    let latest = history.latest()?;
    let header: LedgerHeaderHistoryEntry = from_own_xdr(latest.header_xdr())?;
    let tip = Tip::after(&header.header, latest.hash, latest.close_ms);
    let mut state = State::default();
    state.begin(latest.sequence);
    for saved in &saved.entries {
        let entry: LedgerEntry = decoded(&saved.xdr)?;
        let stored = StoredEntry {
            live_until: saved.live_until,
            life_modified: saved.life_modified,
            entry: Rc::new(entry),
        };
        state.put(stored.entry.to_key(), Some(stored));
    }
    Some(Ledger::over(identity, clock, history, state, tip))
}

fn decoded<T: ReadXdr>(text: &str) -> Option<T> {
    from_own_xdr(&base64_bytes(text)?)
}
