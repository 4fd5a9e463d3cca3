//! The fast loop with 16-byte shuffles.
//!
//! One `pshufb` does what the portable path needs a load, a byte swap and a mask for, for several fields at once:
//! it picks bytes, turns them round and writes 0 where the row has no field. Four windows of a message cover every
//! field of every type. Only one of them moves with the type: a place read from the row costs an instruction and the
//! wait for it.
//!
//! ```text
//! message  0..16 head | 5..21 early | 19..35 late | wherever the row says: free
//! Delta    0..8 time, 8..16 reference         <- early
//!         16..24 other                        <- free;   24..32 offset, from the walk
//!         32..36 price, 36..40 shares, 43 code <- late and free;   40..43 locate and kind <- head
//! ```

use core::arch::x86_64::{
    __cpuid, __m128i, _mm_loadl_epi64, _mm_loadu_si128, _mm_or_si128, _mm_setr_epi8, _mm_shuffle_epi8,
    _mm_storel_epi64, _mm_storeu_si128,
};

use hftz_model::Delta;

use super::ahead::ask;
use super::decode::Walk;
use super::layout::{FIELDS, Fields, NONE, WINDOW};

/// Whether the processor has SSSE3. A build for x86-64-v2 knows; any other asks, because every x86-64-v2 processor has it
/// but not every x86-64 one.
pub(super) fn supported() -> bool {
    if cfg!(target_feature = "ssse3") {
        return true;
    }
    #[allow(unused_unsafe)] // a safe intrinsic from Rust 1.94 on
    // SAFETY: every x86-64 processor has CPUID with leaf 1.
    let features = unsafe { __cpuid(1) };
    features.ecx & (1 << 9) != 0
}

/// How one type's bytes get into a `Delta`; one cache line.
#[repr(C, align(64))]
#[derive(Clone, Copy)]
struct Row {
    /// Length prefix that this row is for, as the two prefix bytes read by a little-endian load; above `u16` where
    /// there is no such type.
    prefix: u32,
    /// Place of the free window, from the type byte.
    free: u8,
    padding: [u8; 3],
    /// Shuffle of the free window to bytes 16..24.
    other: [u8; 8],
    /// Shuffle of the early window to bytes 0..16.
    first: [u8; 16],
    /// Shuffles of the late and of the free window to bytes 32..48.
    last_late: [u8; 16],
    last_free: [u8; 16],
}

/// Places of the fixed windows.
const EARLY: u8 = 5;
const LATE: u8 = 19;

/// A shuffle index that writes 0.
const ZERO: u8 = 0x80;

/// Points `width` bytes of `shuffle` from `to` on at the big-endian field at `field`, as far as they lie in the window
/// at `window`; bytes outside it stay 0 and come from the other window.
const fn aim<const N: usize>(mut shuffle: [u8; N], to: usize, width: usize, field: u8, window: u8) -> [u8; N] {
    let mut index = 0;
    while field != NONE && index < width {
        let from = field as usize + width - 1 - index;
        if from >= window as usize && from < window as usize + 16 {
            shuffle[to + index] = (from - window as usize) as u8;
        }
        index += 1;
    }
    shuffle
}

/// Where the free window sits, so that it shows what the fixed ones do not.
const fn free_window(kind: u8) -> u8 {
    match kind {
        b'A' | b'F' | b'C' => 20,
        b'E' | b'U' => 19,
        b'P' => 32,
        b'Q' => 24,
        _ => 11,
    }
}

const fn row(fields: &Fields, kind: u8) -> Row {
    let free = free_window(kind);
    Row {
        prefix: if fields.length < 256 { fields.length << 8 } else { u32::MAX },
        free,
        padding: [0; 3],
        other: aim([ZERO; 8], 0, 8, fields.other, free),
        first: aim(aim([ZERO; 16], 0, 6, 5, EARLY), 8, 8, fields.reference, EARLY),
        last_late: last(fields, LATE),
        last_free: last(fields, free),
    }
}

/// Shuffle of one window to the last 16 bytes.
const fn last(fields: &Fields, window: u8) -> [u8; 16] {
    let with_price = aim([ZERO; 16], 0, 4, fields.price, window);
    let with_shares = aim(with_price, 4, 4, fields.shares, window);
    aim(with_shares, 11, 1, fields.code, window)
}

static ROWS: [Row; 256] = {
    let mut rows = [row(&FIELDS[0], 0); 256];
    let mut kind = 1;
    while kind < 256 {
        rows[kind] = row(&FIELDS[kind], kind as u8);
        kind += 1;
    }
    rows
};

/// The longest record that the loop takes, bytes with prefix.
const LONGEST: usize = 2 + super::types::MAX_MESSAGE_BYTES;

/// Takes records of exactly their type's length while `WINDOW` bytes of slack remain; leaves at the first other one.
///
/// # Safety
/// The processor must have SSSE3.
#[inline(never)] // it wants every register
#[target_feature(enable = "ssse3")]
pub(super) unsafe fn run(input: &[u8], base: u64, out: &mut [Delta], walk: &mut Walk) {
    let head = _mm_setr_epi8(-1, -1, -1, -1, -1, -1, -1, -1, 2, 1, 0, -1, -1, -1, -1, -1);
    let bytes = input.as_ptr_range();
    // Added to the address of a byte, this gives the byte's offset.
    let bias = base.wrapping_sub(bytes.start.addr() as u64);
    // SAFETY: `walk.at <= input.len()`, as every walk moves by whole records of `input`.
    let mut record = unsafe { bytes.start.add(walk.at) };
    // One bound a round instead of two a message: as no record that the loop takes is longer than LONGEST, `round` of
    // them surely start with enough slack.
    while let Some(spare) = (bytes.end.addr() - record.addr()).checked_sub(2 + WINDOW) {
        let slots = &mut out[walk.filled..];
        let round = (spare / LONGEST + 1).min(slots.len());
        let first = slots.as_mut_ptr();
        // SAFETY: `slot` stays below `end`, within `slots`. Before record `i < round` of this round, `record` has moved by
        // at most `i * LONGEST <= spare`, so `2 + WINDOW` bytes from it on lie in `input`.
        let taken = unsafe {
            // Two a turn. The loop is so short that its speed depends on where its instructions happen to fall in
            // the processor's fetch windows, by a quarter; at twice the length it no longer does. An odd last one is
            // left to `careful`.
            let end = first.add(round & !1);
            let mut slot = first;
            while slot < end && take(&mut record, slot, bias, head) {
                slot = slot.add(1);
                if !take(&mut record, slot, bias, head) {
                    break;
                }
                slot = slot.add(1);
            }
            slot.offset_from(first) as usize
        };
        walk.filled += taken;
        if taken < 2 || taken + 1 < round {
            break;
        }
    }
    walk.at = record.addr() - bytes.start.addr();
}

/// Decodes one record and moves `record` to the next, or answers false when its length is not the type's own.
///
/// # Safety
/// `2 + WINDOW` bytes from `record` on must be readable, `slot` writable, and the processor must have SSSE3.
#[inline]
#[target_feature(enable = "ssse3")]
unsafe fn take(record: &mut *const u8, slot: *mut Delta, bias: u64, head: __m128i) -> bool {
    // SAFETY: the prefix and `WINDOW` bytes from the type byte on are readable; windows start at 32 or before and are
    // 16 bytes wide. `Delta` is 48 bytes of plain integers in `repr(C)`, so stores to all 48 make a valid one.
    unsafe {
        let message = record.add(2);
        ask(*record);
        let row = &*ROWS.as_ptr().add(usize::from(*message));
        if u32::from(record.cast::<u16>().read_unaligned()) != row.prefix {
            return false;
        }
        // The chain from record to record: the low length byte alone, as the comparison proved the high one 0.
        // Volatile, or the compiler takes it from the register of the comparison, one shift later.
        *record = message.add(usize::from(record.add(1).read_volatile()));
        let free = load(message.add(usize::from(row.free)));
        let other = _mm_shuffle_epi8(free, _mm_loadl_epi64(row.other.as_ptr().cast()));
        let first = _mm_shuffle_epi8(load(message.add(usize::from(EARLY))), table(&row.first));
        let late = _mm_shuffle_epi8(load(message.add(usize::from(LATE))), table(&row.last_late));
        let last = _mm_or_si128(late, _mm_shuffle_epi8(free, table(&row.last_free)));
        let third = _mm_or_si128(last, _mm_shuffle_epi8(load(message), head));
        let to = slot.cast::<__m128i>();
        _mm_storeu_si128(to, first);
        _mm_storel_epi64(to.add(1), other);
        (&raw mut (*slot).offset).write(bias.wrapping_add(message.addr() as u64));
        _mm_storeu_si128(to.add(2), third);
    }
    true
}

/// # Safety
/// 16 bytes from `at` on must be readable.
#[inline(always)]
unsafe fn load(at: *const u8) -> __m128i {
    // SAFETY: as the caller promises; the load has no alignment.
    unsafe { _mm_loadu_si128(at.cast()) }
}

#[inline(always)]
fn table(shuffle: &[u8; 16]) -> __m128i {
    // SAFETY: a reference to 16 bytes; the load has no alignment.
    unsafe { _mm_loadu_si128(shuffle.as_ptr().cast()) }
}
