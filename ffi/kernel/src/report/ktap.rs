//! The Kernel Test Anything Protocol, version 1 (Linux documentation, dev-tools/ktap): a plan, then one line a test; a
//! group is a nested document, indented by two, and its own line afterwards.

use core::fmt::{self, Write};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome<'a> {
    Passed,
    Failed,
    /// Could not be asked here, and why.
    Skipped(&'a str),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Count {
    pub passed: usize,
    pub failed: usize,
    pub skipped: usize,
}

impl Count {
    #[must_use]
    pub const fn total(&self) -> usize {
        self.passed + self.failed + self.skipped
    }
}

/// Writes a document with groups of leaves to `out`, counting leaves.
pub struct Ktap<W> {
    out: W,
    pub count: Count,
    groups: usize,
    group: Count,
}

impl<W: Write> Ktap<W> {
    /// # Errors
    /// Those of the writer, as everywhere here.
    pub fn begin(mut out: W, groups: usize) -> Result<Self, fmt::Error> {
        writeln!(out, "KTAP version 1\n1..{groups}")?;
        Ok(Self { out, count: Count::default(), groups: 0, group: Count::default() })
    }

    /// Opens a group of `leaves` tests.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn group(&mut self, name: &str, leaves: usize) -> fmt::Result {
        self.group = Count::default();
        writeln!(self.out, "  KTAP version 1\n  # Subtest: {name}\n  1..{leaves}")
    }

    /// Reports one test of the open group.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn leaf(&mut self, name: &str, outcome: Outcome<'_>) -> fmt::Result {
        let number = self.group.total() + 1;
        match outcome {
            Outcome::Passed => {
                self.group.passed += 1;
                writeln!(self.out, "  ok {number} {name}")
            }
            Outcome::Failed => {
                self.group.failed += 1;
                writeln!(self.out, "  not ok {number} {name}")
            }
            Outcome::Skipped(why) => {
                self.group.skipped += 1;
                writeln!(self.out, "  ok {number} {name} # SKIP {why}")
            }
        }
    }

    /// Closes the group with its own line: it passed when none of its leaves failed.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn close(&mut self, name: &str) -> fmt::Result {
        self.groups += 1;
        let word = if self.group.failed == 0 { "ok" } else { "not ok" };
        self.count.passed += self.group.passed;
        self.count.failed += self.group.failed;
        self.count.skipped += self.group.skipped;
        writeln!(self.out, "{word} {} {name}", self.groups)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_reads_as_the_protocol_says() {
        let mut text = String::new();
        let mut ktap = Ktap::begin(&mut text, 2).unwrap();
        ktap.group("mem", 2).unwrap();
        ktap.leaf("pmm", Outcome::Passed).unwrap();
        ktap.leaf("huge", Outcome::Skipped("no 1 GiB pages")).unwrap();
        ktap.close("mem").unwrap();
        ktap.group("cpu", 1).unwrap();
        ktap.leaf("idt", Outcome::Failed).unwrap();
        ktap.close("cpu").unwrap();
        assert_eq!(ktap.count, Count { passed: 1, failed: 1, skipped: 1 });
        let expected = "KTAP version 1\n1..2\n  KTAP version 1\n  # Subtest: mem\n  1..2\n  ok 1 pmm\n  ok 2 huge # SKIP no 1 GiB pages\n\
                        ok 1 mem\n  KTAP version 1\n  # Subtest: cpu\n  1..1\n  not ok 1 idt\nnot ok 2 cpu\n";
        assert_eq!(text, expected);
    }
}
