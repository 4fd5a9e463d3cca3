//! One of the decoder targets, chosen by `HFTZ_FUZZ_TARGET` (`itch` without it).
#![no_main]

#[path = "../tests/support/targets.rs"]
mod targets;

use std::sync::LazyLock;

static TARGET: LazyLock<targets::Target> = LazyLock::new(|| {
    let wanted = std::env::var("HFTZ_FUZZ_TARGET").unwrap_or_else(|_| "itch".to_owned());
    let known: Vec<_> = targets::TARGETS.iter().map(|target| target.0).collect();
    let found = targets::TARGETS.iter().find(|target| target.0 == wanted);
    found.unwrap_or_else(|| panic!("HFTZ_FUZZ_TARGET is one of {}", known.join(", "))).1
});

libfuzzer_sys::fuzz_target!(|input: &[u8]| (*TARGET)(input));
