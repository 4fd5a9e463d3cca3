//! Work on the files that were handed over as boot modules.

use crate::cpu::regs::tsc;
use crate::machine::machine;
use crate::mem::phys;
use crate::say;
use hftz_kernel::trade::cases::{self, Ending};
use hftz_kernel::trade::feed;

fn first_module() -> Option<&'static [u8]> {
    let module = machine().info.modules().first();
    if module.is_none() {
        say!("@info no_module=\"nothing was handed over at boot\"");
    }
    module.map(|module| phys::module(module.start, module.end))
}

/// Rebuilds the books of an ITCH file and prints their state hash; progress every 16 MiB.
pub fn feed() -> bool {
    let Some(bytes) = first_module() else { return false };
    let mut next = 16 << 20;
    let begin = tsc();
    let done = feed::replay(bytes, |seen| {
        if seen >= next {
            say!("@progress bytes={seen} of={}", bytes.len());
            next = seen + (16 << 20);
        }
    });
    let cycles = tsc() - begin;
    let books = &done.books;
    say!(
        "@feed bytes={} messages={} cycles={cycles} live={} peak={} anomalies={} hash={}",
        bytes.len(),
        done.messages,
        books.live(),
        books.peak_live(),
        books.anomalies().total(),
        books.hash()
    );
    if let Some(error) = done.error {
        say!("@feed-error offset={} rule={} message=\"{error}\"", error.offset, error.name());
    }
    done.error.is_none()
}

/// Runs the matching benchmark's edge cases.
pub fn cases() -> bool {
    let Some(text) = first_module().map(core::str::from_utf8) else { return false };
    let Ok(text) = text else {
        say!("@info no_module=\"the module is not text\"");
        return false;
    };
    let (mut passed, mut failed) = (0, 0);
    cases::run(text, |name, ending| {
        if *ending == Ending::Passed {
            passed += 1;
        } else {
            failed += 1;
            say!("# {name}: {ending:?}");
        }
    });
    say!("@cases passed={passed} failed={failed}");
    failed == 0 && passed > 0
}
