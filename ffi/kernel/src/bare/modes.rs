//! What to do after the boot, by the command line: `test=PATTERNS` runs tests, `bench=PATTERNS` measures, `die=WAY`
//! ends badly on purpose, `feed` rebuilds books from the boot module, `cases` runs edge cases from it, `shell` talks,
//! `probe` says how fast this processor really is. With none of them the kernel says that it is ready and stops.

mod die;
mod probe;
mod shell;
mod trade;

use crate::dev::exit;
use crate::machine::machine;
use crate::phase::phase;
use crate::{bench, say, tests};

pub fn run() -> ! {
    let cmdline = machine().info.cmdline();
    phase("ready");
    if let Some(way) = cmdline.value("die") {
        die::die(way);
    }
    let mut passed = true;
    if cmdline.has("probe") {
        probe::probe();
    }
    if let Some(patterns) = cmdline.value("test") {
        passed &= test(patterns);
        phase("tests");
    }
    if let Some(patterns) = cmdline.value("bench") {
        passed &= bench::run(patterns);
        phase("bench");
    }
    if cmdline.has("cases") {
        passed &= trade::cases();
        phase("cases");
    }
    if cmdline.has("feed") {
        passed &= trade::feed();
        phase("feed");
    }
    if cmdline.has("shell") {
        shell::talk();
    }
    exit::done(passed)
}

/// Runs tests and gives the verdict; no test at all is a failure, or a mistyped pattern would pass.
fn test(patterns: &str) -> bool {
    match tests::run(patterns) {
        Some(count) => {
            say!("@verdict passed={} failed={} skipped={}", count.passed, count.failed, count.skipped);
            count.failed == 0
        }
        None => {
            say!("@verdict passed=0 failed=0 skipped=0 reason=\"no test matches\"");
            false
        }
    }
}
