//! Asking for input before it is needed.
//!
//! A walk from record to record knows only where the next one begins, and the processor's own prefetcher starts anew at every
//! page. One hint a record, or a line, makes a walk over what lies in no cache 5 to 15 % faster, and costs an instruction.

use hftz_isa::prefetch;

/// How far ahead of the walk input is asked for, bytes: some 60 messages, the time of an access to memory or two.
const AHEAD: usize = 2048;

/// Asks for the line of the input [`AHEAD`] bytes behind `record`, which may be beyond its end.
#[inline(always)]
pub(super) fn ask(record: *const u8) {
    prefetch(record.wrapping_add(AHEAD));
}
