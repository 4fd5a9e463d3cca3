//! `hftz-bench <suite> [--json] [--name value ...]`: the lab's suites at their full length, and books on huge pages.

mod arguments;
mod book;
mod memory;
mod openloop;

use std::process::ExitCode;

use arguments::Arguments;
use hftz_lab::{Options, Run, environment};
use serde_json::json;

#[global_allocator]
static ALLOCATOR: memory::Allocator = memory::Allocator;

/// Name, what it measures, what runs it.
const SUITES: &[(&str, &str, Run)] = &[
    ("itch", "decode, dispatch, count, encode and print ITCH from memory", hftz_lab::itch::run),
    ("book", "decode and apply a generated day to replica books, on small and on huge pages", book::run),
    ("journal", "append to the journal, in each durability, and how late group commit is", hftz_lab::journal::run),
    (
        "match",
        "the matching engine on the public workload, alone and with reports handed over",
        hftz_lab::matching::run,
    ),
    ("ring", "queues between two threads", hftz_lab::ring::run),
    ("clock", "readings of the counter and its calibration", hftz_lab::clock::run),
    ("jitter", "gaps that a spinning thread sees", hftz_lab::jitter::run),
    ("net", "UDP on loopback", hftz_lab::net::run),
    (
        "openloop",
        "the exchange under open load through shared memory and UDP, then more load until it breaks",
        openloop::run,
    ),
    ("velox", "the Velox pipeline at a rate", hftz_lab::velox::run),
];

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let name = words.next().unwrap_or_default();
    let Some((_, _, suite)) = SUITES.iter().find(|(known, ..)| *known == name) else {
        eprintln!("usage: hftz-bench <suite> [--json] [--name value ...]");
        for (known, about, _) in SUITES {
            eprintln!("  {known:10}{about}");
        }
        return ExitCode::from(2);
    };
    let report = Arguments::parse(words).and_then(|arguments| {
        let options = Options::new(arguments.numbers, &|| false);
        let report = suite(&options)?;
        options.finish()?;
        Ok((report, arguments.json))
    });
    match report {
        Ok((report, true)) => {
            println!("{}", json!({ "environment": environment::describe(), "suites": { name: report.json() } }));
        }
        Ok((report, false)) => {
            let machine = environment::describe();
            println!("{name} on {}, {} cores, Linux {}", machine["cpu"], machine["cores"], machine["kernel"]);
            print!("{report}");
        }
        Err(why) => {
            eprintln!("hftz-bench {name}: {why}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
