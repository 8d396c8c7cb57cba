//! One event of the platform, decoded by the names of its fields.

use soroban_sdk::xdr::{ContractEvent, ContractEventBody, ScAddress, ScMapEntry, ScVal};
use soroban_sdk::{Address, BytesN, Env, Symbol, TryFromVal, Val};

/// An invoice's id, and everything else of that size.
pub type Id = [u8; 32];

pub struct Event<'a> {
    pub env: &'a Env,
    pub name: String,
    topics: &'a [ScVal],
    data: &'a [ScMapEntry],
}

pub fn decode<T: TryFromVal<Env, Val>>(env: &Env, value: &ScVal) -> T {
    let value = Val::try_from_val(env, value).expect("a value of the host");
    T::try_from_val(env, &value).unwrap_or_else(|_| panic!("a field of another type"))
}

/// Who emitted an event.
pub fn emitter(env: &Env, event: &ContractEvent) -> Address {
    let contract = event.contract_id.clone().expect("a contract's event");
    decode(env, &ScVal::Address(ScAddress::Contract(contract)))
}

impl<'a> Event<'a> {
    /// An event of escrow or distributor, whose data is a map.
    pub fn of(env: &'a Env, event: &'a ContractEvent) -> Event<'a> {
        let ContractEventBody::V0(body) = &event.body;
        let ScVal::Map(Some(data)) = &body.data else {
            panic!("an event of the platform is a map");
        };
        Event {
            env,
            name: decode::<Symbol>(env, &body.topics[0]).to_string(),
            topics: &body.topics,
            data,
        }
    }

    pub fn topic<T: TryFromVal<Env, Val>>(&self, place: usize) -> T {
        decode(self.env, &self.topics[place])
    }

    pub fn field<T: TryFromVal<Env, Val>>(&self, name: &str) -> T {
        self.optional(name)
            .unwrap_or_else(|| panic!("{} without {name}", self.name))
    }

    /// A field that may be absent; one that is there and void is absent, too.
    pub fn optional<T: TryFromVal<Env, Val>>(&self, name: &str) -> Option<T> {
        let named =
            |entry: &&ScMapEntry| matches!(&entry.key, ScVal::Symbol(key) if key.to_utf8_string_lossy() == name);
        let entry = self.data.iter().find(named)?;
        (entry.val != ScVal::Void).then(|| decode(self.env, &entry.val))
    }

    /// The invoice that the event is about.
    pub fn id(&self) -> Id {
        self.topic::<BytesN<32>>(1).to_array()
    }
}
