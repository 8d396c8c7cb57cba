//! Envelope signatures against account signers and thresholds.

use crate::encoding::{account_key, sha256};
use ed25519_dalek::{Signature, VerifyingKey};
use soroban_env_host::xdr::{AccountEntry, AccountId, DecoratedSignature, OperationBody, Signer, SignerKey, Uint256};
use std::collections::BTreeSet;

/// How much weight something asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    Low,
    Medium,
    High,
}

/// Checks signatures of one envelope and remembers which of them were needed.
pub struct SignatureChecker<'a> {
    hash: [u8; 32],
    signatures: &'a [DecoratedSignature],
    used: Vec<bool>,
    /// Accounts whose signatures nobody asks for.
    impersonated: Option<&'a BTreeSet<AccountId>>,
}

impl<'a> SignatureChecker<'a> {
    /// A checker for the signatures under a transaction hash.
    pub fn new(hash: [u8; 32], signatures: &'a [DecoratedSignature]) -> Self {
        Self {
            hash,
            signatures,
            used: vec![false; signatures.len()],
            impersonated: None,
        }
    }

    /// The same, but these accounts need not have signed; then no signature is one too many.
    pub fn without(mut self, impersonated: &'a BTreeSet<AccountId>) -> Self {
        self.impersonated = Some(impersonated).filter(|accounts| !accounts.is_empty());
        self
    }

    fn is_impersonated(&self, account: &AccountId) -> bool {
        self.impersonated.is_some_and(|accounts| accounts.contains(account))
    }

    /// Whether the account's signers reach the weight of a level.
    pub fn check_account(&mut self, account: &AccountEntry, level: Level) -> bool {
        if self.is_impersonated(&account.account_id) {
            return true;
        }
        let [master, low, medium, high] = account.thresholds.0;
        let mut signers = account.signers.to_vec();
        if master > 0 {
            signers.push(master_signer(&account.account_id, u32::from(master)));
        }
        let needed = match level {
            Level::Low => low,
            Level::Medium => medium,
            Level::High => high,
        };
        self.check(signers, u32::from(needed))
    }

    /// Whether the key of an account that does not exist has signed.
    pub fn check_missing_account(&mut self, account: &AccountId) -> bool {
        self.check(vec![master_signer(account, 1)], 0)
    }

    /// Whether a signer named by the transaction itself has signed.
    pub fn check_extra_signer(&mut self, key: &SignerKey) -> bool {
        let signer = Signer {
            key: key.clone(),
            weight: 1,
        };
        self.check(vec![signer], 1)
    }

    /// Whether every signature was needed by some check.
    pub fn all_used(&self) -> bool {
        self.impersonated.is_some() || self.used.iter().all(|used| *used)
    }

    /// Adds up weights in core's order: pre-authorised hash, hash preimages, keys, payloads.
    fn check(&mut self, signers: Vec<Signer>, needed: u32) -> bool {
        let mut total = 0;
        let pre_authorised = SignerKey::PreAuthTx(Uint256(self.hash));
        if let Some(signer) = signers.iter().find(|signer| signer.key == pre_authorised) {
            total += signer.weight.min(255);
            if total >= needed {
                return true;
            }
        }
        let kinds: [fn(&SignerKey) -> bool; 3] = [
            |key| matches!(key, SignerKey::HashX(_)),
            |key| matches!(key, SignerKey::Ed25519(_)),
            |key| matches!(key, SignerKey::Ed25519SignedPayload(_)),
        ];
        for is_kind in kinds {
            let mut left: Vec<&Signer> = signers.iter().filter(|s| is_kind(&s.key)).collect();
            for (index, signature) in self.signatures.iter().enumerate() {
                let found = left.iter().position(|signer| signs(&signer.key, signature, &self.hash));
                let Some(found) = found else { continue };
                total += left.remove(found).weight.min(255);
                if let Some(used) = self.used.get_mut(index) {
                    *used = true;
                }
                if total >= needed {
                    return true;
                }
            }
        }
        false
    }
}

/// The level an operation asks for.
pub fn operation_level(body: &OperationBody) -> Level {
    match body {
        OperationBody::AllowTrust(_)
        | OperationBody::SetTrustLineFlags(_)
        | OperationBody::BumpSequence(_)
        | OperationBody::ClaimClaimableBalance(_)
        | OperationBody::Inflation
        | OperationBody::ExtendFootprintTtl(_)
        | OperationBody::RestoreFootprint(_) => Level::Low,
        OperationBody::AccountMerge(_) => Level::High,
        OperationBody::SetOptions(options)
            if options.master_weight.is_some()
                || options.low_threshold.is_some()
                || options.med_threshold.is_some()
                || options.high_threshold.is_some()
                || options.signer.is_some() =>
        {
            Level::High
        }
        _ => Level::Medium,
    }
}

/// Whether a signer signs a payload of no bytes, which is no signer to be.
pub fn signs_nothing(key: &SignerKey) -> bool {
    matches!(key, SignerKey::Ed25519SignedPayload(signed) if signed.payload.is_empty())
}

fn master_signer(account: &AccountId, weight: u32) -> Signer {
    Signer {
        key: SignerKey::Ed25519(Uint256(*account_key(account))),
        weight,
    }
}

fn signs(key: &SignerKey, signature: &DecoratedSignature, hash: &[u8; 32]) -> bool {
    match key {
        SignerKey::Ed25519(public) => hint_of(&public.0) == signature.hint.0 && verifies(&public.0, hash, signature),
        SignerKey::HashX(expected) => {
            hint_of(&expected.0) == signature.hint.0 && sha256(signature.signature.0.as_slice()) == expected.0
        }
        SignerKey::Ed25519SignedPayload(payload) => {
            let text = payload.payload.as_slice();
            payload_hint(&payload.ed25519.0, text) == signature.hint.0 && verifies(&payload.ed25519.0, text, signature)
        }
        SignerKey::PreAuthTx(_) => false,
    }
}

fn verifies(public: &[u8; 32], message: &[u8], signature: &DecoratedSignature) -> bool {
    let Ok(key) = VerifyingKey::from_bytes(public) else {
        return false;
    };
    Signature::from_slice(signature.signature.0.as_slice())
        .is_ok_and(|signature| key.verify_strict(message, &signature).is_ok())
}

fn hint_of(key: &[u8; 32]) -> [u8; 4] {
    let [.., a, b, c, d] = *key;
    [a, b, c, d]
}

/// The hint of a signed payload: the key's hint XOR the last four payload bytes.
fn payload_hint(key: &[u8; 32], payload: &[u8]) -> [u8; 4] {
    let mut hint = hint_of(key);
    let tail = payload.len().saturating_sub(4);
    for (target, byte) in hint.iter_mut().zip(payload.iter().skip(tail)) {
        *target ^= byte;
    }
    hint
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        accounts::new_account,
        testing::{account, key, signature},
    };
    use soroban_env_host::xdr::{SignatureHint, SignerKeyEd25519SignedPayload, Thresholds};

    const HASH: [u8; 32] = [9; 32];

    fn owner(signers: Vec<(SignerKey, u32)>, thresholds: [u8; 4]) -> AccountEntry {
        let mut entry = new_account(account(&key(1)), 0, 1);
        let signers: Vec<Signer> = signers
            .into_iter()
            .map(|(key, weight)| Signer { key, weight })
            .collect();
        entry.signers = signers.try_into().unwrap();
        entry.thresholds = Thresholds(thresholds);
        entry
    }

    fn public(number: u8) -> SignerKey {
        SignerKey::Ed25519(Uint256(key(number).verifying_key().to_bytes()))
    }

    #[test]
    fn a_threshold_of_zero_still_wants_a_signature() {
        let entry = owner(vec![], [1, 0, 0, 0]);
        assert!(!SignatureChecker::new(HASH, &[]).check_account(&entry, Level::High));
        let own = [signature(&key(1), &HASH)];
        assert!(SignatureChecker::new(HASH, &own).check_account(&entry, Level::High));
    }

    #[test]
    fn weights_add_up_and_a_key_counts_once() {
        let entry = owner(vec![(public(2), 2), (public(3), 3)], [1, 1, 5, 6]);
        let sign = |numbers: &[u8]| -> Vec<DecoratedSignature> {
            numbers.iter().map(|number| signature(&key(*number), &HASH)).collect()
        };
        let reaches = |numbers: &[u8], level| {
            let signatures = sign(numbers);
            SignatureChecker::new(HASH, &signatures).check_account(&entry, level)
        };
        assert!(reaches(&[2, 3], Level::Medium));
        assert!(!reaches(&[2, 3], Level::High));
        assert!(reaches(&[1, 2, 3], Level::High));
        assert!(!reaches(&[3, 3], Level::High));
        assert!(!reaches(&[4], Level::Low));
    }

    #[test]
    fn a_master_key_of_weight_zero_signs_nothing() {
        let entry = owner(vec![(public(2), 1)], [0, 0, 0, 0]);
        let own = [signature(&key(1), &HASH)];
        assert!(!SignatureChecker::new(HASH, &own).check_account(&entry, Level::Low));
    }

    #[test]
    fn preimages_and_named_hashes_sign_too() {
        let secret = b"a preimage".to_vec();
        let hash = sha256(&secret);
        let [.., a, b, c, d] = hash;
        let preimage = [DecoratedSignature {
            hint: SignatureHint([a, b, c, d]),
            signature: soroban_env_host::xdr::Signature(secret.try_into().unwrap()),
        }];
        let by_preimage = owner(vec![(SignerKey::HashX(Uint256(hash)), 1)], [0, 1, 1, 1]);
        assert!(SignatureChecker::new(HASH, &preimage).check_account(&by_preimage, Level::High));
        let by_hash = owner(vec![(SignerKey::PreAuthTx(Uint256(HASH)), 1)], [0, 1, 1, 1]);
        assert!(SignatureChecker::new(HASH, &[]).check_account(&by_hash, Level::High));
        assert!(!SignatureChecker::new([8; 32], &[]).check_account(&by_hash, Level::Low));
    }

    #[test]
    fn a_payload_is_signed_in_the_place_of_the_transaction() {
        use ed25519_dalek::Signer as _;
        let public = key(2).verifying_key().to_bytes();
        for payload in [&b"ab"[..], b"a longer payload"] {
            let signer = SignerKey::Ed25519SignedPayload(SignerKeyEd25519SignedPayload {
                ed25519: Uint256(public),
                payload: payload.to_vec().try_into().unwrap(),
            });
            assert!(!signs_nothing(&signer));
            let entry = owner(vec![(signer, 1)], [0, 1, 1, 1]);
            let over = |message: &[u8]| DecoratedSignature {
                hint: SignatureHint(payload_hint(&public, payload)),
                signature: soroban_env_host::xdr::Signature(
                    key(2).sign(message).to_bytes().to_vec().try_into().unwrap(),
                ),
            };
            let signs = |signature| SignatureChecker::new(HASH, &[signature]).check_account(&entry, Level::High);
            assert!(signs(over(payload)));
            assert!(!signs(over(&HASH)));
        }
    }

    #[test]
    fn a_signature_nobody_needed_is_noticed() {
        let entry = owner(vec![], [1, 0, 0, 0]);
        let two = [signature(&key(1), &HASH), signature(&key(2), &HASH)];
        let mut checker = SignatureChecker::new(HASH, &two);
        assert!(checker.check_account(&entry, Level::Low));
        assert!(!checker.all_used());
    }
}
