//! What an input is, by its first bytes.

use crate::itch::{MAX_MESSAGE_BYTES, length_of};
use crate::lobster;

/// The formats that are told apart. Gzip is not among them: it is undone before anybody looks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// Length-prefixed ITCH records.
    BinaryFile,
    Pcap,
    Pcapng,
    LobsterMessages,
    LobsterOrderbook,
}

const PCAP_MAGICS: [[u8; 4]; 4] =
    [[0xa1, 0xb2, 0xc3, 0xd4], [0xd4, 0xc3, 0xb2, 0xa1], [0xa1, 0xb2, 0x3c, 0x4d], [0x4d, 0x3c, 0xb2, 0xa1]];
const PCAPNG_MAGIC: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];

/// Looks at `head`, the first bytes of an input (64 are enough). `None` when it is none of the formats.
#[must_use]
pub fn detect(head: &[u8]) -> Option<Format> {
    let magic = head.first_chunk::<4>();
    if magic.is_some_and(|magic| PCAP_MAGICS.contains(magic)) {
        return Some(Format::Pcap);
    }
    if magic == Some(&PCAPNG_MAGIC) {
        return Some(Format::Pcapng);
    }
    lobster_format(head).or_else(|| is_binary_file(head).then_some(Format::BinaryFile))
}

/// By the first line: only message rows have a decimal time in front, and orderbook rows are nothing but numbers. A head
/// without a line end is a long orderbook row.
fn lobster_format(head: &[u8]) -> Option<Format> {
    let line = lobster::split_line(head).map_or(head, |(line, _)| line);
    if lobster::parse_message(line).is_ok() {
        return Some(Format::LobsterMessages);
    }
    let numbers = line.contains(&b',') && line.iter().all(|byte| byte.is_ascii_digit() || b",-".contains(byte));
    numbers.then_some(Format::LobsterOrderbook)
}

/// A plausible first record: a length that some type has, or has had, or an end mark, or a record whose length was left
/// zero, so that the reader can say precisely what is wrong with it.
fn is_binary_file(head: &[u8]) -> bool {
    let &[high, low, ref rest @ ..] = head else { return false };
    let length = usize::from(u16::from_be_bytes([high, low]));
    match (length, rest.first()) {
        (0, None) => true,
        (0, Some(&kind)) => kind == 0 || length_of(kind).is_some(),
        (_, Some(&kind)) => length <= 4 * MAX_MESSAGE_BYTES && length_of(kind).is_some(),
        (_, None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_known_by_its_head() {
        assert_eq!(detect(&[0xd4, 0xc3, 0xb2, 0xa1, 2, 0]), Some(Format::Pcap));
        assert_eq!(detect(&[0x0a, 0x0d, 0x0d, 0x0a, 0, 0]), Some(Format::Pcapng));
        assert_eq!(detect(&[0, 12, b'S', 0, 0, 0]), Some(Format::BinaryFile));
        assert_eq!(detect(b"34200.017459617,5,0,1,2238200,-1\n34200.1"), Some(Format::LobsterMessages));
        assert_eq!(detect(b"2239500,100,2231800,100\n2239500,100"), Some(Format::LobsterOrderbook));
        assert_eq!(
            detect(b"2239500,100,2231800,100,2239600,100,2231700,200,2239700,100,2231"),
            Some(Format::LobsterOrderbook)
        );
    }

    #[test]
    fn a_file_without_lengths_is_still_told_as_itch() {
        assert_eq!(detect(&[0, 0, b'S', 0, 0, 0]), Some(Format::BinaryFile));
        assert_eq!(detect(&[0, 0]), Some(Format::BinaryFile));
    }

    #[test]
    fn anything_else_is_none_of_them() {
        for head in [&b""[..], b"x", b"<html>", b"{\"type\":1}", &[0x7f, b'E', b'L', b'F'], b"hello, world\n"] {
            assert_eq!(detect(head), None, "{}", head.escape_ascii());
        }
    }
}
