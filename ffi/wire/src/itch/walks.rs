//! Four walks at a time through the same bytes: how [`super::count_batch`] counts what is long enough.
//!
//! A walk waits: where the next record begins is known five cycles after this one's length was asked for, and counting takes less. So
//! three more walks begin further back, where four records in a row look like ones, and all four take turns. Such a
//! place is a guess, and it is checked: a walk counts if the one before it came to its first byte exactly. What walked from a
//! wrong guess, or behind a record that is not of exactly its type's length, takes back its counts: where every guess
//! is wrong, that is twice the work.

use super::ahead::ask;
use super::count::Counted;
use super::types::{EXPECTED, MAX_MESSAGE_BYTES};

const WALKS: usize = 4;

/// Bytes that are worth the search for places to begin.
const LEAST: usize = 8 << 10;

/// The longest record of exactly its type's length.
const LONGEST: usize = 2 + MAX_MESSAGE_BYTES;

/// Records in a row that make a place one to begin at.
const LOOKS: usize = 4;

/// Messages by type byte, a set for each walk.
type Lanes = [[u64; 256]; WALKS];

/// The length prefix of a type's records, as a little-endian load sees it; above `u16` where there is no such type.
static PREFIXES: [u32; 256] = {
    let mut prefixes = [u32::MAX; 256];
    let mut kind = 0;
    while kind < 256 {
        if EXPECTED[kind] <= MAX_MESSAGE_BYTES as u32 {
            prefixes[kind] = EXPECTED[kind] << 8;
        }
        kind += 1;
    }
    prefixes
};

/// The type of the record at `at` and the place of the next, when it is one of exactly its type's length.
#[inline(always)]
fn step(input: &[u8], at: usize) -> Option<(usize, usize)> {
    let &[high, low, kind] = input.get(at..)?.first_chunk()?;
    let prefix = u32::from(u16::from_le_bytes([high, low]));
    (prefix == PREFIXES[usize::from(kind)]).then(|| (usize::from(kind), at + 2 + usize::from(low)))
}

/// The first place from `from` on where records seem to begin.
fn likely_start(input: &[u8], from: usize) -> Option<usize> {
    (from..from + LONGEST).find(|&start| (0..LOOKS).try_fold(start, |at, _| Some(step(input, at)?.1)).is_some())
}

/// Takes `rounds` records in each walk, or fewer when one of them comes to another record; answers how many in all.
fn together(input: &[u8], at: &mut [usize; WALKS], lanes: &mut Lanes, rounds: usize) -> usize {
    let mut places = *at;
    let mut taken = 0;
    'rounds: for _ in 0..rounds {
        for index in 0..WALKS {
            let Some((kind, next)) = step(input, places[index]) else {
                taken += index;
                break 'rounds;
            };
            ask(input.as_ptr().wrapping_add(next));
            lanes[index][kind] += 1;
            places[index] = next;
        }
        taken += WALKS;
    }
    *at = places;
    taken
}

/// Counts records of exactly their type's length from `done.consumed` on; what is left, at least the last few, is for the caller.
pub(super) fn count(input: &[u8], lanes: &mut Lanes, done: &mut Counted) {
    let input = &input[done.consumed..];
    if input.len() < LEAST {
        return;
    }
    let mut starts = [0; WALKS];
    for (index, start) in starts.iter_mut().enumerate().skip(1) {
        let Some(place) = likely_start(input, index * (input.len() / WALKS)) else { return };
        *start = place;
    }
    let ends = [starts[1], starts[2], starts[3], input.len() - LONGEST];
    let mut at = starts;
    let mut messages = 0;
    loop {
        // As many as surely end before the first walk is done.
        let spare = (0..WALKS).fold(usize::MAX, |least, index| least.min(ends[index].saturating_sub(at[index])));
        let rounds = spare / LONGEST;
        let taken = together(input, &mut at, lanes, rounds);
        messages += taken as u64;
        if taken < WALKS * rounds || rounds == 0 {
            break;
        }
    }
    for index in 0..WALKS {
        while at[index] < ends[index]
            && let Some((kind, next)) = step(input, at[index])
        {
            lanes[index][kind] += 1;
            at[index] = next;
            messages += 1;
        }
    }
    let good = 1 + (1..WALKS).take_while(|&index| at[index - 1] == starts[index]).count();
    for index in good..WALKS {
        let mut place = starts[index];
        while place < at[index]
            && let Some((kind, next)) = step(input, place)
        {
            lanes[index][kind] -= 1;
            place = next;
            messages -= 1;
        }
    }
    done.consumed += at[good - 1];
    done.messages += messages;
}
