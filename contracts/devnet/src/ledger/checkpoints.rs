//! Moments to go back to.
//!
//! A checkpoint costs nothing but what changes after it; it is forgotten when its ledger
//! is not kept any more, so that memory stays bounded by the retention.

use super::{close::Tip, Happening, Ledger, Pending};
use crate::clock::Clock;
use std::collections::VecDeque;

/// The moments that can still be gone back to, oldest first.
#[derive(Default)]
pub struct Checkpoints {
    last_id: u32,
    kept: VecDeque<Checkpoint>,
}

struct Checkpoint {
    id: u32,
    /// Where its changes begin among those that are kept.
    position: u64,
    clock: Clock,
    tip: Tip,
    queue: Vec<Pending>,
}

impl Checkpoints {
    /// None of them, with numbers that go on.
    pub fn forgotten(self) -> Self {
        Self {
            last_id: self.last_id,
            kept: VecDeque::new(),
        }
    }
}

impl Ledger {
    /// Remembers the ledger as it is now; the number is never given again.
    pub fn checkpoint(&mut self) -> u32 {
        self.checkpoints.last_id = self.checkpoints.last_id.saturating_add(1);
        let id = self.checkpoints.last_id;
        let position = self.state.changes.position();
        self.checkpoints.kept.push_back(Checkpoint {
            id,
            position,
            clock: self.clock,
            tip: self.tip.clone(),
            queue: self.queue.clone(),
        });
        id
    }

    /// Goes back to how it was; false if that moment is not known (any more). Later ones are
    /// forgotten. Random numbers of simulations go on, so none comes twice.
    pub fn revert(&mut self, id: u32) -> bool {
        let kept = &mut self.checkpoints.kept;
        let Some(place) = kept.iter().position(|checkpoint| checkpoint.id == id) else {
            return false;
        };
        kept.truncate(place.saturating_add(1));
        let Some(checkpoint) = kept.back() else {
            return false;
        };
        self.clock = checkpoint.clock;
        self.tip = checkpoint.tip.clone();
        self.queue.clone_from(&checkpoint.queue);
        self.state.go_back(checkpoint.position, self.tip.sequence());
        self.history.go_back(self.tip.sequence());
        self.reload();
        self.happenings.push(Happening::WentBack(self.tip.sequence()));
        true
    }

    /// Forgets moments whose ledger is not kept any more.
    pub(super) fn forget_old_checkpoints(&mut self) {
        let kept = &mut self.checkpoints.kept;
        if kept.is_empty() {
            return;
        }
        let oldest = self.history.oldest().map_or(0, |ledger| ledger.sequence);
        while kept
            .front()
            .is_some_and(|checkpoint| checkpoint.tip.sequence() < oldest)
        {
            kept.pop_front();
        }
        let position = kept.front().map(|checkpoint| checkpoint.position);
        self.state.changes.forget_before(position);
    }
}
