//! `.hlog`: histograms over time, one line an interval, as HdrHistogram's log tools read them (format version 1.3).

use crate::codec::compressed_header;
use core::fmt::{self, Write};

/// Writes the head of a log that starts at `start_ms` milliseconds since 1970.
///
/// # Errors
/// Those of `out`.
pub fn write_head(out: &mut impl Write, start_ms: u64) -> fmt::Result {
    let (seconds, ms) = (start_ms / 1_000, start_ms % 1_000);
    writeln!(out, "#[Histogram log format version 1.3]")?;
    writeln!(out, "#[StartTime: {seconds}.{ms:03} (seconds since epoch)]")?;
    writeln!(out, "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"")
}

/// One interval of a log.
#[derive(Clone, Copy, Debug)]
pub struct Interval<'a> {
    /// Tells several series in one log apart; without comma, space or line break.
    pub tag: Option<&'a str>,
    /// Milliseconds from the start of the log to the start of the interval.
    pub start_ms: u64,
    pub length_ms: u64,
    /// The largest value, in millionths of the unit that the reader is to see (nanoseconds are seen as milliseconds).
    pub max: u64,
    /// The zlib-compressed encoding of the histogram.
    pub compressed: &'a [u8],
}

/// Writes one line.
///
/// # Errors
/// Those of `out`, and for a histogram of 4 GiB or more.
pub fn write_interval(out: &mut impl Write, interval: &Interval<'_>) -> fmt::Result {
    let Interval { tag, start_ms, length_ms, max, compressed } = *interval;
    if let Some(tag) = tag {
        write!(out, "Tag={tag},")?;
    }
    write!(out, "{}.{:03},{}.{:03},", start_ms / 1_000, start_ms % 1_000, length_ms / 1_000, length_ms % 1_000)?;
    write!(out, "{}.{:03},", max / 1_000_000, max % 1_000_000 / 1_000)?;
    let header = compressed_header(u32::try_from(compressed.len()).map_err(|_| fmt::Error)?);
    write_base64(out, header.iter().chain(compressed).copied())?;
    out.write_char('\n')
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Base64 with padding (RFC 4648, section 4).
fn write_base64(out: &mut impl Write, mut bytes: impl Iterator<Item = u8>) -> fmt::Result {
    while let Some(first) = bytes.next() {
        let (second, third) = (bytes.next(), bytes.next());
        let group = u32::from_be_bytes([0, first, second.unwrap_or(0), third.unwrap_or(0)]);
        let digit = |shift: u32| char::from(DIGITS[(group >> shift & 63) as usize]);
        out.write_char(digit(18))?;
        out.write_char(digit(12))?;
        out.write_char(if second.is_some() { digit(6) } else { '=' })?;
        out.write_char(if third.is_some() { digit(0) } else { '=' })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_rfc() {
        for (plain, coded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            let mut out = alloc::string::String::new();
            write_base64(&mut out, plain.bytes()).unwrap();
            assert_eq!(out, coded);
        }
    }
}
