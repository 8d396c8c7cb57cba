//! Exact signatures: who signs one call, with these arguments, and nothing else; and what a call gives.

use soroban_sdk::testutils::{MockAuth, MockAuthInvoke};
use soroban_sdk::xdr::{ScErrorCode, ScErrorType};
use soroban_sdk::{Address, Env, Error as HostError, InvokeError, Symbol, Val, Vec};
use stellarsettle_shared::Error;

/// A call of a contract's function.
#[derive(Clone)]
pub struct Call {
    pub contract: Address,
    pub function: String,
    pub arguments: Vec<Val>,
}

/// Lets `signers`, and nobody else, sign `call` and the calls that it makes on their behalf.
pub fn sign(env: &Env, signers: &[Address], call: &Call, nested: &[Call]) {
    let nested: std::vec::Vec<MockAuthInvoke> = nested.iter().map(|call| invocation(call, &[])).collect();
    let invocation = invocation(call, &nested);
    let signed: std::vec::Vec<MockAuth> = signers
        .iter()
        .map(|address| MockAuth {
            address,
            invoke: &invocation,
        })
        .collect();
    env.mock_auths(&signed);
}

fn invocation<'a>(call: &'a Call, nested: &'a [MockAuthInvoke<'a>]) -> MockAuthInvoke<'a> {
    MockAuthInvoke {
        contract: &call.contract,
        fn_name: &call.function,
        args: call.arguments.clone(),
        sub_invokes: nested,
    }
}

/// Calls, and gives the value or the name of the refusal.
pub fn invoke(env: &Env, call: &Call) -> Result<Val, String> {
    let function = Symbol::new(env, &call.function);
    match env.try_invoke_contract::<Val, HostError>(&call.contract, &function, call.arguments.clone()) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => panic!("{} returned no value: {error:?}", call.function),
        Err(Ok(error)) => Err(refusal(error)),
        Err(Err(InvokeError::Contract(code))) => Err(refusal(HostError::from_contract_error(code))),
        Err(Err(InvokeError::Abort)) => Err("Abort".to_string()),
    }
}

/// The name of a refusal.
///
/// In this test host a missing signature is an invalid action, which cannot be told from a trap. The scripts played
/// on the local ledger with real signatures tell them apart.
pub fn refusal(error: HostError) -> String {
    let native = error.is_type(ScErrorType::Context) && error.is_code(ScErrorCode::InvalidAction);
    if error.is_type(ScErrorType::Auth) || native {
        return "Unauthorized".to_string();
    }
    if error.is_type(ScErrorType::Contract) {
        if error.get_code() < 100 {
            return "AssetTransferFailed".to_string();
        }
        if let Ok(known) = Error::try_from(error) {
            return format!("{known:?}");
        }
    }
    format!("{error:?}")
}
