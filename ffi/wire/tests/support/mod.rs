//! What several test files share: framed records of random bytes, and a decoder that is slow and obviously right.
#![allow(dead_code)]

pub mod data;

use hftz_model::Delta;
use hftz_wire::itch::{Error, ErrorKind, TYPES, length_of};
use proptest::prelude::*;

/// One framed record.
pub fn framed(message: &[u8]) -> Vec<u8> {
    let mut record = (message.len() as u16).to_be_bytes().to_vec();
    record.extend_from_slice(message);
    record
}

/// A valid message of any type with random field bytes, and now and then a few trailing ones.
pub fn any_message() -> impl Strategy<Value = Vec<u8>> {
    let trailing = prop_oneof![9 => Just(0usize), 1 => 1usize..80];
    (0..TYPES.len(), trailing, prop::collection::vec(any::<u8>(), 130)).prop_map(|(index, trailing, bytes)| {
        let (kind, length, _) = TYPES[index];
        let mut message = bytes[..usize::from(length) + trailing].to_vec();
        message[0] = kind;
        message
    })
}

/// A run of valid framed records.
pub fn any_feed(messages: impl Into<prop::collection::SizeRange>) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any_message(), messages).prop_map(|all| all.iter().flat_map(|m| framed(m)).collect())
}

fn number(message: &[u8], from: usize, to: usize) -> u64 {
    message[from..to].iter().fold(0, |value, &byte| value << 8 | u64::from(byte))
}

/// One message by the tables of the specification, field by field.
pub fn naive_delta(message: &[u8], offset: u64) -> Delta {
    let n = |from, to| number(message, from, to);
    let p = |from, to| number(message, from, to) as u32;
    let mut delta = Delta { time_ns: n(5, 11), locate: n(1, 3) as u16, kind: message[0], offset, ..Delta::default() };
    match message[0] {
        b'A' | b'F' => {
            (delta.reference, delta.code, delta.shares, delta.price) = (n(11, 19), message[19], p(20, 24), p(32, 36));
        }
        b'E' => (delta.reference, delta.shares, delta.other) = (n(11, 19), p(19, 23), n(23, 31)),
        b'C' => {
            (delta.reference, delta.shares, delta.other) = (n(11, 19), p(19, 23), n(23, 31));
            (delta.code, delta.price) = (message[31], p(32, 36));
        }
        b'X' => (delta.reference, delta.shares) = (n(11, 19), p(19, 23)),
        b'D' => delta.reference = n(11, 19),
        b'U' => {
            (delta.reference, delta.other, delta.shares, delta.price) = (n(11, 19), n(19, 27), p(27, 31), p(31, 35));
        }
        b'P' => {
            (delta.reference, delta.code, delta.shares, delta.price) = (n(11, 19), message[19], p(20, 24), p(32, 36));
            delta.other = n(36, 44);
        }
        b'Q' => {
            (delta.reference, delta.price, delta.other, delta.code) = (n(11, 19), p(27, 31), n(31, 39), message[39]);
        }
        b'B' => delta.other = n(11, 19),
        b'S' => delta.code = message[11],
        b'H' => delta.code = message[19],
        b'h' => delta.code = message[20],
        _ => {}
    }
    delta
}

/// What a whole input says: the messages, the trailing bytes, and where and why it stopped.
#[derive(PartialEq, Debug, Default)]
pub struct Decoded {
    pub deltas: Vec<Delta>,
    pub trailing: u64,
    pub consumed: usize,
    pub error: Option<Error>,
}

/// The twin: one record after the other, every rule spelled out.
pub fn naive_decode(input: &[u8]) -> Decoded {
    let mut done = Decoded::default();
    loop {
        let rest = &input[done.consumed..];
        let fail = |kind| Some(Error { offset: done.consumed as u64, kind });
        if rest.len() < 2 {
            return done;
        }
        let length = u16::from_be_bytes([rest[0], rest[1]]);
        if length == 0 {
            return Decoded { error: fail(ErrorKind::ZeroLength), ..done };
        }
        let end = 2 + usize::from(length);
        if rest.len() < end {
            return done;
        }
        let message = &rest[2..end];
        let kind = message[0];
        let Some(expected) = length_of(kind) else {
            return Decoded { error: fail(ErrorKind::UnknownType { kind, length }), ..done };
        };
        if length < expected {
            return Decoded { error: fail(ErrorKind::TooShort { kind, length, expected }), ..done };
        }
        done.deltas.push(naive_delta(message, done.consumed as u64 + 2));
        done.trailing += u64::from(length - expected);
        done.consumed += end;
    }
}
