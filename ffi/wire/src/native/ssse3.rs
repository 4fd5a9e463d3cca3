//! The fast loop with 16-byte shuffles.
//!
//! A [`Command`] lies like the longest message, so decoding is moving bytes to other places of the same few words. Which places is
//! a row of a table: there is no branch on the type, whose order nobody can predict.
//!
//! ```text
//! message   0..16 head        16..32            32..48            48..64
//! Command   0..16 <- head     16..32 <- both    32..48 <- both    48..64 <- both
//! ```
//!
//! Every type has all its fields in the head but new orders and replaces, whose price and quantity follow in their place; only `L`
//! goes on from there.

use core::arch::x86_64::{__m128i, _mm_and_si128, _mm_loadu_si128, _mm_or_si128, _mm_shuffle_epi8, _mm_storeu_si128};

use hftz_isa::V3;
use hftz_model::{Command, CommandKind};

use super::{MAX_MESSAGE_BYTES, length_of};

/// A shuffle index that writes 0.
const ZERO: u8 = 0x80;

/// How one type's bytes get into a `Command`.
#[repr(C, align(128))]
#[derive(Clone, Copy)]
struct Row {
    /// Shuffles of the message's head to each quarter of the command.
    head: [[u8; 16]; 4],
    /// What each later quarter of the message brings to the same quarter of the command.
    rest: [[u8; 16]; 3],
}

/// Points `width` bytes of the command from `to` on at those of the message's head from `from` on.
const fn aim(mut row: Row, to: usize, width: usize, from: usize) -> Row {
    let mut index = 0;
    while index < width {
        row.head[(to + index) / 16][(to + index) % 16] = (from + index) as u8;
        index += 1;
    }
    row
}

/// Lets the message's bytes from `first` to `end` through to the same place of the command.
const fn keep(mut row: Row, first: usize, end: usize) -> Row {
    let mut at = first;
    while at < end {
        row.rest[at / 16 - 1][at % 16] = 0xff;
        at += 1;
    }
    row
}

const fn row(kind: CommandKind) -> Row {
    // The type byte is where it is in every command.
    let row = aim(Row { head: [[ZERO; 16]; 4], rest: [[0; 16]; 3] }, 0, 1, 0);
    let symbol = aim(row, 2, 2, 2);
    let id = aim(symbol, 8, 8, 8);
    match kind {
        CommandKind::New => keep(aim(row, 0, 16, 0), 16, 32),
        CommandKind::NewLong => keep(aim(row, 0, 16, 0), 16, 53),
        // Its quantity.
        CommandKind::Cancel => aim(id, 24, 4, 4),
        // What to show, and the flags; price and quantity.
        CommandKind::Replace => keep(aim(aim(id, 28, 4, 4), 53, 1, 1), 16, 28),
        // Account, scope, what then, session.
        CommandKind::MassCancel => aim(aim(aim(aim(symbol, 6, 2, 4), 54, 1, 1), 55, 1, 6), 56, 2, 8),
        // Reference price, state, kind of auction.
        CommandKind::State => aim(aim(aim(symbol, 16, 8, 8), 58, 1, 1), 59, 1, 4),
        CommandKind::Clock => aim(row, 40, 8, 8),
    }
}

/// What a type byte means: the length of its message, 0 when it is no type, and its row.
static LENGTHS: [u8; 256] = {
    let mut lengths = [0; 256];
    let mut kind = 0;
    while kind < 256 {
        if let Some(length) = length_of(kind as u8) {
            lengths[kind] = length as u8;
        }
        kind += 1;
    }
    lengths
};

static ROWS: [Row; CommandKind::ALL.len()] = {
    let mut rows = [row(CommandKind::New); CommandKind::ALL.len()];
    let mut at = 0;
    while at < rows.len() {
        rows[at] = row(CommandKind::ALL[at]);
        at += 1;
    }
    rows
};

static PLACES: [u8; 256] = {
    let mut places = [0; 256];
    let mut at = 0;
    while at < ROWS.len() {
        places[CommandKind::ALL[at].byte() as usize] = at as u8;
        at += 1;
    }
    places
};

/// Decodes messages from the start of `input` while the longest one would fit in what is left; leaves at a byte that is no type.
/// Returns bytes taken and commands written.
///
/// Built twice: with three operands an instruction moves nothing out of the way first, which is a sixth of the time.
pub(super) fn run(isa: Option<V3>, input: &[u8], out: &mut [Command]) -> (usize, usize) {
    if isa.is_none() {
        return walk(input, out);
    }
    // SAFETY: a `V3` exists only where the processor has all of it.
    unsafe { walk_v3(input, out) }
}

/// # Safety
/// The processor must have x86-64-v3.
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,fma,movbe")]
#[inline(never)]
unsafe fn walk_v3(input: &[u8], out: &mut [Command]) -> (usize, usize) {
    walk(input, out)
}

#[inline(always)]
fn walk(input: &[u8], out: &mut [Command]) -> (usize, usize) {
    let Some(spare) = input.len().checked_sub(MAX_MESSAGE_BYTES) else { return (0, 0) };
    let first = input.as_ptr();
    let (mut at, mut filled) = (0, 0);
    while at <= spare && filled < out.len() {
        // SAFETY: `at + MAX_MESSAGE_BYTES <= input.len()`.
        let message = unsafe { first.add(at) };
        // SAFETY: as above.
        let kind = usize::from(unsafe { *message });
        let length = LENGTHS[kind];
        if length == 0 {
            break;
        }
        // SAFETY: 64 bytes from `message` on are readable, the row is that of the type byte, `filled` is a place of `out`, and this
        // module is only built for processors with SSSE3.
        unsafe { take(message, &ROWS[usize::from(PLACES[kind])], out.as_mut_ptr().add(filled)) };
        at += usize::from(length);
        filled += 1;
    }
    (at, filled)
}

/// Decodes one message.
///
/// # Safety
/// `MAX_MESSAGE_BYTES` from `message` on must be readable and `slot` writable; `row` must be that of the message's type.
#[inline(always)]
unsafe fn take(message: *const u8, row: &Row, slot: *mut Command) {
    // SAFETY: four quarters of 16 bytes are the 64 bytes that may be read and written. A `Command` is integers without padding and
    // a kind, which is the type byte and so one of its values.
    unsafe {
        let to = slot.cast::<__m128i>();
        let head = load(message);
        _mm_storeu_si128(to, _mm_shuffle_epi8(head, table(&row.head[0])));
        let quarter = |at: usize| {
            let moved = _mm_shuffle_epi8(head, table(&row.head[at]));
            _mm_or_si128(moved, _mm_and_si128(load(message.add(16 * at)), table(&row.rest[at - 1])))
        };
        _mm_storeu_si128(to.add(1), quarter(1));
        _mm_storeu_si128(to.add(2), quarter(2));
        _mm_storeu_si128(to.add(3), quarter(3));
    }
}

/// # Safety
/// 16 bytes from `at` on must be readable.
#[inline(always)]
unsafe fn load(at: *const u8) -> __m128i {
    // SAFETY: as the caller promises; the load has no alignment.
    unsafe { _mm_loadu_si128(at.cast()) }
}

#[inline(always)]
fn table(bytes: &[u8; 16]) -> __m128i {
    // SAFETY: a reference to 16 bytes; the load has no alignment.
    unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
}
