//! Damaged gzip: whatever the file holds, the reader gets bytes or one error that names the file, and no more bytes than
//! the damage allows. `HFTZ_FUZZ_ITERATIONS` is the number of inputs (a tenth of it here, and at most 200,000: each is a file and a thread).

#![allow(clippy::unwrap_used, clippy::expect_used)]

use flate2::{Compression, write::GzEncoder};
use hftz_source::{Fill, Stream};
use std::io::Write;

/// Where a reader of ITCH would have given up long before; keeps a bomb from filling the memory of the test.
const MOST_INFLATED: usize = 64 << 20;

fn gzip(bytes: &[u8], level: u32) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(level));
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Stored, dynamic and repeating blocks, an empty member, and two members in one file.
fn seeds() -> Vec<Vec<u8>> {
    let text: Vec<u8> = (0..4_000u32).flat_map(|i| (i * i % 977).to_be_bytes()).collect();
    let two = [gzip(&text, 1), gzip(b"the second member", 9)].concat();
    vec![gzip(&text, 0), gzip(&text, 6), gzip(&[0; 100_000], 9), gzip(b"", 6), two]
}

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
}

/// Changes everything but the magic number, without which it is no gzip file.
fn damage(packed: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..=random.below(4) {
        let at = 2 + random.below(packed.len().saturating_sub(2));
        match random.below(5) {
            _ if at >= packed.len() => packed.extend_from_slice(b"tail"),
            0 => packed[at] ^= 1 << random.below(8),
            1 => packed[at] = random.next() as u8,
            2 => packed.truncate(at),
            3 => drop(packed.drain(at..(at + 1 + random.below(16)).min(packed.len()))),
            _ => drop(packed.splice(at..at, std::iter::repeat_n(0xff, 1 + random.below(16)))),
        }
    }
}

/// What comes out, and the error at the end if there is one.
fn read_all(path: &str) -> (usize, Option<String>) {
    let mut inflated = 0;
    let mut stream = match Stream::open(path, &|| false) {
        Ok(stream) => stream,
        Err(error) => return (0, Some(error.to_string())),
    };
    loop {
        inflated += stream.window().len();
        stream.consume(stream.window().len());
        if stream.ended() || inflated > MOST_INFLATED {
            return (inflated, None);
        }
        match stream.fill(&|| false) {
            Ok(Fill::More | Fill::End) => {}
            Ok(Fill::Stopped) => unreachable!("nobody stops it"),
            Err(error) => return (inflated + stream.window().len(), Some(error.to_string())),
        }
    }
}

#[test]
fn damaged_gzip_gives_bytes_or_one_error_with_the_name_of_the_file() {
    let iterations: u64 =
        std::env::var("HFTZ_FUZZ_ITERATIONS").map_or(10_000, |text| text.parse().expect("a number")) / 10;
    let iterations = iterations.min(200_000);
    let path = std::env::temp_dir().join(format!("hftz-gzip-fuzz-{}.gz", std::process::id()));
    let name = path.to_str().unwrap();
    let seeds = seeds();
    let mut random = Random(7);
    let (mut refused, mut accepted) = (0, 0);
    for _ in 0..iterations {
        let mut packed = seeds[random.below(seeds.len())].clone();
        damage(&mut packed, &mut random);
        std::fs::write(&path, &packed).unwrap();
        match read_all(name) {
            (_, Some(error)) => {
                assert!(error.contains(name), "{error}");
                refused += 1;
            }
            (inflated, None) => {
                assert!(inflated <= MOST_INFLATED + (1 << 20), "{inflated} bytes from {}", packed.len());
                accepted += 1;
            }
        }
    }
    std::fs::remove_file(&path).unwrap();
    // The checksum finds nearly all damage; what only touches the header's name or time field is rightly read.
    assert!(refused > accepted, "{refused} refused, {accepted} read");
}
