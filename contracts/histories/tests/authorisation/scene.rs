//! A state of the platform in which one call succeeds, and the signatures that it needs.

use invoice_escrow::Terms;
use soroban_sdk::{Address, BytesN, Env, IntoVal, Val, Vec as HostVec};
use stellarsettle_histories::platform::{Platform, DAY};
use stellarsettle_histories::signatures::Call;

/// An exported function.
pub struct Row {
    pub function: &'static str,
    pub scene: fn(&Platform) -> Scene,
}

/// A row of a table.
pub const fn row(function: &'static str, scene: fn(&Platform) -> Scene) -> Row {
    Row { function, scene }
}

/// A call that succeeds now, if these sign it and the calls it makes on their behalf.
pub struct Scene {
    pub call: Call,
    pub signers: Vec<Address>,
    pub nested: Vec<Call>,
}

/// A scene on a contract.
pub fn on(
    p: &Platform,
    contract: &Address,
    function: &str,
    arguments: impl IntoVal<Env, HostVec<Val>>,
    signers: &[&Address],
) -> Scene {
    Scene {
        call: Call {
            contract: contract.clone(),
            function: function.to_string(),
            arguments: arguments.into_val(&p.env),
        },
        signers: signers.iter().map(|signer| (*signer).clone()).collect(),
        nested: Vec::new(),
    }
}

impl Scene {
    /// With a transfer of the asset on the signer's behalf.
    pub fn moving(mut self, p: &Platform, from: &Address, to: &Address, units: i128) -> Scene {
        self.nested.push(Call {
            contract: p.asset.clone(),
            function: "transfer".to_string(),
            arguments: (from, to, units).into_val(&p.env),
        });
        self
    }
}

/// The platform's contracts, which act without a signature where they are the caller.
pub fn contracts(p: &Platform) -> Vec<Address> {
    let token = p.escrow.token_address(&id(p, 0));
    vec![p.escrow.address.clone(), p.distributor.address.clone(), token]
}

/// The id of the seller's listing of the usual terms.
pub fn id(p: &Platform, attempt: u32) -> BytesN<32> {
    use sha2::{Digest, Sha256};
    use soroban_sdk::xdr::ToXdr;
    let mut hash = Sha256::new();
    hash.update(p.bytes(1).to_array());
    hash.update(p.seller.clone().to_xdr(&p.env).iter().collect::<Vec<u8>>());
    hash.update(attempt.to_be_bytes());
    BytesN::from_array(&p.env, &hash.finalize().into())
}

pub fn amount(env: &Env, units: i128) -> Val {
    units.into_val(env)
}

/// Listed and approved.
pub fn approved(p: &Platform) -> BytesN<32> {
    let id = p.escrow.create_escrow(&p.seller, &p.terms(), &0);
    p.escrow.approve(&p.verifier, &id);
    id
}

/// Raised and withdrawn.
pub fn refunding(p: &Platform) -> BytesN<32> {
    let id = p.funded(&p.terms());
    p.escrow.cancel(&p.seller, &id);
    id
}

/// Released and paid.
pub fn settled(p: &Platform) -> BytesN<32> {
    let id = p.active(&p.terms());
    p.pay(&id, 1_000_000);
    id
}

/// Released and in default for as long as recovery takes.
pub fn lost(p: &Platform) -> BytesN<32> {
    let id = p.active(&p.terms());
    p.pass(DAY * 200);
    p.escrow.mark_default(&id);
    id
}

/// Open with the least that closes.
pub fn raised(p: &Platform, terms: &Terms) -> BytesN<32> {
    let id = p.open(terms);
    p.escrow.fund_escrow(&p.investors[0], &id, &terms.min_raise);
    id
}
