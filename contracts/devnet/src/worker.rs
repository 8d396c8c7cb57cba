//! The thread that owns the ledger. Requests come to it; simulations go on to others.

use crate::{
    clock::{wall_ms, Clock},
    faults::{Breakage, Fate, Faults, Plan},
    friendbot::{self, Answer},
    lake::{reader::Ledgers, writer::Lake, LakeError},
    ledger::{
        history::View,
        replay,
        saved::{self, Follower},
        Happening, Ledger, SetupError,
    },
    network::Identity,
    pool::Pool,
    rpc::{
        error::{RpcError, INTERNAL},
        simulate::simulate_transaction,
        CloseMode, Limits, Service,
    },
};
use serde_json::Value;
use soroban_env_host::xdr::ConfigSettingEntry;
use std::{
    path::{Path, PathBuf},
    sync::mpsc::{channel, Receiver, RecvTimeoutError, Sender},
    thread,
    time::{Duration, Instant},
};
use tokio::sync::oneshot;

/// How many requests are answered after one write to a disk.
const TOGETHER: usize = 64;

/// What makes a ledger of its own.
pub struct Setup {
    /// Config settings in the place of the default ones.
    pub network_settings: Vec<ConfigSettingEntry>,
    pub identity: Identity,
    pub clock: Clock,
    /// The number of the first ledger that closes.
    pub first_ledger: u32,
    pub retention: u32,
    pub close_mode: CloseMode,
    pub interval_ms: u64,
    pub limits: Limits,
    pub friendbot_url: String,
    /// File that follows the ledger, and that it is opened from if it is there.
    pub state_file: Option<PathBuf>,
    /// Folder closed ledgers are written to.
    pub lake: Option<PathBuf>,
    /// Folder of closed ledgers to go on from.
    pub from_lake: Option<PathBuf>,
    /// The fault plan it begins with.
    pub faults: Plan,
    /// Whether accounts may be impersonated.
    pub allow_impersonation: bool,
}

/// How a JSON-RPC call ended.
pub struct Reply {
    pub outcome: Result<Value, RpcError>,
    /// How long to hold the answer back.
    pub delay: Duration,
    /// How the answer is to fail on its way.
    pub breakage: Option<Breakage>,
}

impl Reply {
    /// What becomes of an outcome on its way.
    fn fated(outcome: Result<Value, RpcError>, fate: Fate) -> Self {
        let (outcome, breakage) = match fate.breakage {
            Some(Breakage::Error { code, message, data }) => (Err(RpcError { code, message, data }), None),
            breakage => (outcome, breakage),
        };
        Self {
            outcome,
            delay: fate.delay,
            breakage,
        }
    }
}

/// A JSON-RPC call to a replica.
struct Call {
    replica: String,
    method: String,
    params: Value,
    reply: oneshot::Sender<Reply>,
}

enum Job {
    Call(Call),
    Fund {
        address: String,
        reply: oneshot::Sender<Answer>,
    },
}

/// Tells why the ledger ended, if it did so by itself.
pub type Ended = oneshot::Receiver<String>;

/// The way to the ledger.
#[derive(Clone)]
pub struct Worker {
    jobs: Sender<Job>,
}

impl Worker {
    /// Starts the thread and its ledger.
    ///
    /// # Errors
    /// If the ledger cannot be set up.
    pub fn start(setup: Setup) -> Result<(Self, Ended), String> {
        let (jobs, inbox) = channel();
        let (ready, started) = channel();
        let (end, ended) = oneshot::channel();
        thread::spawn(move || match Keeper::new(setup) {
            Ok(keeper) => {
                let _ = ready.send(Ok(()));
                if let Err(error) = keeper.run(&inbox) {
                    let _ = end.send(error);
                }
            }
            Err(error) => {
                let _ = ready.send(Err(error));
            }
        });
        started
            .recv()
            .map_err(|_| "the ledger's thread ended at once".to_owned())??;
        Ok((Self { jobs }, ended))
    }

    /// Answers a JSON-RPC call to a replica; `None` when the ledger is gone.
    pub async fn call(&self, replica: String, method: String, params: Value) -> Option<Reply> {
        let (reply, answer) = oneshot::channel();
        let call = Call {
            replica,
            method,
            params,
            reply,
        };
        self.jobs.send(Job::Call(call)).ok()?;
        answer.await.ok()
    }

    /// Creates an account; `None` when the ledger is gone.
    pub async fn fund(&self, address: String) -> Option<Answer> {
        let (reply, answer) = oneshot::channel();
        self.jobs.send(Job::Fund { address, reply }).ok()?;
        answer.await.ok()
    }
}

/// The ledger on its own thread, and the files that follow it.
struct Keeper {
    service: Service,
    setup: Setup,
    lake: Option<Lake>,
    follower: Option<Follower>,
    pool: Pool,
}

/// An answer that is sent when what it tells of is written down.
type Answering = Box<dyn FnOnce()>;

impl Keeper {
    fn new(mut setup: Setup) -> Result<Self, String> {
        let (ledger, follower) = open_ledger(&setup).map_err(|error| error.to_string())?;
        let lake = setup
            .lake
            .as_deref()
            .map(|folder| Lake::open(folder, &ledger.identity.passphrase, &ledger.history))
            .transpose()
            .map_err(|error| cannot_write(&error))?;
        let mut faults = Faults::default();
        faults.set(std::mem::take(&mut setup.faults));
        let mut service = Service {
            ledger,
            first_ledger: setup.first_ledger,
            close_mode: setup.close_mode,
            limits: setup.limits,
            friendbot_url: setup.friendbot_url.clone(),
            faults,
            allow_impersonation: setup.allow_impersonation,
        };
        // The folder has what happened up to here.
        service.ledger.take_happenings();
        Ok(Self {
            service,
            setup,
            lake,
            follower,
            pool: Pool::start(),
        })
    }

    /// Serves until nobody can ask any more.
    ///
    /// # Errors
    /// What could not be written down; the ledger then ends, so that files never lack
    /// what an answer told of.
    fn run(mut self, inbox: &Receiver<Job>) -> Result<(), String> {
        let interval = Duration::from_millis(self.setup.interval_ms.max(1));
        let mut next_close = Instant::now() + interval;
        loop {
            let job = match self.service.close_mode {
                CloseMode::Transaction | CloseMode::Manual => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
                CloseMode::Interval => inbox.recv_timeout(next_close.saturating_duration_since(Instant::now())),
            };
            let mut answers = Vec::new();
            match job {
                Ok(job) => answers.push(self.handle(job)),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
            // One write to a disk serves all who ask meanwhile.
            while self.follower.is_some() && answers.len() < TOGETHER {
                match inbox.try_recv() {
                    Ok(job) => answers.push(self.handle(job)),
                    Err(_) => break,
                }
            }
            if self.service.close_mode == CloseMode::Interval && Instant::now() >= next_close {
                self.service.ledger.clock.tick(self.setup.interval_ms);
                self.service.ledger.close();
                next_close = Instant::now() + interval;
            }
            self.write_down()?;
            for answer in answers {
                answer();
            }
        }
    }

    fn handle(&mut self, job: Job) -> Answering {
        match job {
            Job::Call(call) => self.answer(call),
            Job::Fund { address, reply } => {
                let answer = friendbot::fund(&mut self.service, &address);
                Box::new(move || drop(reply.send(answer)))
            }
        }
    }

    /// Answers a call, as the fault plan wants it. A simulation is only begun here: others go on
    /// meanwhile.
    fn answer(&mut self, call: Call) -> Answering {
        let service = &mut self.service;
        let fate = service
            .faults
            .decide(&call.method, &call.replica, service.ledger.sequence());
        let reset = if fate.reset { service.reset() } else { Ok(()) };
        let outcome = match reset {
            Err(error) => Err(RpcError::new(INTERNAL, error.to_string())),
            Ok(()) if fate.lost => Err(RpcError::new(INTERNAL, "a planned fault")),
            Ok(()) if call.method == "simulateTransaction" => {
                let (pool, simulation) = (self.pool.clone(), service.ledger.simulation());
                return Box::new(move || {
                    pool.run(move || {
                        let outcome = simulate_transaction(&simulation, &call.params);
                        drop(call.reply.send(Reply::fated(outcome, fate)));
                    });
                });
            }
            Ok(()) => serve(service, &fate, &call),
        };
        Box::new(move || drop(call.reply.send(Reply::fated(outcome, fate))))
    }

    /// Writes down what happened. A folder loses ledgers before the state file goes back, and
    /// gets new ones after it has them, so that it is never ahead.
    fn write_down(&mut self) -> Result<(), String> {
        let happenings = self.service.ledger.take_happenings();
        if let Some(lake) = &mut self.lake {
            for happening in &happenings {
                if let Happening::WentBack(sequence) = happening {
                    lake.rewind(*sequence).map_err(|error| cannot_write(&error))?;
                }
            }
        }
        if let Some(follower) = &mut self.follower {
            follower
                .follow(&mut self.service.ledger, &happenings)
                .map_err(|error| format!("cannot write to the file of --state: {error}"))?;
        }
        if let Some(lake) = &mut self.lake {
            for closed in self.service.ledger.history.range(lake.next(), u32::MAX) {
                lake.write(closed).map_err(|error| cannot_write(&error))?;
            }
        }
        Ok(())
    }
}

fn cannot_write(error: &LakeError) -> String {
    format!("cannot write ledgers to the folder of --lake: {error}")
}

fn open_ledger(setup: &Setup) -> Result<(Ledger, Option<Follower>), SetupError> {
    let saved = setup.state_file.as_deref().filter(|path| is_written(path));
    let identity = setup.identity.clone();
    let (clock, retention, settings) = (setup.clock, setup.retention, &setup.network_settings);
    let mut ledger = match (saved, &setup.from_lake) {
        (Some(path), Some(_)) => return Err(SetupError::new(format!("{} has a ledger already", path.display()))),
        (Some(path), None) => {
            let (ledger, follower) = saved::open(path, identity, clock, retention)?;
            return Ok((ledger, Some(follower)));
        }
        (None, Some(folder)) => {
            let ledgers = Ledgers::open(folder, &identity.passphrase)?;
            let continued = replay::continue_from(identity, clock, retention, settings, ledgers)?;
            for warning in &continued.warnings {
                eprintln!("stellarsettle-devnet: {warning}");
            }
            continued.ledger
        }
        (None, None) => Ledger::new(identity, clock, setup.first_ledger, retention, settings.clone())?,
    };
    let follower = setup
        .state_file
        .as_deref()
        .map(|path| {
            Follower::begin(path, &mut ledger).map_err(|error| SetupError::new(format!("{}: {error}", path.display())))
        })
        .transpose()?;
    Ok((ledger, follower))
}

/// Whether a file is there with something in it.
fn is_written(path: &Path) -> bool {
    path.metadata().is_ok_and(|file| file.len() > 0)
}

/// Carries a call out on the ledger as the caller is to see it.
fn serve(service: &mut Service, fate: &Fate, call: &Call) -> Result<Value, RpcError> {
    // What is sent is sent to the ledger as it is.
    if call.method != "sendTransaction" {
        service.ledger.history.look(fate.view);
    }
    let outcome = service.call(&call.method, &call.params);
    service.ledger.history.look(View::default());
    outcome.map(|mut result| {
        service.faults.disturb(fate, &call.method, &call.params, &mut result);
        result
    })
}

/// Milliseconds since a moment, for the log.
pub fn since_ms(started_ms: u64) -> u64 {
    wall_ms().saturating_sub(started_ms)
}
