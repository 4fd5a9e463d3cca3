//! The V2 encoding, the payload of an `.hlog` line before compression.
//!
//! A header of 40 bytes, big endian: cookie `0x1c849313`, bytes of counts, normalising offset (0), significant digits, lowest value
//! (1), highest value (64 bits), integer-to-double ratio (1.0). Then the counts by slot up to the last that is not 0, each a
//! ZigZag LEB128 number of at most 9 bytes; a negative number is a run of that many zeros.

use crate::error::{DecodeError, DecodeRule, HistError};
use crate::histogram::Histogram;
use crate::layout::Layout;

const COOKIE: u32 = 0x1c84_9313;
const COMPRESSED_COOKIE: u32 = 0x1c84_9314;
const HEADER: usize = 40;
const LONGEST: usize = 9;

/// What stands before a zlib-compressed encoding of `length` bytes.
#[must_use]
pub(crate) fn compressed_header(length: u32) -> [u8; 8] {
    (u64::from(COMPRESSED_COOKIE) << 32 | u64::from(length)).to_be_bytes()
}

impl<B: AsRef<[u64]>> Histogram<B> {
    /// Slots up to the last one in use.
    fn used(&self) -> &[u64] {
        let counts = self.counts();
        // Even nothing is written as one count of zero, as the original does.
        &counts[..counts.iter().rposition(|&n| n != 0).map_or(1, |last| last + 1)]
    }

    /// Bytes that [`Histogram::encode`] needs at most.
    #[must_use]
    pub fn encoded_bound(&self) -> usize {
        HEADER + self.used().len() * LONGEST
    }

    /// Writes the uncompressed V2 encoding to the front of `out`; returns its length in bytes.
    ///
    /// # Errors
    /// [`HistError::Room`] unless `out` has [`Histogram::encoded_bound`] bytes, [`HistError::Count`] for a count of 2^63 or more.
    #[allow(clippy::cast_possible_truncation)]
    pub fn encode(&self, out: &mut [u8]) -> Result<usize, HistError> {
        let (needed, given) = (self.encoded_bound(), out.len());
        if given < needed {
            return Err(HistError::Room { needed, given });
        }
        let (header, body) = out.split_at_mut(HEADER);
        let (mut at, mut zeros) = (0, 0_i64);
        for &count in self.used() {
            if count == 0 {
                zeros += 1;
                continue;
            }
            if zeros > 0 {
                // A lone zero is written as such: the same length, and the same bytes as the original.
                at += put(&mut body[at..], if zeros == 1 { 0 } else { -zeros });
                zeros = 0;
            }
            at += put(&mut body[at..], i64::try_from(count).map_err(|_| HistError::Count)?);
        }
        if zeros > 0 {
            at += put(&mut body[at..], 0);
        }
        header[0..4].copy_from_slice(&COOKIE.to_be_bytes());
        header[4..8].copy_from_slice(&(at as u32).to_be_bytes());
        header[8..12].copy_from_slice(&[0; 4]);
        header[12..16].copy_from_slice(&u32::from(self.layout.digits()).to_be_bytes());
        header[16..24].copy_from_slice(&1_u64.to_be_bytes());
        header[24..32].copy_from_slice(&self.layout.highest().to_be_bytes());
        header[32..40].copy_from_slice(&1.0_f64.to_be_bytes());
        Ok(HEADER + at)
    }
}

impl Layout {
    /// The layout of an encoded histogram, from its header.
    ///
    /// # Errors
    /// [`DecodeError`] with the field that is wrong.
    pub fn of_encoded(bytes: &[u8]) -> Result<Self, DecodeError> {
        let at = |offset, rule| Err(DecodeError { offset, rule });
        let Some(header) = bytes.first_chunk::<HEADER>() else { return at(bytes.len(), DecodeRule::Truncated) };
        let word = |i: usize| u32::from_be_bytes([header[i], header[i + 1], header[i + 2], header[i + 3]]);
        let double = |i: usize| u64::from(word(i)) << 32 | u64::from(word(i + 4));
        if word(0) != COOKIE {
            return at(0, DecodeRule::Cookie(word(0)));
        }
        if word(8) != 0 {
            return at(8, DecodeRule::Scaled);
        }
        if double(16) != 1 {
            return at(16, DecodeRule::Scaled);
        }
        if double(32) != 1.0_f64.to_bits() {
            return at(32, DecodeRule::Scaled);
        }
        let digits = u8::try_from(word(12)).unwrap_or(u8::MAX);
        Self::new(digits, double(24)).or_else(|error| {
            let offset = if matches!(error, HistError::Digits { .. }) { 12 } else { 24 };
            at(offset, DecodeRule::Layout(error))
        })
    }
}

impl<B: AsRef<[u64]> + AsMut<[u64]>> Histogram<B> {
    /// Reads an uncompressed V2 encoding into the caller's memory, which has the length that [`Layout::of_encoded`] tells. The
    /// exact figures are lost in the encoding; those of the result are the bounds and middles of slots.
    ///
    /// # Errors
    /// [`DecodeError`] with the offset and the rule.
    pub fn decode(bytes: &[u8], counts: B) -> Result<Self, DecodeError> {
        let layout = Layout::of_encoded(bytes)?;
        let fit = |error| DecodeError { offset: 0, rule: DecodeRule::Layout(error) };
        let mut hist = Self::in_memory(layout, counts).map_err(fit)?;
        let length = u32::from_be_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]) as usize;
        let body = &bytes[HEADER..];
        let Some(body) = body.get(..length) else {
            return Err(DecodeError { offset: bytes.len(), rule: DecodeRule::Truncated });
        };
        let (mut at, mut index) = (0, 0_usize);
        while at < body.len() {
            let fail = |rule| DecodeError { offset: HEADER + at, rule };
            let (value, used) = get(&body[at..]).ok_or(fail(DecodeRule::Truncated))?;
            if value < 0 {
                let run = usize::try_from(value.unsigned_abs()).unwrap_or(usize::MAX);
                index = index.checked_add(run).filter(|&i| i <= layout.len()).ok_or(fail(DecodeRule::TooMany))?;
            } else {
                let slot = hist.counts.as_mut().get_mut(index).ok_or(fail(DecodeRule::TooMany))?;
                *slot = value.unsigned_abs();
                hist.count = hist.count.checked_add(*slot).ok_or(fail(DecodeRule::Overflow))?;
                index += 1;
            }
            at += used;
        }
        let (mut min, mut max, mut sum) = (u64::MAX, 0, 0);
        for slot in hist.buckets() {
            (min, max) = (min.min(slot.lowest), slot.highest);
            sum += (u128::from(slot.lowest) + u128::from(slot.highest)).div_ceil(2) * u128::from(slot.count);
        }
        hist.sum = sum.into();
        hist.set_extremes(min, max);
        Ok(hist)
    }
}

/// Writes a ZigZag LEB128 number: seven bits a byte, low first, the ninth byte all eight. Returns its length.
#[allow(clippy::cast_possible_truncation)]
fn put(out: &mut [u8], value: i64) -> usize {
    let mut rest = u64::from_ne_bytes((value << 1 ^ value >> 63).to_ne_bytes());
    let mut length = 0;
    while length < LONGEST - 1 && rest >= 0x80 {
        out[length] = rest as u8 | 0x80;
        rest >>= 7;
        length += 1;
    }
    out[length] = rest as u8;
    length + 1
}

/// Reads what [`put`] writes; nothing when the bytes end inside the number.
fn get(bytes: &[u8]) -> Option<(i64, usize)> {
    let mut folded = 0_u64;
    for (i, &byte) in bytes.iter().take(LONGEST).enumerate() {
        let last = i == LONGEST - 1;
        folded |= u64::from(if last { byte } else { byte & 0x7F }) << (7 * i);
        if last || byte & 0x80 == 0 {
            return Some((i64::from_ne_bytes(((folded >> 1) ^ (folded & 1).wrapping_neg()).to_ne_bytes()), i + 1));
        }
    }
    None
}
