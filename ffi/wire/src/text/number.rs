//! Integers, decimal prices and quoted text.

use alloc::vec::Vec;

/// Appends a decimal integer.
#[inline]
pub fn push_unsigned(to: &mut Vec<u8>, value: impl itoa::Integer) {
    to.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// Appends a price of 10^-4 units with exactly four decimals: 1856100 is `185.6100`.
#[inline]
pub fn push_price4(to: &mut Vec<u8>, price: u32) {
    push_unsigned(to, price / 10_000);
    let fraction = fraction4(price % 10_000);
    to.extend_from_slice(&fraction);
}

/// Appends a price of 10^-8 units with exactly eight decimals.
#[inline]
pub fn push_price8(to: &mut Vec<u8>, price: u64) {
    push_unsigned(to, price / 100_000_000);
    let fraction = (price % 100_000_000) as u32;
    to.extend_from_slice(&fraction4(fraction / 10_000));
    to.extend_from_slice(&fraction4(fraction % 10_000)[1..]);
}

/// The point and four digits of a value below 10,000.
#[inline]
fn fraction4(value: u32) -> [u8; 5] {
    let digit = |power: u32| b'0' + (value / power % 10) as u8;
    [b'.', digit(1000), digit(100), digit(10), digit(1)]
}

/// Appends a JSON string of fixed-width text. ASCII stands for itself; quotes, backslashes, control bytes and bytes
/// above 0x7e, which no valid field has, come out as escapes (`\u00ff` for 0xff), so a line is always valid JSON.
pub fn push_json_text(to: &mut Vec<u8>, text: &[u8]) {
    to.push(b'"');
    for &byte in text {
        match byte {
            b'"' | b'\\' => to.extend_from_slice(&[b'\\', byte]),
            b' '..=b'~' => to.push(byte),
            _ => {
                let hex = |nibble: u8| b"0123456789abcdef"[usize::from(nibble)];
                to.extend_from_slice(&[b'\\', b'u', b'0', b'0', hex(byte >> 4), hex(byte & 15)]);
            }
        }
    }
    to.push(b'"');
}

/// Appends a CSV field of fixed-width text: quoted when it holds a comma, a quote or a line break (RFC 4180). Bytes that
/// are no printable ASCII come out as `?`, so that a line stays one line.
pub fn push_csv_text(to: &mut Vec<u8>, text: &[u8]) {
    let quoted = text.iter().any(|byte| matches!(byte, b',' | b'"'));
    if quoted {
        to.push(b'"');
    }
    for &byte in text {
        match byte {
            b'"' => to.extend_from_slice(b"\"\""),
            b' '..=b'~' => to.push(byte),
            _ => to.push(b'?'),
        }
    }
    if quoted {
        to.push(b'"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn prices_keep_all_their_decimals() {
        assert_eq!(text(|to| push_price4(to, 1_856_100)), "185.6100");
        assert_eq!(text(|to| push_price4(to, 7)), "0.0007");
        assert_eq!(text(|to| push_price4(to, u32::MAX)), "429496.7295");
        assert_eq!(text(|to| push_price8(to, 432_112_345_678)), "4321.12345678");
        assert_eq!(text(|to| push_price8(to, 5)), "0.00000005");
        assert_eq!(text(|to| push_price8(to, u64::MAX)), "184467440737.09551615");
    }

    #[test]
    fn text_that_needs_quoting_gets_it() {
        assert_eq!(text(|to| push_json_text(to, b"A\"\\\n\xff")), "\"A\\\"\\\\\\u000a\\u00ff\"");
        assert_eq!(text(|to| push_csv_text(to, b"BRK.A")), "BRK.A");
        assert_eq!(text(|to| push_csv_text(to, b"a,\"b\n")), "\"a,\"\"b?\"");
    }
}
