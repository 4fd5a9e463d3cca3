//! Asking for input before it is needed.
//!
//! A walk from record to record knows only where the next one begins, and the processor's own prefetcher starts anew at every
//! page. One hint a record, or a line, makes a walk over what lies in no cache 5 to 15 % faster, and costs an instruction.

/// How far ahead of the walk input is asked for, bytes: some 60 messages, the time of an access to memory or two.
const AHEAD: usize = 2048;

/// Asks for the line of the input [`AHEAD`] bytes behind `record`, which may be beyond its end.
#[inline(always)]
pub(super) fn ask(record: *const u8) {
    let later = record.wrapping_add(AHEAD);
    #[cfg(all(target_arch = "x86_64", target_feature = "sse"))]
    // SAFETY: a hint about an address: it reads nothing and never faults, whatever is there.
    unsafe {
        core::arch::x86_64::_mm_prefetch::<{ core::arch::x86_64::_MM_HINT_T0 }>(later.cast());
    }
    #[cfg(not(all(target_arch = "x86_64", target_feature = "sse")))]
    let _ = later;
}
