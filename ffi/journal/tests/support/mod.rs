//! What the tests of the journal share: directories that go away, contents that can be foretold, a disk to pull the
//! plug on.

#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

pub mod disk;
pub mod random;

use hftz_journal::{Durability, History, Intent, Medium, Options};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A directory that is removed with everything in it.
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn new(what: &str) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("hftz-journal-{what}-{}-{number}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// Where the journal goes; not made yet.
    pub fn journal(&self) -> PathBuf {
        self.0.join("journal")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The payload of record `sequence`: 0 to 150 bytes that depend on nothing else.
pub fn payload(sequence: u64) -> Vec<u8> {
    let mut random = random::Random::new(sequence);
    let length = random.below(151) as usize;
    (0..length).map(|_| random.next() as u8).collect()
}

pub fn kind(sequence: u64) -> u8 {
    (sequence % 200) as u8
}

/// Small segments, so that a few thousand records roll over many of them.
pub fn small(durability: Durability) -> Options {
    Options { durability, segment_bytes: 64 << 10, ..Options::default() }
}

/// Every way of writing.
pub fn every_way() -> Vec<Options> {
    let quick = Durability::Async { every: Duration::from_millis(2) };
    let delayed = Durability::Group { bytes: 4096, delay: Duration::from_micros(200) };
    [Durability::None, quick, Durability::group(), delayed]
        .into_iter()
        .flat_map(|durability| {
            [Medium::Mapped, Medium::Written].map(|medium| Options { medium: Some(medium), ..small(durability) })
        })
        .collect()
}

/// Reads everything that recovery would give and checks that each record is the one that was written.
pub fn check_contents(history: &History) -> u64 {
    let mut expected = history.snapshot().map_or(0, |snapshot| snapshot.at.sequence);
    let mut records = history.records().unwrap();
    while let Some(record) = records.next() {
        let record = record.unwrap();
        expected += 1;
        assert_eq!(record.sequence, expected);
        assert_eq!(record.kind, kind(expected));
        assert_eq!(record.payload, payload(expected), "record {expected}");
    }
    assert_eq!(expected, history.report().last);
    expected
}

pub fn open(path: &Path) -> History {
    History::open(path, Intent::default()).unwrap()
}
