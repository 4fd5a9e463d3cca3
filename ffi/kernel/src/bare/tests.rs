//! The kernel's own tests: they run in the kernel they test, and report in KTAP on the serial port. A trap or a panic
//! in a test fails that test; the machine goes on.

mod boot;
mod demand;
mod fault;
mod frames;
mod heap;
mod redzone;
mod smp;
mod space;
mod time;
mod trade;
mod user;

use crate::cpu::catch;
use crate::dev::serial::Port;
use crate::say;
use hftz_kernel::report::{Ktap, Outcome, ktap::Count, pattern};

/// How a test ends that does not pass.
pub enum Stop {
    Failed {
        what: &'static str,
        file: &'static str,
        line: u32,
    },
    /// The machine lacks what the test asks for.
    Skip(&'static str),
}

pub type Verdict = Result<(), Stop>;

pub struct Test {
    pub name: &'static str,
    pub run: fn() -> Verdict,
}

pub struct Group {
    pub name: &'static str,
    pub tests: &'static [Test],
}

const GROUPS: &[&Group] = &[
    &boot::GROUP,
    &frames::GROUP,
    &space::GROUP,
    &demand::GROUP,
    &heap::GROUP,
    &fault::GROUP,
    &redzone::GROUP,
    &time::GROUP,
    &user::GROUP,
    &smp::GROUP,
    &trade::GROUP,
];

/// Fails the test unless the condition holds.
#[macro_export]
macro_rules! check {
    ($condition:expr) => {
        if !$condition {
            return Err($crate::tests::Stop::Failed { what: stringify!($condition), file: file!(), line: line!() });
        }
    };
}

/// A table of tests named after their functions, with underscores as dashes would be: the name is the claim.
#[macro_export]
macro_rules! tests {
    ($group:literal: $($test:ident),* $(,)?) => {
        pub const GROUP: $crate::tests::Group = $crate::tests::Group {
            name: $group,
            tests: &[$($crate::tests::Test { name: stringify!($test), run: $test }),*],
        };
    };
}

/// A value, or the test fails here.
#[macro_export]
macro_rules! some {
    ($value:expr) => {
        match $value {
            Some(value) => value,
            None => return Err($crate::tests::Stop::Failed { what: stringify!($value), file: file!(), line: line!() }),
        }
    };
}

fn selected<'a>(group: &'a Group, patterns: &'a str) -> impl Iterator<Item = &'a Test> {
    group.tests.iter().filter(move |test| {
        let mut buffer = [0u8; 96];
        let name = join(group.name, test.name, &mut buffer);
        pattern::matches(patterns, name)
    })
}

/// `group/test` in a buffer: names are matched before the heap may be trusted.
fn join<'b>(group: &str, test: &str, buffer: &'b mut [u8; 96]) -> &'b str {
    let parts = group.bytes().chain([b'/']).chain(test.bytes());
    let mut length = 0;
    for (slot, byte) in buffer.iter_mut().zip(parts) {
        *slot = byte;
        length += 1;
    }
    core::str::from_utf8(&buffer[..length]).unwrap_or("")
}

/// Prints the names of all tests.
pub fn list() {
    for group in GROUPS {
        group.tests.iter().for_each(|test| say!("{}/{}", group.name, test.name));
    }
}

/// Runs the tests whose name matches; `None` when none does.
pub fn run(patterns: &str) -> Option<Count> {
    let groups = GROUPS.iter().filter(|group| selected(group, patterns).next().is_some());
    let count = groups.clone().count();
    if count == 0 {
        return None;
    }
    let mut ktap = Ktap::begin(Port, count).ok()?;
    for group in groups {
        ktap.group(group.name, selected(group, patterns).count()).ok()?;
        for test in selected(group, patterns) {
            let outcome = one(test);
            ktap.leaf(test.name, outcome).ok()?;
        }
        ktap.close(group.name).ok()?;
    }
    Some(ktap.count)
}

fn one(test: &Test) -> Outcome<'static> {
    let mut verdict = Ok(());
    let slot = &mut verdict;
    let ended = catch::catch(|| *slot = (test.run)());
    match (ended, verdict) {
        (Err(trap), _) => {
            say!("  # {}: ended by {trap:?}", test.name);
            Outcome::Failed
        }
        (Ok(()), Ok(())) => Outcome::Passed,
        (Ok(()), Err(Stop::Skip(why))) => Outcome::Skipped(why),
        (Ok(()), Err(Stop::Failed { what, file, line })) => {
            say!("  # {}: {what} does not hold ({file}:{line})", test.name);
            Outcome::Failed
        }
    }
}
