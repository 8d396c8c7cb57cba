//! Exact signatures: who signs one call, with these arguments, and nothing else.

use soroban_sdk::testutils::{MockAuth, MockAuthInvoke};
use soroban_sdk::{Address, Env, Val, Vec};

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
