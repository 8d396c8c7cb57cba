//! The contracts' code: native for speed and line numbers, or the wasm that is deployed.

use std::path::{Path, PathBuf};

use invoice_escrow::{InvoiceEscrow, Params};
use invoice_token::InvoiceToken;
use payment_distributor::PaymentDistributor;
use soroban_sdk::{Address, Bytes, BytesN, Env};

/// Where the code comes from.
pub enum Code {
    Native,
    /// The folder that holds `invoice_escrow.wasm` and the others.
    Wasm(PathBuf),
}

impl Code {
    /// Wasm if `STELLARSETTLE_WASM` names a folder, else native.
    pub fn from_environment() -> Code {
        std::env::var_os("STELLARSETTLE_WASM").map_or(Code::Native, |folder| Code::Wasm(folder.into()))
    }

    /// Installs the code of a token and returns its hash.
    pub fn install_token(&self, env: &Env) -> BytesN<32> {
        match self {
            Code::Native => env.upload(InvoiceToken),
            Code::Wasm(folder) => install(env, folder, "invoice_token"),
        }
    }

    /// Installs the code of an escrow and returns its hash.
    pub fn install_escrow(&self, env: &Env) -> BytesN<32> {
        match self {
            Code::Native => env.upload(InvoiceEscrow),
            Code::Wasm(folder) => install(env, folder, "invoice_escrow"),
        }
    }

    /// Installs the code of a distributor and returns its hash.
    pub fn install_distributor(&self, env: &Env) -> BytesN<32> {
        match self {
            Code::Native => env.upload(PaymentDistributor),
            Code::Wasm(folder) => install(env, folder, "payment_distributor"),
        }
    }

    /// Deploys an escrow to an address that its distributor may know already.
    pub fn deploy_escrow(&self, env: &Env, at: &Address, arguments: (Address, Address, BytesN<32>, Params)) {
        match self {
            Code::Native => env.register_at(at, InvoiceEscrow, arguments),
            Code::Wasm(folder) => env.register_at(at, read(folder, "invoice_escrow").as_slice(), arguments),
        };
    }

    /// Deploys a distributor to an address that its escrow may know already.
    pub fn deploy_distributor(&self, env: &Env, at: &Address, arguments: (Address, Address, Address)) {
        match self {
            Code::Native => env.register_at(at, PaymentDistributor, arguments),
            Code::Wasm(folder) => env.register_at(at, read(folder, "payment_distributor").as_slice(), arguments),
        };
    }
}

fn install(env: &Env, folder: &Path, name: &str) -> BytesN<32> {
    env.deployer()
        .upload_contract_wasm(Bytes::from_slice(env, &read(folder, name)))
}

fn read(folder: &Path, name: &str) -> Vec<u8> {
    let path = folder.join(name).with_extension("wasm");
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}; build the wasm first", path.display()))
}
