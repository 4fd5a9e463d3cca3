//! The latency lab: one suite a module, each a function from [`Options`] to a [`Report`].
//!
//! The same suites run inside the product (`hftz bench`) and, beside peers from package registries, in the development
//! benchmark of `bench/`. Costs are thread time of paired rounds ([`rounds`]); latencies are histograms, and wherever load is
//! offered they count from the intended time. A suite asks [`Options::stopped`] between rounds, so that Ctrl-C costs little.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod book;
pub mod clock;
pub mod environment;
pub mod foreign;
pub mod itch;
pub mod jitter;
pub mod journal;
pub mod matching;
pub mod net;
mod options;
pub mod paired;
pub mod recording;
mod report;
pub mod ring;
pub mod rounds;
mod slices;
pub mod velox;

pub use options::{Options, STOPPED};
pub use report::{Report, latency, stretch};

/// A function that measures.
pub type Run = fn(&Options) -> Result<Report, String>;

/// A suite: what `hftz bench` runs by name.
#[derive(Clone, Copy)]
pub struct Suite {
    pub name: &'static str,
    pub about: &'static str,
    pub run: Run,
    /// Options of a run that ends within a few seconds.
    pub quick: &'static [(&'static str, u64)],
}

/// Every suite, in the order in which they run.
pub const SUITES: &[Suite] = &[
    Suite {
        name: "clock",
        about: "readings of the counter, what they cost, and its calibration",
        run: clock::run,
        quick: &[("rounds", 7), ("readings", 200_000)],
    },
    Suite {
        name: "jitter",
        about: "gaps that a spinning thread sees",
        run: jitter::run,
        quick: &[("milliseconds", 3_000)],
    },
    Suite {
        name: "ring",
        about: "queues between two threads: throughput at every size, round trip",
        run: ring::run,
        quick: &[("rounds", 5), ("items", 500_000), ("trips", 20_000)],
    },
    Suite {
        name: "book",
        about: "decode a generated day and apply it to replica books",
        run: book::run,
        quick: &[("rounds", 20), ("messages", 1_000_000), ("live", 100_000)],
    },
    Suite {
        name: "itch",
        about: "decode, dispatch, count, encode and print ITCH from memory",
        run: itch::run,
        quick: &[("rounds", 5), ("messages", 300_000)],
    },
    Suite {
        name: "match",
        about: "the matching engine on the public workload, alone and with reports handed over",
        run: matching::run,
        quick: &[("rounds", 5)],
    },
    Suite {
        name: "journal",
        about: "append to the journal in each durability, and how late a durable record is",
        run: journal::run,
        quick: &[("rounds", 5), ("records", 200_000), ("rate", 200_000), ("milliseconds", 200)],
    },
    Suite {
        name: "net",
        about: "UDP on loopback: packets a second, round trip from the intended time",
        run: net::run,
        quick: &[("milliseconds", 2_000)],
    },
    Suite {
        name: "velox",
        about: "the Velox pipeline at a rate: drops, bundles, waits, latency",
        run: velox::run,
        quick: &[("rounds", 1), ("milliseconds", 5_000)],
    },
];

/// The suite of that name.
#[must_use]
pub fn suite(name: &str) -> Option<&'static Suite> {
    SUITES.iter().find(|suite| suite.name == name)
}
