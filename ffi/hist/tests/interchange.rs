//! What we write, another implementation reads; what it writes, we read; what is broken is refused by place and rule.
#![allow(clippy::unwrap_used)]

use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};
use hdrhistogram::serialization::{Deserializer, Serializer, V2Serializer};
use hftz_hist::{DecodeError, DecodeRule, HistError, Histogram, Layout, OwnedHistogram, log};
use proptest::prelude::*;
use std::io::{Read, Write};

const PARTS: [u32; 6] = [0, 500_000, 900_000, 990_000, 999_900, 1_000_000];

fn encoded(hist: &OwnedHistogram) -> Vec<u8> {
    let mut bytes = vec![0; hist.encoded_bound()];
    let length = hist.encode(&mut bytes).unwrap();
    bytes.truncate(length);
    bytes
}

fn decoded(bytes: &[u8]) -> Result<Histogram<Vec<u64>>, DecodeError> {
    Histogram::decode(bytes, vec![0; Layout::of_encoded(bytes)?.len()])
}

fn values() -> impl Strategy<Value = Vec<(u64, u64)>> {
    let value = (0_u64..1 << 40, 0_u32..40).prop_map(|(value, shift)| value >> shift);
    proptest::collection::vec((value, prop_oneof![4 => Just(1_u64), 1 => 1_u64..1 << 50]), 0..300)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn another_implementation_reads_the_same_counts(values in values(), digits in 1_u8..=3) {
        let mut ours = OwnedHistogram::new(Layout::new(digits, 1 << 40).unwrap());
        let mut theirs = hdrhistogram::Histogram::<u64>::new_with_bounds(1, 1 << 40, digits).unwrap();
        for (value, times) in values {
            ours.record_many(value, times);
            theirs.record_n(value, times).unwrap();
        }
        let bytes = encoded(&ours);
        let read: hdrhistogram::Histogram<u64> = hdrhistogram::serialization::Deserializer::new()
            .deserialize(&mut bytes.as_slice()).unwrap();
        prop_assert_eq!(&read, &theirs);
        let mut written = Vec::new();
        V2Serializer::new().serialize(&theirs, &mut written).unwrap();
        prop_assert_eq!(&written, &bytes);
        let back = decoded(&written).unwrap();
        prop_assert_eq!(back.counts(), ours.counts());
        prop_assert_eq!(back.percentiles(PARTS), ours.percentiles(PARTS));
    }

    #[test]
    fn broken_encodings_are_refused_and_never_crash(values in values(), at in any::<usize>(), bit in 0_u8..8, cut in any::<usize>()) {
        let mut ours = OwnedHistogram::new(Layout::new(2, 1 << 40).unwrap());
        values.iter().for_each(|&(value, times)| ours.record_many(value, times));
        let mut bytes = encoded(&ours);
        let place = at % bytes.len();
        bytes[place] ^= 1 << bit;
        // A flipped digit count may ask for 50 MB; that is allowed and bounded, but not 300 times in a test.
        if place != 15 {
            let _ = decoded(&bytes);
        }
        bytes[place] ^= 1 << bit;
        bytes.truncate(cut % bytes.len());
        let error = decoded(&bytes).unwrap_err();
        prop_assert_eq!(error, DecodeError { offset: bytes.len(), rule: DecodeRule::Truncated });
    }

    #[test]
    fn arbitrary_counts_never_crash(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut bytes = encoded(&OwnedHistogram::new(Layout::new(1, 1 << 20).unwrap()));
        bytes[4..8].copy_from_slice(&(body.len() as u32).to_be_bytes());
        bytes.extend(&body);
        if let Err(error) = decoded(&bytes) {
            prop_assert!((40..=bytes.len()).contains(&error.offset));
        }
    }
}

#[test]
fn an_error_names_its_place_and_rule() {
    let mut hist = OwnedHistogram::new(Layout::new(2, 1_000).unwrap());
    hist.record(1);
    let good = encoded(&hist);
    let broken = |at: usize, byte: u8| {
        let mut bytes = good.clone();
        bytes[at] = byte;
        decoded(&bytes).unwrap_err()
    };
    assert_eq!(broken(3, 0x11), DecodeError { offset: 0, rule: DecodeRule::Cookie(0x1c84_9311) });
    assert_eq!(broken(11, 1), DecodeError { offset: 8, rule: DecodeRule::Scaled });
    assert_eq!(broken(15, 9), DecodeError { offset: 12, rule: DecodeRule::Layout(HistError::Digits { asked: 9 }) });
    assert_eq!(broken(23, 2), DecodeError { offset: 16, rule: DecodeRule::Scaled });
    // A run of 8192 zeros in a histogram of 512 slots.
    let long_run = [&good[..7], &[3], &good[8..40], &[0xFF, 0x7F, 0x01]].concat();
    assert_eq!(decoded(&long_run).unwrap_err(), DecodeError { offset: 40, rule: DecodeRule::TooMany });
    assert_eq!(broken(3, 0).to_string(), "histogram encoding, byte 0: 0x1c849300 is not the mark of a V2 histogram");
    let mut short = [0; 40];
    assert_eq!(hist.encode(&mut short), Err(HistError::Room { needed: 58, given: 40 }));
}

#[test]
fn a_log_is_read_back_with_the_same_percentiles() {
    let mut hist = OwnedHistogram::new(Layout::LATENCY);
    (0..50_000_u64).for_each(|i| hist.record(i * i % 1_000_003 + 40));
    let mut deflate = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    deflate.write_all(&encoded(&hist)).unwrap();
    let compressed = deflate.finish().unwrap();
    let mut text = String::new();
    log::write_head(&mut text, 1_700_000_000_123).unwrap();
    let interval =
        |tag, start_ms| log::Interval { tag, start_ms, length_ms: 1_002, max: hist.max(), compressed: &compressed };
    log::write_interval(&mut text, &interval(None, 500)).unwrap();
    log::write_interval(&mut text, &interval(Some("book"), 1_502)).unwrap();
    let mut seen = 0;
    for entry in IntervalLogIterator::new(text.as_bytes()) {
        match entry.unwrap() {
            LogEntry::StartTime(time) => assert_eq!(time.as_millis(), 1_700_000_000_123),
            LogEntry::Interval(line) => {
                assert_eq!(line.tag().map(|t| t.as_str()), [None, Some("book")][seen]);
                assert_eq!(
                    (line.start_timestamp().as_millis(), line.duration().as_millis()),
                    ([500, 1_502][seen], 1_002)
                );
                let bytes = base64(line.encoded_histogram());
                assert_eq!(bytes[..4], 0x1c84_9314_u32.to_be_bytes());
                let mut plain = Vec::new();
                flate2::read::ZlibDecoder::new(&bytes[8..]).read_to_end(&mut plain).unwrap();
                let read: hdrhistogram::Histogram<u64> =
                    Deserializer::new().deserialize(&mut plain.as_slice()).unwrap();
                for part in PARTS {
                    let quantile = f64::max(f64::from(part) / 1e6, f64::MIN_POSITIVE);
                    assert_eq!(hist.percentile(part), read.value_at_quantile(quantile));
                }
                seen += 1;
            }
            LogEntry::BaseTime(_) => {}
        }
    }
    assert_eq!(seen, 2);
}

fn base64(text: &str) -> Vec<u8> {
    let digit =
        |c: u8| b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".iter().position(|&d| d == c);
    let bits: Vec<u32> = text.bytes().map_while(|c| digit(c).map(|d| d as u32)).collect();
    let groups = bits.chunks(4).flat_map(|group| {
        let word = group.iter().enumerate().fold(0, |word, (i, bits)| word | bits << (18 - 6 * i));
        word.to_be_bytes()[1..group.len()].to_vec()
    });
    groups.collect()
}
