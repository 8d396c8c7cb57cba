//! An offline Stellar ledger with a stellar-rpc interface, in one process.

mod accounts;
mod clock;
mod cost_model;
mod encoding;
mod faults;
mod flags;
mod friendbot;
mod http;
mod lake;
mod ledger;
mod network;
mod pool;
mod rpc;
mod settings;
#[cfg(test)]
mod testing;
mod transaction;
mod worker;

use clap::Parser;
use clock::Clock;
use faults::Plan;
use flags::Flags;
use network::{Identity, PROTOCOL_VERSION};
use rpc::Limits;
use serde_json::json;
use soroban_env_host::xdr::ConfigSettingEntry;
use std::{
    io::{IsTerminal, Write},
    path::Path,
    process::ExitCode,
    time::Duration,
};
use tokio::{
    net::TcpListener,
    signal::unix::{signal, SignalKind},
};
use worker::{Setup, Worker};

/// Each call of a contract takes a megabyte of memory and gives it back. The system's allocator
/// returns it to the kernel, which then clears it page by page, again and again.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

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
    let identity = Identity::new(&flags.passphrase);
    let (worker, ended) = Worker::start(Setup {
        network_settings,
        identity: identity.clone(),
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
    announce(&url, &friendbot_url, &identity)?;
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

/// Tells where the ledger is: in one line for the program that started it, in words on a terminal.
fn announce(url: &str, friendbot: &str, identity: &Identity) -> Result<(), String> {
    let text = if std::io::stdout().is_terminal() {
        format!(
            "Stellar network, Protocol {PROTOCOL_VERSION}\n\n  rpc         {url}\n  friendbot   {friendbot}?addr=G...\n  \
             passphrase  {}\n  root        {}\n",
            identity.passphrase,
            stellar_strkey::ed25519::PrivateKey(identity.id).to_string(),
        )
    } else {
        let line = json!({
            "rpc": url,
            "friendbot": friendbot,
            "passphrase": identity.passphrase,
            "protocol": PROTOCOL_VERSION,
        });
        line.to_string()
    };
    let mut stdout = std::io::stdout();
    writeln!(stdout, "{text}")
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
