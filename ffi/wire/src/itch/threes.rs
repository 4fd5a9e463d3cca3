//! Three messages a jump: the quick way through [`super::dispatch()`].
//!
//! What a call per message costs is mispredicted branches: in a random mix of types more than every second message has one, at some
//! 20 cycles each, against 8 for reading its fields. So the types of three messages are looked at together, and one jump
//! goes to code for just these three: it is mispredicted hardly more often than the jump of a single message, and there is a
//! third as many.
//!
//! Four types make nearly all messages of a day: adds, deletes, replaces and executions. Two bits of their lengths tell them
//! apart, so one byte of a record says both where the next one begins and, as far as it is worth a guess, what this one is. The code
//! for three types checks the guess, prefix and type byte; what is something else is left, with the messages behind it, to [`rest`].
//!
//! Which code the next three want is found out before these three are handed over: the processor, back from a wrong guess, comes to
//! a jump whose target is known.

use core::marker::PhantomData;
use core::ptr;

use super::ahead::ask;
use super::count::Counted;
use super::dispatch::{Handler, hand};
use super::types::{EXPECTED, MAX_MESSAGE_BYTES};
use super::view;

/// What a length is taken for while the walk looks ahead: bytes of a message, below 64.
const LENGTH_BITS: u8 = 63;

/// Bytes that three records can take in the eyes of a walk that looks ahead.
const REACH: usize = 3 * (2 + LENGTH_BITS as usize);

/// The start of three records.
type Window = [u8; REACH];

/// The bits of a length that tell the four types apart, and what they say, times four.
const PLACE_BITS: u8 = 0b1_0100;

/// Where a table of types has the type whose messages are so long.
const fn place(length: u8) -> usize {
    (length & PLACE_BITS) as usize / 4
}

const _: () = assert!(
    place(view::OrderReplace::LENGTH as u8) == 0
        && place(view::AddOrder::LENGTH as u8) == 1
        && place(view::OrderDelete::LENGTH as u8) == 4
        && place(view::OrderExecuted::LENGTH as u8) == 5
        && MAX_MESSAGE_BYTES <= LENGTH_BITS as usize
);

/// Hands three records to their methods; answers how many it has left, of which the first is none that it takes.
type Deliver<H> = fn(&mut H, &Window, u64) -> usize;

/// Code for every three of the four types, by their places, the last one's first.
struct Code<H>(PhantomData<H>);

/// A value for each place; places that no length of the four has hold what does no harm.
macro_rules! by_place {
    ($make:ident $($more:tt)*) => {
        [
            $make!(b'U' $($more)*), $make!(b'A' $($more)*), $make!(b'U' $($more)*), $make!(b'U' $($more)*),
            $make!(b'D' $($more)*), $make!(b'E' $($more)*), $make!(b'U' $($more)*), $make!(b'U' $($more)*),
        ]
    };
}
macro_rules! third {
    ($third:literal) => { by_place!(second $third) };
}
macro_rules! second {
    ($second:literal $third:literal) => { by_place!(first $second $third) };
}
macro_rules! first {
    ($first:literal $second:literal $third:literal) => {
        three::<H, $first, $second, $third>
    };
}

impl<H: Handler> Code<H> {
    const ALL: [[[Deliver<H>; 8]; 8]; 8] = by_place!(third);
}

/// What is known of three records before they are handed over.
struct Three<H> {
    code: Deliver<H>,
    bytes: usize,
}

impl<H: Handler> Three<H> {
    #[inline(always)]
    fn look(window: &Window) -> Self {
        let first = window[1];
        let second_at = step(first);
        let second = window[second_at + 1];
        let third_at = second_at + step(second);
        let third = window[third_at + 1];
        let code = &Code::<H>::ALL[place(third)][place(second)][place(first)];
        // SAFETY: a reference. Volatile, or the compiler puts the load off until the jump that wants it.
        Self { code: unsafe { ptr::read_volatile(code) }, bytes: third_at + step(third) }
    }
}

/// From a record to the next, were its length one of ITCH's.
#[inline(always)]
const fn step(length: u8) -> usize {
    2 + (length & LENGTH_BITS) as usize
}

/// Hands a record to the method of `KIND` if it is one of exactly that type's length.
#[inline(always)]
fn one<H: Handler, const KIND: u8>(handler: &mut H, record: &[u8], offset: u64) -> Option<()> {
    // Prefix and type byte in one comparison.
    let start = u32::from_be_bytes(*record.first_chunk()?) >> 8;
    if start != EXPECTED[KIND as usize] << 8 | u32::from(KIND) {
        return None;
    }
    let message = &record[2..];
    match KIND {
        b'A' => handler.add_order(offset + 2, view::AddOrder(message.first_chunk()?)),
        b'D' => handler.order_delete(offset + 2, view::OrderDelete(message.first_chunk()?)),
        b'E' => handler.order_executed(offset + 2, view::OrderExecuted(message.first_chunk()?)),
        _ => handler.order_replace(offset + 2, view::OrderReplace(message.first_chunk()?)),
    }
    Some(())
}

fn three<H: Handler, const A: u8, const B: u8, const C: u8>(handler: &mut H, window: &Window, offset: u64) -> usize {
    let second_at = 2 + EXPECTED[A as usize] as usize;
    let third_at = second_at + 2 + EXPECTED[B as usize] as usize;
    if one::<H, A>(handler, window, offset).is_none() {
        return rest(handler, window, offset, 3);
    }
    if one::<H, B>(handler, &window[second_at..], offset + second_at as u64).is_none() {
        return rest(handler, &window[second_at..], offset + second_at as u64, 2);
    }
    if one::<H, C>(handler, &window[third_at..], offset + third_at as u64).is_none() {
        return rest(handler, &window[third_at..], offset + third_at as u64, 1);
    }
    0
}

/// Hands over `left` records of any type, one by one, up to the first that is not of exactly its type's length; answers how many
/// are left.
#[cold]
#[inline(never)]
fn rest<H: Handler>(handler: &mut H, mut records: &[u8], mut offset: u64, left: usize) -> usize {
    for done in 0..left {
        let Some((prefix, after)) = records.split_first_chunk::<2>() else { return left - done };
        let length = u16::from_be_bytes(*prefix);
        let Some((message, next)) = after.split_at_checked(usize::from(length)) else { return left - done };
        if message.first().is_none_or(|&kind| EXPECTED[usize::from(kind)] != u32::from(length)) {
            return left - done;
        }
        hand(message, offset + 2, handler);
        records = next;
        offset += 2 + u64::from(length);
    }
    0
}

/// Hands over records of exactly their type's length, three at a time, while as many may follow; stops at the first other one.
pub(super) fn quick<H: Handler>(input: &[u8], base: u64, handler: &mut H, done: &mut Counted) {
    let rest = &input[done.consumed..];
    // Behind three records, three more are looked at.
    let Some(spare) = rest.len().checked_sub(2 * REACH) else { return };
    let start = rest.as_ptr();
    let last = start.wrapping_add(spare);
    // Added to an address, this gives its offset.
    let bias = base.wrapping_add(done.consumed as u64).wrapping_sub(start.addr() as u64);
    let mut at = start;
    // SAFETY: what is looked at begins at or before `last`, or, as three records are at most REACH bytes, at most REACH
    // bytes behind it; `rest` has 2 * REACH bytes from `last` on.
    let window = |at: *const u8| unsafe { &*at.cast::<Window>() };
    let mut three = Three::look(window(at));
    let (mut threes, mut left) = (0, 0);
    while at <= last {
        let next = at.wrapping_add(three.bytes);
        let following = Three::look(window(next));
        // Three records are a line and a half.
        ask(at);
        ask(at.wrapping_add(64));
        left = (three.code)(handler, window(at), bias.wrapping_add(at.addr() as u64));
        if left > 0 {
            break;
        }
        threes += 1;
        (at, three) = (next, following);
    }
    done.messages += 3 * threes;
    done.consumed += at.addr() - start.addr();
    if left > 0 {
        let delivered = 3 - left;
        done.messages += delivered as u64;
        done.consumed += (0..delivered).fold(0, |place, _| place + step(window(at)[place + 1]));
    }
}
