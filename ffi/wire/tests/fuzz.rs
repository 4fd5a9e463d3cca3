//! Fuzzing that runs anywhere: seeded mutations of good inputs, the same ones every time.
//!
//! `HFTZ_FUZZ_ITERATIONS` is the number of inputs per decoder (10,000 without it), `HFTZ_FUZZ_SEED` another
//! sequence, `HFTZ_FUZZ_CORPUS` a folder to write the seeds to, for `cargo fuzz`. Inputs lie against an unreadable page,
//! in turn in front and behind, so a read outside them ends the process. An input that breaks a promise is printed.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "support/corpus.rs"]
mod corpus;
#[path = "support/guarded.rs"]
mod guarded;
#[path = "support/mutation.rs"]
mod mutation;
#[path = "support/targets.rs"]
mod targets;

use guarded::Guarded;
use mutation::{MOST_BYTES, fuzz};
use targets::TARGETS;

#[test]
fn no_decoder_breaks_a_promise_whatever_it_reads() {
    let mut room = Guarded::new(MOST_BYTES);
    for (name, target) in TARGETS {
        fuzz(name, &corpus::seeds(name), 10_000..=u64::MAX, |iteration, input| {
            target(if iteration % 2 == 0 { room.at_end(input) } else { room.at_start(input) });
        });
    }
}

#[test]
fn seeds_are_good_inputs() {
    for (name, target) in TARGETS {
        let seeds = corpus::seeds(name);
        assert!(!seeds.is_empty());
        seeds.iter().for_each(|seed| target(seed));
        if let Some(folder) = std::env::var_os("HFTZ_FUZZ_CORPUS") {
            let folder = std::path::Path::new(&folder).join(name);
            std::fs::create_dir_all(&folder).unwrap();
            for (index, seed) in seeds.iter().enumerate() {
                std::fs::write(folder.join(format!("seed-{index:02}")), seed).unwrap();
            }
        }
    }
}
