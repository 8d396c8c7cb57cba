//! Which entries changed: for the file that follows the ledger, and for going back.

use super::state::StoredEntry;
use soroban_env_host::xdr::LedgerKey;
use std::collections::{BTreeSet, VecDeque};

/// What was written, as far as somebody wants to know.
#[derive(Clone, Default)]
pub struct Changes {
    /// Keys written since they were last asked for; `None` while nobody asks.
    written: Option<BTreeSet<LedgerKey>>,
    /// What entries were before each change, oldest first; `None` while nobody goes back.
    former: Option<Former>,
}

#[derive(Clone, Default)]
struct Former {
    entries: VecDeque<(LedgerKey, Option<StoredEntry>)>,
    /// How many older ones were forgotten.
    forgotten: u64,
}

impl Former {
    fn end(&self) -> u64 {
        let count = u64::try_from(self.entries.len()).unwrap_or(u64::MAX);
        self.forgotten.saturating_add(count)
    }
}

impl Changes {
    /// Takes note of a change and of what the entry was before.
    pub fn note(&mut self, key: &LedgerKey, before: Option<StoredEntry>) {
        if let Some(written) = &mut self.written {
            written.insert(key.clone());
        }
        if let Some(former) = &mut self.former {
            former.entries.push_back((key.clone(), before));
        }
    }

    /// The keys written since the last call. From the first call on they are kept.
    pub fn take_written(&mut self) -> BTreeSet<LedgerKey> {
        self.written.replace(BTreeSet::new()).unwrap_or_default()
    }

    /// A position to go back to; from now on what entries were is kept.
    pub fn position(&mut self) -> u64 {
        self.former.get_or_insert_default().end()
    }

    /// What undoes all changes after a position, newest first; they are forgotten.
    pub fn undo(&mut self, position: u64) -> Vec<(LedgerKey, Option<StoredEntry>)> {
        let mut undone = Vec::new();
        while let Some(former) = self.former.as_mut().filter(|former| former.end() > position) {
            undone.extend(former.entries.pop_back());
        }
        undone
    }

    /// Forgets what only served positions before this one; all of it without one.
    pub fn forget_before(&mut self, position: Option<u64>) {
        let Some(position) = position else {
            self.former = None;
            return;
        };
        if let Some(former) = &mut self.former {
            while former.forgotten < position && former.entries.pop_front().is_some() {
                former.forgotten = former.forgotten.saturating_add(1);
            }
        }
    }

    /// How many former entries are kept.
    #[cfg(test)]
    pub fn kept(&self) -> usize {
        self.former.as_ref().map_or(0, |former| former.entries.len())
    }
}
