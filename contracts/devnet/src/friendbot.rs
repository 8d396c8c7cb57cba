//! `/friendbot?addr=G...`: a new account with 10,000 XLM from the root account.

use crate::{
    encoding::{account_from_text, account_of_key, xdr_base64},
    ledger::{Arrival, Ledger},
    network::BASE_FEE,
    rpc::Service,
    transaction::Submission,
};
use ed25519_dalek::Signer;
use serde_json::{json, Value};
use soroban_env_host::xdr::{
    AccountId, CreateAccountOp, DecoratedSignature, Memo, MuxedAccount, Operation, OperationBody, Preconditions,
    SequenceNumber, Signature, SignatureHint, Transaction, TransactionEnvelope, TransactionExt, TransactionV1Envelope,
    Uint256,
};

/// What an account gets, in stroops.
const STARTING_BALANCE: i64 = 100_000_000_000;

/// The answer: an HTTP status and its body.
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

/// Creates the account, or says why not.
pub fn fund(service: &mut Service, address: &str) -> Answer {
    let Some(account) = account_from_text(address) else {
        return problem("The address is not an account. Use one that starts with G.");
    };
    if service.ledger.account_exists(&account) {
        return problem("account already funded to starting balance");
    }
    let operation = OperationBody::CreateAccount(CreateAccountOp {
        destination: account,
        starting_balance: STARTING_BALANCE,
    });
    let Some(submission) = from_root(&service.ledger, None, operation) else {
        return problem("The root account is gone.");
    };
    let text = xdr_base64(&submission.envelope);
    let hash = hex::encode(submission.hash);
    match service.ledger.submit(submission) {
        // Friendbot answers when the account is there, so an interval is cut short.
        Arrival::Pending => service.ledger.close(),
        _ => return problem("Friendbot is busy. Ask again after the next ledger."),
    }
    Answer {
        status: 200,
        body: json!({
            "successful": true,
            "hash": hash,
            "ledger": service.ledger.sequence(),
            "envelope_xdr": text,
        }),
    }
}

fn problem(detail: &str) -> Answer {
    Answer {
        status: 400,
        body: json!({
            "type": "https://stellar.org/horizon-errors/bad_request",
            "title": "Bad Request",
            "status": 400,
            "detail": detail,
        }),
    }
}

/// An operation in a transaction that the root account pays for and signs; for another
/// account if one is given, which then must be impersonated.
pub fn from_root(ledger: &Ledger, source: Option<AccountId>, body: OperationBody) -> Option<Submission> {
    let key = ledger.identity.root_key();
    let public = key.verifying_key().to_bytes();
    let sequence = ledger.account_sequence(&account_of_key(public))?;
    let operation = Operation {
        source_account: source.map(MuxedAccount::from),
        body,
    };
    let transaction = Transaction {
        source_account: MuxedAccount::Ed25519(Uint256(public)),
        fee: BASE_FEE,
        seq_num: SequenceNumber(sequence.checked_add(1)?),
        cond: Preconditions::None,
        memo: Memo::None,
        operations: vec![operation].try_into().ok()?,
        ext: TransactionExt::V0,
    };
    let unsigned = TransactionEnvelope::Tx(TransactionV1Envelope {
        tx: transaction.clone(),
        signatures: Default::default(),
    });
    let hash = unsigned.hash(ledger.identity.id).ok()?;
    let [.., a, b, c, d] = public;
    let signature = DecoratedSignature {
        hint: SignatureHint([a, b, c, d]),
        signature: Signature(key.sign(&hash).to_bytes().to_vec().try_into().ok()?),
    };
    let signed = TransactionEnvelope::Tx(TransactionV1Envelope {
        tx: transaction,
        signatures: vec![signature].try_into().ok()?,
    });
    Submission::new(signed, ledger.identity.id)
}
