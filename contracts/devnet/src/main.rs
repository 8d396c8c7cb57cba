//! An offline Stellar ledger with a stellar-rpc interface, in one process.

mod accounts;
mod clock;
mod cost_model;
mod encoding;
mod faults;
mod friendbot;
mod http;
mod lake;
mod ledger;
mod network;
mod rpc;
mod settings;
#[cfg(test)]
mod testing;
mod transaction;
mod worker;

use clap::Parser;
use clock::{Clock, HeaderTime};
use faults::Plan;
use network::{Identity, PROTOCOL_VERSION};
use rpc::{CloseMode, Limits};
use serde_json::json;
use soroban_env_host::xdr::ConfigSettingEntry;
use std::{
    io::Write,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};
use tokio::{
    net::TcpListener,
    signal::unix::{signal, SignalKind},
};
use worker::{Setup, Worker};

/// An offline Stellar ledger with a stellar-rpc interface.
#[derive(Parser)]
#[command(version, about)]
struct Flags {
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Network passphrase.
    #[arg(long, default_value = "Standalone Network ; February 2017")]
    passphrase: String,
    /// When ledgers close.
    #[arg(long, value_enum, default_value_t = CloseMode::Transaction)]
    close: CloseMode,
    /// Milliseconds between ledgers with --close interval.
    #[arg(long, default_value_t = 1_000)]
    interval_ms: u64,
    /// How headers write the close time.
    #[arg(long, value_enum, default_value_t = HeaderTime::Ms)]
    header: HeaderTime,
    /// Unix seconds to start at. The clock then stands still between closes,
    /// so that the same transactions give the same hashes.
    #[arg(long)]
    start_time: Option<u64>,
    /// Number of the first ledger that closes.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(2..))]
    first_ledger: u32,
    /// Ledgers that are kept.
    #[arg(long, default_value_t = 120_960)]
    retention: u32,
    /// Ledgers one getEvents request looks through.
    #[arg(long, default_value_t = 10_000)]
    scan_limit: u32,
    /// Most events on a page of getEvents.
    #[arg(long, default_value_t = 10_000)]
    page_limit: u64,
    /// File with config settings in the place of mainnet's: a JSON list of the
    /// entries' base64 XDR as getLedgerEntries gives it.
    #[arg(long)]
    settings: Option<PathBuf>,
    /// File that holds the ledger: opened if it is there, and written before each answer,
    /// so that nothing is lost however the process ends.
    #[arg(long)]
    state: Option<PathBuf>,
    /// Folder to write closed ledgers to, as SEP-54 lays them out.
    #[arg(long)]
    lake: Option<PathBuf>,
    /// Folder of closed ledgers (SEP-54) to go on from; may be that of --lake.
    #[arg(long)]
    from_lake: Option<PathBuf>,
    /// File with a fault plan (JSON) to begin with.
    #[arg(long)]
    faults: Option<PathBuf>,
    /// Let dev_impersonate sign for anybody.
    #[arg(long)]
    allow_impersonation: bool,
    /// Exit when the process with this id is gone.
    #[arg(long)]
    parent_pid: Option<u32>,
    /// Write each call to stderr.
    #[arg(long)]
    log: bool,
}

/// Most ledgers or transactions on a page.
const LEDGERS_PAGE: u64 = 200;
/// How often the parent process is looked for.
const PARENT_CHECK: Duration = Duration::from_millis(500);

fn main() -> ExitCode {
    let flags = Flags::parse();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let outcome = runtime.map_err(|error| error.to_string()).and_then(|runtime| {
        let outcome = runtime.block_on(run(flags));
        // Connections that are still open do not hold up the end.
        runtime.shutdown_background();
        outcome
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("stellarsettle-devnet: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(flags: Flags) -> Result<(), String> {
    let listener = TcpListener::bind(flags.listen)
        .await
        .map_err(|error| format!("cannot listen on {}: {error}", flags.listen))?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let url = format!("http://{address}");
    let friendbot_url = format!("{url}/friendbot");
    let network_settings = read_settings(flags.settings.as_deref())?;
    let (worker, ended) = Worker::start(Setup {
        network_settings,
        identity: Identity::new(&flags.passphrase),
        clock: Clock::new(
            flags.start_time.map(|seconds| seconds.saturating_mul(1_000)),
            flags.header,
        ),
        first_ledger: flags.first_ledger,
        retention: flags.retention,
        close_mode: flags.close,
        interval_ms: flags.interval_ms,
        limits: Limits {
            scan: flags.scan_limit.max(1),
            events_page: flags.page_limit.max(1),
            page: LEDGERS_PAGE,
        },
        friendbot_url: friendbot_url.clone(),
        state_file: flags.state,
        lake: flags.lake,
        from_lake: flags.from_lake,
        faults: read_faults(flags.faults.as_deref())?,
        allow_impersonation: flags.allow_impersonation,
    })?;
    announce(&json!({
        "rpc": url,
        "friendbot": friendbot_url,
        "passphrase": flags.passphrase,
        "protocol": PROTOCOL_VERSION,
    }))?;
    let site = http::Site { worker, log: flags.log };
    let stopped = tokio::select! {
        served = axum::serve(listener, http::router(site)) => {
            served.map_err(|error| error.to_string())
        }
        stopped = stop_signal() => stopped,
        () = parent_gone(flags.parent_pid) => Ok(()),
        ended = ended => return Err(ended.unwrap_or_else(|_| "the ledger has stopped".to_owned())),
    };
    stopped
}

fn read_settings(path: Option<&Path>) -> Result<Vec<ConfigSettingEntry>, String> {
    let Some(path) = path else {
        return Ok(Vec::new());
    };
    std::fs::read_to_string(path)
        .map_err(|error| error.to_string())
        .and_then(|text| settings::parse(&text))
        .map_err(|error| format!("cannot use the settings in {}: {error}", path.display()))
}

fn read_faults(path: Option<&Path>) -> Result<Plan, String> {
    let Some(path) = path else {
        return Ok(Plan::default());
    };
    std::fs::read(path)
        .map_err(|error| error.to_string())
        .and_then(|bytes| serde_json::from_slice(&bytes).map_err(|error| error.to_string()))
        .and_then(|plan| Plan::read(&plan))
        .map_err(|error| format!("cannot use the fault plan in {}: {error}", path.display()))
}

/// Tells where the ledger is, in one line for the program that started it.
fn announce(line: &serde_json::Value) -> Result<(), String> {
    let mut stdout = std::io::stdout();
    writeln!(stdout, "{line}")
        .and_then(|()| stdout.flush())
        .map_err(|error| format!("cannot write to stdout: {error}"))
}

async fn stop_signal() -> Result<(), String> {
    let listen = |kind| signal(kind).map_err(|error| error.to_string());
    let mut terminate = listen(SignalKind::terminate())?;
    let mut interrupt = listen(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// Ends when the process with this id is gone; without one, never.
async fn parent_gone(process: Option<u32>) {
    let Some(process) = process else {
        return std::future::pending().await;
    };
    let path = format!("/proc/{process}");
    while Path::new(&path).exists() {
        tokio::time::sleep(PARENT_CHECK).await;
    }
}
