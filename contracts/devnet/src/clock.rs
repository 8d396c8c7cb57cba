//! The time ledgers close at.

use std::time::{SystemTime, UNIX_EPOCH};

/// How the close time is written in a ledger header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum HeaderTime {
    /// Milliseconds, the arm Protocol 30 adds; a ledger may follow one millisecond later.
    Ms,
    /// Whole seconds, the older arm; every ledger is at least a second later.
    Seconds,
}

impl HeaderTime {
    /// The smallest step from one close to the next, in milliseconds.
    const fn step_ms(self) -> u64 {
        match self {
            Self::Ms => 1,
            Self::Seconds => 1_000,
        }
    }
}

/// Where time comes from.
#[derive(Clone, Copy, Debug)]
enum Source {
    /// The machine's clock.
    Wall,
    /// A clock that stands still between closes, so that runs can be repeated exactly.
    Still { now_ms: u64 },
}

/// The ledger's clock: a source plus what `dev_advanceTime` added.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    source: Source,
    offset_ms: u64,
    header: HeaderTime,
}

/// Unix time of the machine in milliseconds.
pub fn wall_ms() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX))
}

impl Clock {
    /// A clock that follows the machine, or one that stands still at `start_ms`.
    pub fn new(start_ms: Option<u64>, header: HeaderTime) -> Self {
        Self {
            source: start_ms.map_or(Source::Wall, |now_ms| Source::Still { now_ms }),
            offset_ms: 0,
            header,
        }
    }

    /// What a later clock must be told to go on from here: the time it stands still at
    /// and what was added, in milliseconds.
    pub const fn readings(&self) -> (Option<u64>, u64) {
        let still = match self.source {
            Source::Wall => None,
            Source::Still { now_ms } => Some(now_ms),
        };
        (still, self.offset_ms)
    }

    /// Goes on from what an earlier clock read.
    pub fn resume(&mut self, still_ms: Option<u64>, offset_ms: u64) {
        self.source = still_ms.map_or(Source::Wall, |now_ms| Source::Still { now_ms });
        self.offset_ms = offset_ms;
    }

    /// How headers write the time.
    pub const fn header(&self) -> HeaderTime {
        self.header
    }

    /// Now, in milliseconds of ledger time.
    pub fn now_ms(&self) -> u64 {
        let base = match self.source {
            Source::Wall => wall_ms(),
            Source::Still { now_ms } => now_ms,
        };
        base.saturating_add(self.offset_ms)
    }

    /// The time a ledger would close at if it closed now, after one at `previous_ms`.
    pub fn next_close_ms(&self, previous_ms: u64) -> u64 {
        let step = self.header.step_ms();
        let now = self.now_ms() / step * step;
        now.max(previous_ms.saturating_add(step))
    }

    /// Moves the clock forward.
    pub fn advance(&mut self, milliseconds: u64) {
        self.offset_ms = self.offset_ms.saturating_add(milliseconds);
    }

    /// Sets the clock to a time in Unix milliseconds.
    pub fn set(&mut self, milliseconds: u64) {
        match &mut self.source {
            Source::Still { now_ms } => {
                *now_ms = milliseconds;
                self.offset_ms = 0;
            }
            Source::Wall => self.offset_ms = milliseconds.saturating_sub(wall_ms()),
        }
    }

    /// Is not behind this moment from now on.
    pub fn catch_up(&mut self, moment_ms: u64) {
        self.advance(moment_ms.saturating_sub(self.now_ms()));
    }

    /// Moves a still clock by one interval; the machine's clock moves by itself.
    pub fn tick(&mut self, milliseconds: u64) {
        if let Source::Still { now_ms } = &mut self.source {
            *now_ms = now_ms.saturating_add(milliseconds);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_still_clock_only_moves_by_closes_and_on_demand() {
        let mut clock = Clock::new(Some(5_500), HeaderTime::Ms);
        assert_eq!(clock.next_close_ms(0), 5_500);
        assert_eq!(clock.next_close_ms(5_500), 5_501);
        clock.advance(1_000);
        assert_eq!(clock.next_close_ms(5_501), 6_500);
        clock.tick(10);
        assert_eq!(clock.now_ms(), 6_510);
    }

    #[test]
    fn seconds_are_whole_and_never_the_same_twice() {
        let clock = Clock::new(Some(5_500), HeaderTime::Seconds);
        assert_eq!(clock.next_close_ms(0), 5_000);
        assert_eq!(clock.next_close_ms(5_000), 6_000);
        assert_eq!(clock.next_close_ms(6_000), 7_000);
    }
}
