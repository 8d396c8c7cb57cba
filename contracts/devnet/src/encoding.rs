//! XDR, base64, hashes and the text form of addresses.

use base64::{engine::general_purpose::STANDARD, Engine};
use sha2::{Digest, Sha256};
use soroban_env_host::xdr::{AccountId, ContractId, Hash, Limits, PublicKey, ReadXdr, Uint256, WriteXdr};

/// How deep and how long a value sent by a client may be.
const CLIENT_LIMITS: Limits = Limits {
    depth: 500,
    len: 1024 * 1024,
};

/// The XDR of a value the ledger made itself. Such values always fit their own
/// type, so a failure can only be an empty answer, never a wrong one.
pub fn xdr<T: WriteXdr>(value: &T) -> Vec<u8> {
    value.to_xdr(Limits::none()).unwrap_or_default()
}

/// The XDR of a value, in base64.
pub fn xdr_base64<T: WriteXdr>(value: &T) -> String {
    STANDARD.encode(xdr(value))
}

/// Base64 of bytes.
pub fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Bytes of standard base64 text; `None` when the text is not base64.
pub fn base64_bytes(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// A value from base64 XDR; `None` when it does not decode or bytes are left over.
pub fn from_xdr_base64<T: ReadXdr>(text: &str) -> Option<T> {
    T::from_xdr(base64_bytes(text)?, CLIENT_LIMITS).ok()
}

/// A value from XDR that the ledger wrote itself; `None` when it does not decode.
pub fn from_own_xdr<T: ReadXdr>(bytes: &[u8]) -> Option<T> {
    T::from_xdr(bytes, Limits::none()).ok()
}

/// SHA-256 of bytes.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// SHA-256 of the XDR of a value.
pub fn xdr_hash<T: WriteXdr>(value: &T) -> Hash {
    Hash(sha256(&xdr(value)))
}

/// The raw ed25519 key of an account.
pub fn account_key(account: &AccountId) -> &[u8; 32] {
    let PublicKey::PublicKeyTypeEd25519(Uint256(key)) = &account.0;
    key
}

/// The account of a raw ed25519 key.
pub fn account_of_key(key: [u8; 32]) -> AccountId {
    AccountId(PublicKey::PublicKeyTypeEd25519(Uint256(key)))
}

/// The `G...` form of an account.
pub fn account_text(account: &AccountId) -> String {
    stellar_strkey::ed25519::PublicKey(*account_key(account)).to_string()
}

/// The account of a `G...` text; `None` when it is no such text.
pub fn account_from_text(text: &str) -> Option<AccountId> {
    stellar_strkey::ed25519::PublicKey::from_string(text)
        .ok()
        .map(|key| account_of_key(key.0))
}

/// The `C...` form of a contract.
pub fn contract_text(contract: &ContractId) -> String {
    stellar_strkey::Contract(contract.0 .0).to_string()
}

/// The contract of a `C...` text; `None` when it is no such text.
pub fn contract_from_text(text: &str) -> Option<ContractId> {
    let contract = stellar_strkey::Contract::from_string(text).ok()?;
    Some(ContractId(Hash(contract.0)))
}
