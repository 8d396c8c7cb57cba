//! What an invocation used, told in the diagnostic events that core ends it with.

use super::diagnostics::{diagnostic_event, symbol};
use soroban_env_host::xdr::{DiagnosticEvent, ScVal};

/// Counts of entries, events and their bytes in one invocation.
#[derive(Default)]
pub struct Metrics {
    read_entries: u64,
    disk_read_bytes: u64,
    disk_read_key_bytes: u64,
    disk_read_data_bytes: u64,
    disk_read_code_bytes: u64,
    write_entries: u64,
    write_bytes: u64,
    write_data_bytes: u64,
    write_code_bytes: u64,
    events: u64,
    events_bytes: u64,
    largest_key: u64,
    largest_data: u64,
    largest_code: u64,
    largest_event: u64,
    pub instructions: u64,
    pub memory_bytes: u64,
}

impl Metrics {
    /// An entry of the footprint was looked at.
    pub fn read(&mut self) {
        self.read_entries += 1;
    }

    /// It came from disk: a classic entry, or an archived one. Gives all bytes read so far.
    pub fn read_from_disk(&mut self, is_code: bool, key: u32, entry: u32) -> u64 {
        let (key, entry) = (u64::from(key), u64::from(entry));
        self.disk_read_bytes += entry;
        self.disk_read_key_bytes += key;
        self.largest_key = self.largest_key.max(key);
        if is_code {
            self.disk_read_code_bytes += entry;
            self.largest_code = self.largest_code.max(entry);
        } else {
            self.disk_read_data_bytes += entry;
            self.largest_data = self.largest_data.max(entry);
        }
        self.disk_read_bytes
    }

    /// An entry was written. Gives all bytes written so far.
    pub fn write(&mut self, is_code: bool, key: u32, entry: u32) -> u64 {
        let (key, entry) = (u64::from(key), u64::from(entry));
        self.write_entries += 1;
        self.write_bytes += entry;
        self.largest_key = self.largest_key.max(key);
        if is_code {
            self.write_code_bytes += entry;
            self.largest_code = self.largest_code.max(entry);
        } else {
            self.write_data_bytes += entry;
            self.largest_data = self.largest_data.max(entry);
        }
        self.write_bytes
    }

    /// An event was emitted. Gives the bytes of all so far.
    pub fn emit(&mut self, event: u32) -> u64 {
        let event = u64::from(event);
        self.events += 1;
        self.events_bytes += event;
        self.largest_event = self.largest_event.max(event);
        self.events_bytes
    }

    /// The invocation returned a value, which counts with the events. Gives the bytes of all.
    pub fn return_value(&mut self, value: u32) -> u64 {
        self.events_bytes += u64::from(value);
        self.events_bytes
    }

    /// The counts as events. How long an invocation takes is not told: the same
    /// transactions must give the same ledgers.
    pub fn into_events(self, success: bool) -> impl Iterator<Item = DiagnosticEvent> {
        let counts = [
            ("read_entry", self.read_entries),
            ("write_entry", self.write_entries),
            ("ledger_read_byte", self.disk_read_bytes),
            ("ledger_write_byte", self.write_bytes),
            ("read_key_byte", self.disk_read_key_bytes),
            ("write_key_byte", 0),
            ("read_data_byte", self.disk_read_data_bytes),
            ("write_data_byte", self.write_data_bytes),
            ("read_code_byte", self.disk_read_code_bytes),
            ("write_code_byte", self.write_code_bytes),
            ("emit_event", self.events),
            ("emit_event_byte", self.events_bytes),
            ("cpu_insn", self.instructions),
            ("mem_byte", self.memory_bytes),
            ("invoke_time_nsecs", 0),
            ("max_rw_key_byte", self.largest_key),
            ("max_rw_data_byte", self.largest_data),
            ("max_rw_code_byte", self.largest_code),
            ("max_emit_event_byte", self.largest_event),
        ];
        counts
            .into_iter()
            .map(move |(name, count)| metric(name, count, success))
    }
}

fn metric(name: &str, count: u64, success: bool) -> DiagnosticEvent {
    diagnostic_event(success, vec![symbol("core_metrics"), symbol(name)], ScVal::U64(count))
}
