//! Faults on demand, counted so that the same requests always meet the same ones.

/// What goes wrong. Zero means never.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// How many of the next getEvents requests get an empty page that does not move on.
    pub empty_pages: u32,
    /// How long each answer is held back, in milliseconds.
    pub latency_ms: u64,
    /// Every n-th request is answered with an internal error.
    pub error_every: u32,
    /// Every n-th request gets no answer: the connection is cut.
    pub drop_every: u32,
}

/// What happens to one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Answer,
    Error,
    Drop,
}

/// The plan and how far it has come.
#[derive(Debug, Default)]
pub struct Faults {
    plan: Plan,
    requests: u32,
}

impl Faults {
    /// Starts a new plan from its first request.
    pub fn set(&mut self, plan: Plan) {
        *self = Self { plan, requests: 0 };
    }

    /// How long answers are held back, in milliseconds.
    pub const fn latency_ms(&self) -> u64 {
        self.plan.latency_ms
    }

    /// Decides about the next request.
    pub fn next(&mut self) -> Fate {
        self.requests = self.requests.wrapping_add(1);
        let is_nth = |every: u32| every > 0 && self.requests.is_multiple_of(every);
        if is_nth(self.plan.drop_every) {
            Fate::Drop
        } else if is_nth(self.plan.error_every) {
            Fate::Error
        } else {
            Fate::Answer
        }
    }

    /// Whether this page of events is to be empty.
    pub fn takes_empty_page(&mut self) -> bool {
        let empty = self.plan.empty_pages > 0;
        self.plan.empty_pages = self.plan.empty_pages.saturating_sub(1);
        empty
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_connection_goes_before_an_error() {
        let mut faults = Faults::default();
        faults.set(Plan {
            error_every: 2,
            drop_every: 4,
            ..Plan::default()
        });
        let fates: Vec<Fate> = (0..4).map(|_| faults.next()).collect();
        assert_eq!(fates, [Fate::Answer, Fate::Error, Fate::Answer, Fate::Drop]);
    }

    #[test]
    fn empty_pages_run_out() {
        let mut faults = Faults::default();
        faults.set(Plan {
            empty_pages: 1,
            ..Plan::default()
        });
        assert!(faults.takes_empty_page());
        assert!(!faults.takes_empty_page());
    }
}
