//! Records of any length, across the pieces in which a segment is read: longer than a piece, begun at the end of one, or with only a
//! header in it.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use hftz_journal::{Durability, History, Intent, Manual, Options, Verdict};
use std::ops::RangeInclusive;
use std::sync::Arc;
use support::disk::{Disk, Files};
use support::random::Random;
use support::{kind, small};

/// Where the records of a segment begin.
const FIRST: usize = 64;
/// More than twice what is read at a time.
const LONGEST: u64 = 600 << 10;

fn options() -> Options {
    Options { segment_bytes: 4 << 20, ..small(Durability::group()) }
}

/// Mostly short, some of pages, a few longer than a piece.
fn payload(sequence: u64) -> Vec<u8> {
    let mut random = Random::new(sequence);
    let most = [200, 200, 5000, 5000, 70_000, LONGEST][random.below(6) as usize];
    let length = random.below(most) as usize;
    let first = random.next() as u8;
    (0..length).map(|at| first.wrapping_add(at as u8) | 1).collect()
}

fn append(journal: &mut Manual, sequences: RangeInclusive<u64>) {
    for sequence in sequences {
        assert_eq!(journal.append(kind(sequence), &payload(sequence)), Ok(sequence));
    }
}

fn begun(disk: &Arc<Disk>) -> Manual {
    History::open_in(disk.clone(), Intent::default()).unwrap().resume_by_hand(&options(), b"").unwrap()
}

/// Checks every record that is given; the last one.
fn read_all(history: &History, mut expected: u64) -> u64 {
    let mut records = history.records().unwrap();
    while let Some(record) = records.next() {
        let record = record.unwrap();
        expected += 1;
        assert_eq!((record.sequence, record.kind), (expected, kind(expected)));
        assert!(record.payload == payload(expected), "record {expected}");
    }
    expected
}

#[test]
fn records_are_read_back_whole_wherever_a_piece_ends() {
    let disk = Arc::new(Disk::default());
    let mut journal = begun(&disk);
    append(&mut journal, 1..=150);
    journal.commit().unwrap();
    journal.snapshot(b"the state").unwrap();
    append(&mut journal, 151..=400);
    journal.close().unwrap();
    let all = History::open_in(disk.clone(), Intent { from_start: true, verify: true, force: false }).unwrap();
    assert_eq!((&all.report().verdict, read_all(&all, 0)), (&Verdict::Sound, 400));
    assert!(all.report().segments > 4);
    drop(all);
    let rest = History::open_in(disk, Intent::default()).unwrap();
    assert_eq!(read_all(&rest, 150), 400, "from the snapshot on, in the middle of a segment");
}

/// Records in one segment.
const LOOSE: u64 = 24;

/// What is on the disk of records in one segment that were never marked durable, and where each begins.
fn loose() -> (Files, String, Vec<usize>) {
    let disk = Arc::new(Disk::default());
    let mut journal = begun(&disk);
    append(&mut journal, 1..=LOOSE);
    journal.commit().unwrap();
    let files = disk.files();
    let log = files.keys().find(|name| name.starts_with("log-")).unwrap().clone();
    let mut places = vec![FIRST];
    places.extend((1..LOOSE).scan(FIRST, |at, sequence| {
        *at += 16 + payload(sequence).len().next_multiple_of(8);
        Some(*at)
    }));
    for (place, sequence) in places.iter().zip(1u64..) {
        assert_eq!(files[&log][*place..*place + 8], sequence.to_le_bytes());
    }
    (files, log, places)
}

#[test]
fn damage_is_found_at_its_record_wherever_a_piece_ends() {
    let (files, log, places) = loose();
    let mut random = Random::new(3);
    for (sequence, place) in (1u64..).zip(&places) {
        let length = 16 + payload(sequence).len();
        for at in [*place, *place + length - 1, *place + random.below(length as u64) as usize] {
            let mut files = files.clone();
            files.get_mut(&log).unwrap()[at] ^= 1 << random.below(8);
            let found = History::open_in(Arc::new(Disk::new(files)), Intent::default()).unwrap();
            assert_eq!(read_all(&found, 0), sequence - 1);
            let text = found.report().to_string();
            assert!(text.contains(&format!("at byte {place}, where record {sequence} is expected")), "{text}");
        }
    }
}

#[test]
fn a_file_that_ends_anywhere_is_read_to_its_last_whole_record() {
    let (files, log, places) = loose();
    let mut random = Random::new(4);
    for (sequence, place) in (1u64..).zip(&places) {
        let length = 16 + payload(sequence).len();
        for end in [*place, *place + 15, *place + random.below(length as u64) as usize] {
            let mut files = files.clone();
            files.get_mut(&log).unwrap().truncate(end);
            let found = History::open_in(Arc::new(Disk::new(files)), Intent::default()).unwrap();
            assert_eq!(read_all(&found, 0), sequence - 1, "cut at {end}");
        }
    }
}
