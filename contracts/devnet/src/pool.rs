//! Threads for what needs the ledger no more.

use std::{
    num::NonZero,
    sync::{
        mpsc::{channel, Receiver, Sender},
        Arc, Mutex, PoisonError,
    },
    thread,
};

/// Most threads that are of use: the ledger itself has only one.
const MOST_THREADS: usize = 8;

type Work = Box<dyn FnOnce() + Send>;

/// Threads that do works in the order they come, as many at once as there are processors.
#[derive(Clone)]
pub struct Pool {
    works: Sender<Work>,
}

impl Pool {
    /// Starts the threads; they end with the last copy of the pool.
    pub fn start() -> Self {
        let processors = thread::available_parallelism().map_or(1, NonZero::get);
        let (works, inbox) = channel();
        let inbox = Arc::new(Mutex::new(inbox));
        for _ in 0..processors.min(MOST_THREADS) {
            let inbox = inbox.clone();
            thread::spawn(move || {
                while let Some(work) = next(&inbox) {
                    work();
                }
            });
        }
        Self { works }
    }

    /// Does a work soon, on another thread. It is dropped if all of them have failed.
    pub fn run(&self, work: impl FnOnce() + Send + 'static) {
        let _ = self.works.send(Box::new(work));
    }
}

/// Waits for the next work; `None` when there will be no more.
fn next(inbox: &Mutex<Receiver<Work>>) -> Option<Work> {
    // A receiver is whole whatever happened to who held it.
    let inbox = inbox.lock().unwrap_or_else(PoisonError::into_inner);
    inbox.recv().ok()
}
