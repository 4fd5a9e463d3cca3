//! `hftz-bench <suite> [--json] [--name value ...]`: one suite a file, every figure from paired rounds in one process.
//!
//! A new suite is a function from [`options::Options`] to [`report::Report`] and one line in [`SUITES`].

mod book;
mod clock;
mod hist;
mod itch;
mod journal;
mod matching;
mod memory;
mod options;
mod report;
mod ring;
mod rounds;
mod velox;

use std::process::ExitCode;

use options::Options;
use report::Report;

#[global_allocator]
static ALLOCATOR: memory::Allocator = memory::Allocator;

type Suite = fn(&Options) -> Result<Report, String>;

/// Name, what it measures, what runs it.
const SUITES: &[(&str, &str, Suite)] = &[
    ("itch", "decode, dispatch, count, encode and print ITCH from memory", itch::run),
    ("book", "decode and apply a generated day to replica books", book::run),
    ("journal", "append to the journal, in each durability, and how late group commit is", journal::run),
    ("match", "the matching engine on the public workload, alone and with reports handed over", matching::run),
    ("ring", "queues between two threads, beside rtrb and crossbeam", ring::run),
    ("clock", "readings of the counter and its calibration", clock::run),
    ("hist", "recording a latency, beside the hdrhistogram crate", hist::run),
    ("velox", "the Velox pipeline at a rate", velox::run),
];

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_default();
    let Some((_, _, suite)) = SUITES.iter().find(|(known, ..)| *known == name) else {
        eprintln!("usage: hftz-bench <suite> [--json] [--name value ...]");
        for (known, about, _) in SUITES {
            eprintln!("  {known:10}{about}");
        }
        return ExitCode::from(2);
    };
    let report = Options::parse(arguments).and_then(|options| {
        let report = suite(&options)?;
        options.finish()?;
        Ok((report, options.json))
    });
    match report {
        Ok((report, true)) => println!("{}", report.json()),
        Ok((report, false)) => print!("{report}"),
        Err(why) => {
            eprintln!("hftz-bench {name}: {why}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
