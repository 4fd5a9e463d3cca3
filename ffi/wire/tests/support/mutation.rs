//! Seeded mutations of good inputs: the layer that every decoder's fuzz test stands on, here and in other crates.
//!
//! `HFTZ_FUZZ_ITERATIONS` is the number of inputs per decoder, `HFTZ_FUZZ_SEED` another sequence.

use std::ops::RangeInclusive;

/// No input is longer.
pub const MOST_BYTES: usize = 16 * 1024;

fn number_from_environment(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.replace('_', "").parse().expect("a number"))
}

/// SplitMix64: every seed is good and a step is three lines.
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

/// Values that lengths and counts go wrong at.
const EDGES: [u8; 10] = [0, 1, 2, 0x0a, b'-', b'9', 0x7f, 0x80, 0xfe, 0xff];

/// Changes `input` in one place.
fn mutate(input: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    let at = random.below(input.len());
    match random.below(8) {
        _ if input.is_empty() => input.extend(other),
        0 => input[at] ^= 1 << random.below(8),
        1 => input[at] = EDGES[random.below(EDGES.len())],
        2 => input[at] = random.next() as u8,
        3 => input.truncate(at),
        4 => drop(input.drain(at..(at + 1 + random.below(8)).min(input.len()))),
        5 => {
            let byte = EDGES[random.below(EDGES.len())];
            input.splice(at..at, std::iter::repeat_n(byte, 1 + random.below(8)));
        }
        6 => {
            let end = (at + 1 + random.below(100)).min(input.len());
            let piece = input[at..end].to_vec();
            input.splice(at..at, piece);
        }
        _ => {
            let from = random.below(other.len());
            input.splice(at.., other[from..].iter().copied());
        }
    }
    input.truncate(MOST_BYTES);
}

/// Prints the input when the target panics with it.
struct Witness<'a>(&'a str, &'a [u8]);

impl Drop for Witness<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let hex: String = self.1.iter().map(|byte| format!("{byte:02x}")).collect();
            eprintln!("the target `{}` broke a promise with {} bytes: {hex}", self.0, self.1.len());
        }
    }
}

/// Calls `target` with one input after the other, made of `seeds`; the first ones are the seeds as they are. How many:
/// what the environment says, the first of `iterations` without it, at most the last.
pub fn fuzz(name: &str, seeds: &[Vec<u8>], iterations: RangeInclusive<u64>, mut target: impl FnMut(u64, &[u8])) {
    let mut random = Random(number_from_environment("HFTZ_FUZZ_SEED", 1));
    let count = number_from_environment("HFTZ_FUZZ_ITERATIONS", *iterations.start()).min(*iterations.end());
    for iteration in 0..count {
        let mut input = seeds[random.below(seeds.len())].clone();
        let mutations = if iteration < 32 { 0 } else { 1 + random.below(6) };
        for _ in 0..mutations {
            let other = &seeds[random.below(seeds.len())];
            mutate(&mut input, other, &mut random);
        }
        let witness = Witness(name, &input);
        target(iteration, &input);
        drop(witness);
    }
}
