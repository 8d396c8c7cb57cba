//! A ledger in a file: all of it, then whatever happened, in records that are there for
//! good before anybody is told.

use super::{
    close::Tip,
    history::{ClosedLedger, History},
    journal::{Journal, LineKind},
    state::{State, Store, StoredEntry},
    Happening, Ledger, SetupError,
};
use crate::{
    clock::Clock,
    encoding::{base64, base64_bytes, from_own_xdr, xdr_base64},
    network::Identity,
    transaction::Submission,
};
use serde::{Deserialize, Serialize};
use soroban_env_host::xdr::{
    LedgerCloseMeta, LedgerEntry, LedgerHeaderHistoryEntry, LedgerKey, ReadXdr, TransactionEnvelope,
};
use std::{io, path::Path, sync::Arc};

/// The form of the file; another number is another form.
const FORM: u32 = 2;
/// How many entries one record holds when the whole ledger is written.
const ENTRIES: usize = 1_000;

/// More simulations than ever run between two records.
const UNRECORDED: u64 = 1 << 32;

/// The first line of a file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Title {
    form: u32,
    passphrase: String,
}

/// What happened between two writes: first the ledger went back, then the rest.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    /// The ledger it went back to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    back_to: Option<u32>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    ledgers: Vec<SavedLedger>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    entries: Vec<SavedEntry>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    removed: Vec<String>,
    /// How things stand after it; without it, as before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    standing: Option<Standing>,
    /// The last record of a whole ledger.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    whole: bool,
}

/// What is neither a ledger nor an entry.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Standing {
    clock_still_ms: Option<u64>,
    clock_offset_ms: u64,
    simulations: u64,
    waiting: Vec<String>,
}

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

impl Record {
    fn is_empty(&self) -> bool {
        let changes = self.ledgers.is_empty() && self.entries.is_empty() && self.removed.is_empty();
        changes && self.back_to.is_none() && self.standing.is_none()
    }
}

impl Standing {
    /// Whether nothing is worth a write; a simulation by itself is not.
    fn is_as(&self, other: &Self) -> bool {
        let clocks = (self.clock_still_ms, self.clock_offset_ms) == (other.clock_still_ms, other.clock_offset_ms);
        clocks && self.waiting == other.waiting
    }
}

/// The file that follows a ledger.
pub struct Follower {
    journal: Journal,
    standing: Standing,
}

impl Follower {
    /// Writes the whole ledger to a file and follows it from here.
    ///
    /// # Errors
    /// What the file system says.
    pub fn begin(path: &Path, ledger: &mut Ledger) -> io::Result<Self> {
        ledger.state.changes.take_written();
        let journal = Journal::create(path, whole(ledger))?;
        let standing = standing(ledger);
        Ok(Self { journal, standing })
    }

    /// Writes down what happened since the last time; it is there for good then.
    ///
    /// # Errors
    /// What the file system says.
    pub fn follow(&mut self, ledger: &mut Ledger, happenings: &[Happening]) -> io::Result<()> {
        let begins_anew = |happening: &Happening| matches!(happening, Happening::WentBack(0));
        if self.journal.is_overgrown() || happenings.iter().any(begins_anew) {
            let path = self.journal.path().to_owned();
            *self = Self::begin(&path, ledger)?;
            return Ok(());
        }
        let standing = standing(ledger);
        let mut record = record_of(happenings);
        for key in ledger.state.changes.take_written() {
            match Store::get(&ledger.state, &key) {
                Some(stored) => record.entries.push(saved_entry(&stored)),
                None => record.removed.push(xdr_base64(&key)),
            }
        }
        if !standing.is_as(&self.standing) {
            record.standing = Some(standing.clone());
        }
        if record.is_empty() {
            return Ok(());
        }
        self.journal.append(&line(&record))?;
        self.standing = standing;
        Ok(())
    }
}

/// Opens a ledger from its file, and follows it there. What waited in it waits again.
///
/// # Errors
/// If the file cannot be read, is damaged, of another form or of another network.
pub fn open(path: &Path, identity: Identity, clock: Clock, retention: u32) -> Result<(Ledger, Follower), SetupError> {
    let fault = |text: String| SetupError(format!("{}: {text}", path.display()));
    let mut reader = Reader::new(identity, retention);
    let opened = Journal::open(path, |line| reader.read(line)).map_err(fault)?;
    if opened.cut_off > 0 {
        eprintln!(
            "stellarsettle-devnet: {}: left out the last {} bytes: the process ended while it wrote them, and had not \
             answered yet",
            path.display(),
            opened.cut_off
        );
    }
    let standing = reader.standing.clone();
    let mut ledger = reader.finish(clock).map_err(|error| fault(error.to_string()))?;
    ledger.state.changes.take_written();
    let journal = opened.journal;
    Ok((ledger, Follower { journal, standing }))
}

/// Puts records together.
struct Reader {
    identity: Identity,
    titled: bool,
    state: State,
    history: History,
    standing: Standing,
}

impl Reader {
    fn new(identity: Identity, retention: u32) -> Self {
        Self {
            identity,
            titled: false,
            state: State::default(),
            history: History::new(retention),
            standing: Standing::default(),
        }
    }

    fn read(&mut self, line: &[u8]) -> Result<LineKind, String> {
        if self.titled {
            let record: Record = serde_json::from_slice(line).map_err(|error| error.to_string())?;
            let kind = if record.whole {
                LineKind::EndOfBase
            } else {
                LineKind::Plain
            };
            self.add(record).ok_or("a part does not decode")?;
            return Ok(kind);
        }
        let title: Title = serde_json::from_slice(line).map_err(|error| error.to_string())?;
        if title.form != FORM {
            return Err(format!("saved in form {}, this is {FORM}", title.form));
        }
        if title.passphrase != self.identity.passphrase {
            return Err(format!("saved from the network \"{}\"", title.passphrase));
        }
        self.titled = true;
        Ok(LineKind::Plain)
    }

    fn add(&mut self, record: Record) -> Option<()> {
        if let Some(sequence) = record.back_to {
            self.history.go_back(sequence);
        }
        for ledger in record.ledgers {
            let meta: LedgerCloseMeta = decoded(&ledger.meta_xdr)?;
            let closed = ClosedLedger::new(&meta, self.identity.id, ledger.wall_ms)?;
            self.history.push(closed);
        }
        for saved in record.entries {
            let entry: LedgerEntry = decoded(&saved.xdr)?;
            let stored = StoredEntry {
                live_until: saved.live_until,
                life_modified: saved.life_modified,
                entry: Arc::new(entry),
            };
            self.state.put(stored.entry.to_key(), Some(stored));
        }
        for key in &record.removed {
            let key: LedgerKey = decoded(key)?;
            self.state.put(key, None);
        }
        if let Some(standing) = record.standing {
            self.standing = standing;
        }
        Some(())
    }

    fn finish(mut self, mut clock: Clock) -> Result<Ledger, SetupError> {
        let damaged = || SetupError("damaged: no whole ledger".to_owned());
        let latest = self.history.latest().ok_or_else(damaged)?;
        let header: LedgerHeaderHistoryEntry = from_own_xdr(latest.header_xdr()).ok_or_else(damaged)?;
        let tip = Tip::after(&header.header, latest.hash, latest.close_ms);
        self.state.begin(latest.sequence);
        clock.resume(self.standing.clock_still_ms, self.standing.clock_offset_ms);
        let mut ledger = Ledger::over(self.identity, clock, self.history, self.state, tip)?;
        // Some may have run after the last record.
        ledger.simulations = self.standing.simulations.saturating_add(UNRECORDED);
        for text in &self.standing.waiting {
            let envelope: TransactionEnvelope = decoded(text).ok_or_else(damaged)?;
            if let Some(submission) = Submission::new(envelope, ledger.identity.id) {
                ledger.submit(submission);
            }
        }
        Ok(ledger)
    }
}

/// The lines of a whole ledger: a title, entries, ledgers, and how things stand.
fn whole(ledger: &Ledger) -> impl Iterator<Item = Vec<u8>> + '_ {
    let title = Title {
        form: FORM,
        passphrase: ledger.identity.passphrase.clone(),
    };
    let mut rest = ledger.state.entries();
    let entries = std::iter::from_fn(move || {
        let entries: Vec<SavedEntry> = rest.by_ref().take(ENTRIES).map(saved_entry).collect();
        (!entries.is_empty()).then(|| Record {
            entries,
            ..Record::default()
        })
    });
    let ledgers = ledger.history.range(0, u32::MAX).map(|closed| Record {
        ledgers: vec![saved_ledger(closed)],
        ..Record::default()
    });
    let last = Record {
        standing: Some(standing(ledger)),
        whole: true,
        ..Record::default()
    };
    let records = entries.chain(ledgers).chain(std::iter::once(last));
    std::iter::once(line(&title)).chain(records.map(|record| line(&record)))
}

/// Ledgers that closed and were undone since do not matter any more.
fn record_of(happenings: &[Happening]) -> Record {
    let mut back_to: Option<u32> = None;
    let mut closed: Vec<&ClosedLedger> = Vec::new();
    for happening in happenings {
        match happening {
            Happening::Closed(ledger) => closed.push(ledger),
            Happening::WentBack(sequence) => {
                closed.retain(|ledger| ledger.sequence <= *sequence);
                back_to = Some(back_to.map_or(*sequence, |before| before.min(*sequence)));
            }
        }
    }
    Record {
        back_to,
        ledgers: closed.into_iter().map(saved_ledger).collect(),
        ..Record::default()
    }
}

fn standing(ledger: &Ledger) -> Standing {
    let (clock_still_ms, clock_offset_ms) = ledger.clock.readings();
    let waiting = ledger.queue.iter();
    Standing {
        clock_still_ms,
        clock_offset_ms,
        simulations: ledger.simulations,
        waiting: waiting
            .map(|pending| xdr_base64(&pending.submission.envelope))
            .collect(),
    }
}

fn saved_entry(stored: &StoredEntry) -> SavedEntry {
    SavedEntry {
        xdr: xdr_base64(stored.entry.as_ref()),
        live_until: stored.live_until,
        life_modified: stored.life_modified,
    }
}

fn saved_ledger(closed: &ClosedLedger) -> SavedLedger {
    SavedLedger {
        meta_xdr: base64(&closed.meta_xdr),
        wall_ms: closed.wall_ms,
    }
}

fn line<T: Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}

fn decoded<T: ReadXdr>(text: &str) -> Option<T> {
    from_own_xdr(&base64_bytes(text)?)
}
