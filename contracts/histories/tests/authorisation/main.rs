//! Who must sign what: every exported function in a state in which it succeeds, tried with no signature, with others',
//! with the right one for another call, and with exactly the right ones.
//!
//! Since the same call on the same state succeeds with its signatures, a refusal before that was for want of them, on
//! the wasm too, where the host names a missing signature like a trap.

mod distributor;
mod escrow;
mod scene;
mod token;

use soroban_sdk::testutils::{AuthorizedFunction, AuthorizedInvocation};
use soroban_sdk::{Address, Env, Symbol, Vec as HostVec};
use stellarsettle_histories::exports::{functions, DISTRIBUTOR, ESCROW, TOKEN};
use stellarsettle_histories::platform::Platform;
use stellarsettle_histories::signatures::{invoke, sign, Call};

use scene::{Row, Scene};

fn tree(env: &Env, call: &Call, nested: &[Call]) -> AuthorizedInvocation {
    let function = Symbol::new(env, &call.function);
    AuthorizedInvocation {
        function: AuthorizedFunction::Contract((call.contract.clone(), function, call.arguments.clone())),
        sub_invocations: nested.iter().map(|call| tree(env, call, &[])).collect(),
    }
}

fn refused(p: &Platform, scene: &Scene, signers: &[Address], call: &Call, nested: &[Call], why: &str) {
    sign(&p.env, signers, call, nested);
    let outcome = invoke(&p.env, &scene.call);
    assert!(outcome.is_err(), "{}: accepted {why}", scene.call.function);
    if std::env::var_os("STELLARSETTLE_WASM").is_none() {
        assert_eq!(outcome.unwrap_err(), "Unauthorized", "{}: {why}", scene.call.function);
    }
}

/// What must not be accepted of a scene whose signers are people.
fn tried_by_others(p: &Platform, scene: &Scene) {
    let Scene { call, signers, nested } = scene;
    let stranger = std::slice::from_ref(&p.treasury);
    refused(p, scene, stranger, call, nested, "with a stranger's signature");
    for missing in signers {
        let others: Vec<Address> = signers.iter().filter(|signer| *signer != missing).cloned().collect();
        refused(p, scene, &others, call, nested, "with a signature missing");
    }
    let other = Call {
        arguments: HostVec::new(&p.env),
        function: "another_call".to_string(),
        ..call.clone()
    };
    refused(p, scene, signers, &other, &[], "signed for another function");
    if let Some(transfer) = nested.first() {
        refused(p, scene, signers, call, &[], "without the transfer");
        let mut arguments = transfer.arguments.clone();
        arguments.set(2, scene::amount(&p.env, 1));
        let smaller = Call {
            arguments,
            ..transfer.clone()
        };
        refused(p, scene, signers, call, &[smaller], "with a transfer of another amount");
    }
    let mut arguments = call.arguments.clone();
    if arguments.pop_back().is_some() {
        let other = Call {
            arguments,
            ..call.clone()
        };
        refused(p, scene, signers, &other, nested, "signed for other arguments");
    }
}

fn check(row: &Row) {
    let p = Platform::new();
    let scene = (row.scene)(&p);
    assert_eq!(scene.call.function, row.function);
    if !scene.signers.is_empty() {
        p.env.set_auths(&[]);
        assert!(
            invoke(&p.env, &scene.call).is_err(),
            "{}: accepted unsigned",
            row.function
        );
    }
    let people = !scene.signers.iter().any(|signer| scene::contracts(&p).contains(signer));
    if people && !scene.signers.is_empty() {
        tried_by_others(&p, &scene);
    }
    // The host's own record of what was asked of whom.
    p.env.mock_all_auths();
    let done = invoke(&p.env, &scene.call);
    assert!(done.is_ok(), "{}: {done:?} with every signature", row.function);
    let mut asked: Vec<Address> = p.env.auths().into_iter().map(|(signer, _)| signer).collect();
    asked.sort_by_key(|address| address.to_string().to_string());
    let mut expected = scene.signers.clone();
    expected.sort_by_key(|address| address.to_string().to_string());
    assert_eq!(asked, expected, "{}: who was asked to sign", row.function);
    for (signer, asked) in p.env.auths() {
        assert_eq!(
            asked,
            tree(&p.env, &scene.call, &scene.nested),
            "{}: what {signer:?} signs",
            row.function
        );
    }
    if people {
        let p = Platform::new();
        let scene = (row.scene)(&p);
        sign(&p.env, &scene.signers, &scene.call, &scene.nested);
        let done = invoke(&p.env, &scene.call);
        assert!(done.is_ok(), "{}: {done:?} with exactly its signatures", row.function);
    }
}

#[test]
fn every_function_needs_exactly_its_signatures() {
    for (face, rows) in [
        (ESCROW, escrow::ROWS),
        (DISTRIBUTOR, distributor::ROWS),
        (TOKEN, token::ROWS),
    ] {
        let listed = rows.iter().map(|row| row.function).collect();
        assert_eq!(functions(face), listed, "functions exported, and functions with a row");
        rows.iter().for_each(check);
    }
}
