//! What the tests of several rooms need: keys, transactions, a ledger whose clock stands still.

use crate::{
    clock::{Clock, HeaderTime},
    encoding::account_of_key,
    ledger::{Arrival, Ledger},
    network::{Identity, BASE_FEE},
    transaction::Submission,
};
use ed25519_dalek::{Signer, SigningKey};
use soroban_env_host::xdr::{
    AccountId, Asset, CreateAccountOp, DecoratedSignature, FeeBumpTransaction, FeeBumpTransactionEnvelope,
    FeeBumpTransactionExt, FeeBumpTransactionInnerTx, Memo, MuxedAccount, Operation, OperationBody, PaymentOp,
    Preconditions, SequenceNumber, Signature, SignatureHint, Transaction, TransactionEnvelope, TransactionExt,
    TransactionResult, TransactionV1Envelope, Uint256,
};

pub const PASSPHRASE: &str = "Standalone Network ; February 2017";
/// The close time tests start at, in Unix milliseconds.
pub const START_MS: u64 = 1_800_000_000_000;

/// A ledger of its own that nothing but the test moves.
pub fn ledger(header: HeaderTime) -> Ledger {
    let clock = Clock::new(Some(START_MS), header);
    Ledger::new(Identity::new(PASSPHRASE), clock, 2, 1_000, Vec::new()).unwrap()
}

/// A key that is always the same for a number.
pub fn key(number: u8) -> SigningKey {
    SigningKey::from_bytes(&[number; 32])
}

/// The account of a key.
pub fn account(key: &SigningKey) -> AccountId {
    account_of_key(key.verifying_key().to_bytes())
}

/// A signature over a transaction hash.
pub fn signature(key: &SigningKey, hash: &[u8; 32]) -> DecoratedSignature {
    let [.., a, b, c, d] = key.verifying_key().to_bytes();
    DecoratedSignature {
        hint: SignatureHint([a, b, c, d]),
        signature: Signature(key.sign(hash).to_bytes().to_vec().try_into().unwrap()),
    }
}

/// A transaction of a source with this sequence number, not signed yet.
pub fn transaction(source: &SigningKey, number: i64, operations: Vec<OperationBody>) -> Transaction {
    let operations: Vec<Operation> = operations
        .into_iter()
        .map(|body| Operation {
            source_account: None,
            body,
        })
        .collect();
    Transaction {
        source_account: MuxedAccount::Ed25519(Uint256(source.verifying_key().to_bytes())),
        fee: BASE_FEE * u32::try_from(operations.len()).unwrap(),
        seq_num: SequenceNumber(number),
        cond: Preconditions::None,
        memo: Memo::None,
        operations: operations.try_into().unwrap(),
        ext: TransactionExt::V0,
    }
}

/// The envelope of a transaction signed by these keys.
pub fn signed(transaction: Transaction, signers: &[&SigningKey]) -> TransactionV1Envelope {
    let network = Identity::new(PASSPHRASE).id;
    let mut envelope = TransactionV1Envelope {
        tx: transaction,
        signatures: Default::default(),
    };
    let hash = TransactionEnvelope::Tx(envelope.clone()).hash(network).unwrap();
    let signatures: Vec<_> = signers.iter().map(|key| signature(key, &hash)).collect();
    envelope.signatures = signatures.try_into().unwrap();
    envelope
}

/// The same as it would arrive.
pub fn submission(transaction: Transaction, signers: &[&SigningKey]) -> Submission {
    let envelope = TransactionEnvelope::Tx(signed(transaction, signers));
    Submission::new(envelope, Identity::new(PASSPHRASE).id).unwrap()
}

/// A signed transaction in a fee bump of this fee in stroops.
pub fn fee_bump(inner: TransactionV1Envelope, sponsor: &SigningKey, fee: i64) -> Submission {
    let network = Identity::new(PASSPHRASE).id;
    let mut outer = FeeBumpTransactionEnvelope {
        tx: FeeBumpTransaction {
            fee_source: MuxedAccount::Ed25519(Uint256(sponsor.verifying_key().to_bytes())),
            fee,
            inner_tx: FeeBumpTransactionInnerTx::Tx(inner),
            ext: FeeBumpTransactionExt::V0,
        },
        signatures: Default::default(),
    };
    let hash = TransactionEnvelope::TxFeeBump(outer.clone()).hash(network).unwrap();
    outer.signatures = vec![signature(sponsor, &hash)].try_into().unwrap();
    Submission::new(TransactionEnvelope::TxFeeBump(outer), network).unwrap()
}

/// A payment of lumens, in stroops.
pub fn payment(to: &SigningKey, amount: i64) -> OperationBody {
    OperationBody::Payment(PaymentOp {
        destination: account(to).into(),
        asset: Asset::Native,
        amount,
    })
}

/// Sends a transaction that must be accepted, closes, and gives its result.
pub fn run(ledger: &mut Ledger, submission: Submission) -> TransactionResult {
    let hash = submission.hash;
    assert!(matches!(ledger.submit(submission), Arrival::Pending));
    ledger.close();
    let (closed, _, record) = ledger.history.transaction(&hash).unwrap();
    closed.result(record).unwrap().result.result
}

/// The next sequence number of an account.
pub fn next_number(ledger: &Ledger, key: &SigningKey) -> i64 {
    ledger.account_sequence(&account(key)).unwrap() + 1
}

/// Creates accounts with this balance in stroops, paid by the root account.
pub fn create(ledger: &mut Ledger, keys: &[&SigningKey], starting_balance: i64) {
    let root = ledger.identity.root_key();
    let operations = keys
        .iter()
        .map(|key| {
            OperationBody::CreateAccount(CreateAccountOp {
                destination: account(key),
                starting_balance,
            })
        })
        .collect();
    let number = next_number(ledger, &root);
    run(ledger, submission(transaction(&root, number, operations), &[&root]));
}
