//! Asking for input before it is needed.
//!
//! A walk from record to record knows only where the next one begins, and the processor's own prefetcher starts anew at every
//! page, if the machine has it on at all. So each record, or line, asks twice: long before, for a line to come from memory
//! into the second-level cache, and soon before, for it to come from there into the first. Asked only once, and into the first,
//! lines would queue for the few places where that waits for them.

use hftz_isa::{prefetch, prefetch_later};

/// How far ahead of the walk input is asked for, bytes: some 30 messages from the second-level cache, 250 from memory, the
/// time of several accesses to each.
const NEAR: usize = 1024;
const FAR: usize = 8192;

/// Asks for the lines of the input behind `record` that are wanted next, which may be beyond its end.
#[inline(always)]
pub(super) fn ask(record: *const u8) {
    prefetch_later(record.wrapping_add(FAR));
    prefetch(record.wrapping_add(NEAR));
}
