//! The interpreter that Soroban's host runs contracts in, with a memory for what it has parsed.
//!
//! A host that records (as simulations do) parses a contract's code anew at each call of the
//! contract, at no charge, so as to be charged like a host with a cache of modules. Within
//! [`ParsedModules::during`] such a host gets the module that was parsed before: the same result of
//! the same bytes, sooner. Whatever else there is comes from `soroban-wasmi` itself.

pub use wasmi::*;

use std::{
    cell::RefCell,
    collections::BTreeMap,
    ops::Deref,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// How many different codes are remembered.
const CODES: usize = 128;

thread_local! {
    static PRESENT: RefCell<Option<ParsedModules>> = const { RefCell::new(None) };
}

/// Modules that were parsed and are not in use, by their code. A module is handed out to one
/// caller at a time: linking writes to its engine, which waits until nothing runs in there.
#[derive(Clone, Default)]
pub struct ParsedModules(Arc<Mutex<Idle>>);

type Idle = BTreeMap<Arc<[u8]>, Vec<Arc<wasmi::Module>>>;

impl ParsedModules {
    /// Does some work whose modules are remembered: each must be made in an engine of its own.
    pub fn during<T>(&self, work: impl FnOnce() -> T) -> T {
        let before = PRESENT.replace(Some(self.clone()));
        let _restored = Restored(before);
        work()
    }

    fn take(&self, code: &[u8]) -> Option<(Arc<wasmi::Module>, Arc<[u8]>)> {
        let mut idle = self.idle();
        let code = idle.get_key_value(code).map(|(code, _)| code.clone())?;
        let module = idle.get_mut(&code)?.pop()?;
        Some((module, code))
    }

    fn give_back(&self, code: &Arc<[u8]>, module: Arc<wasmi::Module>) {
        let mut idle = self.idle();
        if idle.len() >= CODES && !idle.contains_key(code) {
            idle.clear();
        }
        idle.entry(code.clone()).or_default().push(module);
    }

    fn idle(&self) -> MutexGuard<'_, Idle> {
        // A list of modules is whole at any moment.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Brings back what was present before, however the work ends.
struct Restored(Option<ParsedModules>);

impl Drop for Restored {
    fn drop(&mut self) {
        PRESENT.set(self.0.take());
    }
}

/// A parsed module; it goes back to the memory it belongs to.
pub struct Module {
    parsed: Arc<wasmi::Module>,
    home: Option<(ParsedModules, Arc<[u8]>)>,
}

impl Module {
    /// Parses code, or remembers it; in that case the module keeps the engine it was made in.
    ///
    /// # Errors
    /// If it is not valid code of a module.
    pub fn new(engine: &Engine, code: impl AsRef<[u8]>) -> Result<Self, Error> {
        let code = code.as_ref();
        let Some(known) = PRESENT.with_borrow(Clone::clone) else {
            let parsed = Arc::new(wasmi::Module::new(engine, code)?);
            return Ok(Self { parsed, home: None });
        };
        let (parsed, code) = match known.take(code) {
            Some(remembered) => remembered,
            None => (Arc::new(wasmi::Module::new(engine, code)?), Arc::from(code)),
        };
        let home = Some((known, code));
        Ok(Self { parsed, home })
    }
}

impl Deref for Module {
    type Target = wasmi::Module;

    fn deref(&self) -> &Self::Target {
        &self.parsed
    }
}

impl Drop for Module {
    fn drop(&mut self) {
        if let Some((home, code)) = self.home.take() {
            home.give_back(&code, self.parsed.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The shortest module there is.
    const EMPTY: [u8; 8] = *b"\0asm\x01\0\0\0";

    fn parse(code: &[u8]) -> Result<Module, Error> {
        Module::new(&Engine::default(), code)
    }

    fn empty() -> Module {
        parse(&EMPTY).unwrap_or_else(|error| unreachable!("{error}"))
    }

    #[test]
    fn a_module_serves_one_caller_at_a_time() {
        ParsedModules::default().during(|| {
            let first = empty();
            let engine = first.engine().clone();
            let second = empty();
            assert!(!Engine::same(second.engine(), &engine));
            drop(first);
            assert!(Engine::same(empty().engine(), &engine));
        });
    }

    #[test]
    fn outside_nothing_is_remembered() {
        let parsed = ParsedModules::default();
        let engine = parsed.during(|| empty().engine().clone());
        assert!(!Engine::same(empty().engine(), &engine));
        assert!(Engine::same(parsed.during(empty).engine(), &engine));
    }

    #[test]
    fn bad_code_is_an_error_each_time() {
        ParsedModules::default().during(|| {
            for _ in 0..2 {
                assert!(parse(b"\0asm\x02\0\0\0").is_err());
            }
        });
    }

    #[test]
    fn codes_are_forgotten_when_there_are_too_many() {
        let parsed = ParsedModules::default();
        parsed.during(|| {
            for number in 0..=u8::MAX {
                // A custom section without a name, of one byte.
                let code = [&EMPTY[..], &[0, 2, 0, number]].concat();
                assert!(parse(&code).is_ok());
            }
        });
        assert!((1..=CODES).contains(&parsed.idle().len()));
    }
}
