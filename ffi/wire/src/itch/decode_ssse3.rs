//! The fast loop with 16-byte shuffles.
//!
//! One `pshufb` does what the portable path needs a load, a byte swap and a mask for, for several fields at once:
//! it picks bytes, turns them round and writes 0 where the row has no field. Three windows of a message cover every
//! field of every type: the fixed one at 5 (time, then what sits at 11) and two whose places the row names.
//!
//! ```text
//! Delta bytes  0..8 time | 8..16 reference   <- window 0
//!             16..24 other                   <- window 1;   24..32 offset, from the walk
//!             32..36 price | 36..40 shares | 43 code  <- windows 1 and 2;   40..43 locate, kind, from the head
//! ```

use core::arch::x86_64::{
    __cpuid, __m128i, _mm_cvtsi64_si128, _mm_load_si128, _mm_loadl_epi64, _mm_loadu_si128, _mm_or_si128, _mm_setr_epi8,
    _mm_shuffle_epi8, _mm_storeu_si128, _mm_unpacklo_epi64,
};

use hftz_model::Delta;

use super::decode::Walk;
use super::layout::{FIELDS, Fields, NONE, WINDOW};

/// Whether the processor has SSSE3. Every x86-64-v2 processor does; asking keeps the loop sound on the others.
pub(super) fn supported() -> bool {
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
    /// Places of windows 1 and 2, from the type byte.
    window1: u8,
    window2: u8,
    padding: [u8; 2],
    /// Shuffle of window 1 to bytes 16..24.
    other: [u8; 8],
    /// Shuffle of window 0 to bytes 0..16.
    first: [u8; 16],
    /// Shuffles of windows 1 and 2 to bytes 32..48.
    last1: [u8; 16],
    last2: [u8; 16],
}

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

/// Where each type's two free windows sit, so that together they show every field but the reference.
const fn windows(kind: u8) -> (u8, u8) {
    match kind {
        b'P' => (32, 19),
        b'A' | b'F' | b'C' => (19, 20),
        b'E' | b'X' | b'U' => (19, 19),
        b'Q' => (24, 24),
        _ => (11, 11),
    }
}

const fn row(fields: &Fields, kind: u8) -> Row {
    let (window1, window2) = windows(kind);
    let first = aim([ZERO; 16], 0, 6, 5, 5);
    let last1 = aim([ZERO; 16], 0, 4, fields.price, window1);
    let last1 = aim(last1, 4, 4, fields.shares, window1);
    let last1 = aim(last1, 11, 1, fields.code, window1);
    let last2 = aim([ZERO; 16], 0, 4, fields.price, window2);
    let last2 = aim(last2, 4, 4, fields.shares, window2);
    let last2 = aim(last2, 11, 1, fields.code, window2);
    Row {
        prefix: if fields.length < 256 { fields.length << 8 } else { u32::MAX },
        window1,
        window2,
        padding: [0; 2],
        other: aim([ZERO; 8], 0, 8, fields.other, window1),
        first: aim(first, 8, 8, fields.reference, 5),
        last1,
        last2,
    }
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
#[target_feature(enable = "ssse3")]
pub(super) unsafe fn run(input: &[u8], base: u64, out: &mut [Delta], walk: &mut Walk) {
    let head_shuffle = _mm_setr_epi8(-1, -1, -1, -1, -1, -1, -1, -1, 2, 1, 0, -1, -1, -1, -1, -1);
    let start = input.as_ptr();
    let mut at = walk.at;
    let mut filled = walk.filled;
    // How many records surely start with enough slack, since none that the loop takes is longer than LONGEST: one bound
    // a round instead of two a message.
    while let Some(spare) = (input.len() - at).checked_sub(2 + WINDOW) {
        let round = (spare / LONGEST + 1).min(out.len() - filled);
        if round == 0 {
            break;
        }
        // SAFETY: `round` slots from `filled` on lie in `out`.
        let (mut slot, end) = unsafe { (out.as_mut_ptr().add(filled), out.as_mut_ptr().add(filled + round)) };
        let first = slot;
        while slot < end {
            // SAFETY: before record `i < round` of this round, `at` has grown by at most `i * LONGEST <= spare`, so
            // `at + 2 + WINDOW <= input.len()`: the prefix, and 64 bytes from the type byte on, are readable. Window
            // places are at most 32 and loads 16 bytes wide. `slot` is below `end`. `Delta` is 48 bytes of plain
            // integers in `repr(C)`, so three unaligned 16-byte stores make a valid one.
            unsafe {
                let record = start.add(at);
                let message = record.add(2);
                let row = &*ROWS.as_ptr().add(usize::from(*message));
                if u32::from(record.cast::<u16>().read_unaligned()) != row.prefix {
                    break;
                }
                // The chain from record to record: the low length byte alone, as the comparison proved the high one 0.
                let length = usize::from(*record.add(1));
                let offset = base.wrapping_add(at as u64 + 2);
                at = (at + 2) + length;
                let load = |place: usize| _mm_loadu_si128(message.add(place).cast());
                let table = |bytes: &[u8; 16]| _mm_load_si128(bytes.as_ptr().cast());
                let window1 = load(usize::from(row.window1));
                let first = _mm_shuffle_epi8(load(5), table(&row.first));
                let other = _mm_shuffle_epi8(window1, _mm_loadl_epi64(row.other.as_ptr().cast()));
                let second = _mm_unpacklo_epi64(other, _mm_cvtsi64_si128(offset as i64));
                let last1 = _mm_shuffle_epi8(window1, table(&row.last1));
                let last2 = _mm_shuffle_epi8(load(usize::from(row.window2)), table(&row.last2));
                let head = _mm_shuffle_epi8(load(0), head_shuffle);
                let third = _mm_or_si128(_mm_or_si128(last1, last2), head);
                let to = slot.cast::<__m128i>();
                _mm_storeu_si128(to, first);
                _mm_storeu_si128(to.add(1), second);
                _mm_storeu_si128(to.add(2), third);
                slot = slot.add(1);
            }
        }
        // SAFETY: both pointers lie in `out`, `slot` at or after `first`.
        let taken = unsafe { slot.offset_from(first) } as usize;
        filled += taken;
        if taken < round {
            break;
        }
    }
    walk.at = at;
    walk.filled = filled;
}
