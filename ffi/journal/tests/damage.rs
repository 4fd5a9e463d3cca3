//! Torn, truncated, flipped, zeroed and missing: what is kept and what is said.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use hftz_journal::{Durability, Error, Fault, History, Intent, Manual, Verdict};
use std::sync::Arc;
use support::disk::{Disk, Files};
use support::random::Random;
use support::{check_contents, kind, payload, small};

const FORCE: Intent = Intent { force: true, verify: false, from_start: false };

fn history(files: &Files, intent: Intent) -> Result<History, Error> {
    History::open_in(Arc::new(Disk::new(files.clone())), intent)
}

fn append(journal: &mut Manual, count: u64, last: &mut u64) {
    for _ in 0..count {
        *last += 1;
        assert_eq!(journal.append(kind(*last), &payload(*last)), Ok(*last));
    }
}

/// A journal whose last segment has `marked` records under a mark, then `loose` ones that were never synced, all of
/// them on the disk by luck.
fn journal(segments: u64, marked: u64, loose: u64) -> (Files, u64) {
    let disk = Arc::new(Disk::default());
    let options = small(Durability::group());
    let mut last = 0;
    let begun = History::open_in(disk.clone(), Intent::default()).unwrap();
    let mut journal = begun.resume_by_hand(&options, b"").unwrap();
    for _ in 1..segments {
        append(&mut journal, 10, &mut last);
        journal.close().unwrap();
        let next = History::open_in(disk.clone(), Intent::default()).unwrap();
        journal = next.resume_by_hand(&options, b"").unwrap();
    }
    append(&mut journal, marked, &mut last);
    journal.commit().unwrap();
    journal.tick();
    append(&mut journal, loose, &mut last);
    journal.commit().unwrap();
    // No mark for the last commit: as if the crash came before it was known.
    (disk.files(), last)
}

fn last_log(files: &Files) -> String {
    // The very last is the spare.
    let logs: Vec<_> = files.iter().filter(|(name, file)| name.starts_with("log-") && file[32] != 0).collect();
    logs.last().unwrap().0.clone()
}

fn extent(file: &[u8]) -> usize {
    (file.iter().rposition(|byte| *byte != 0).unwrap() + 1).next_multiple_of(8)
}

/// Opens, checks that the verdict is a torn tail before `last`, goes on, and finds the journal sound afterwards.
fn expect_torn(files: &Files, last: u64, what: &str) {
    let disk = Arc::new(Disk::new(files.clone()));
    let found = History::open_in(disk.clone(), Intent::default()).unwrap_or_else(|error| panic!("{what}: {error}"));
    assert!(matches!(found.report().verdict, Verdict::Torn { .. }), "{what}: {}", found.report());
    assert_eq!(check_contents(&found), last, "{what}");
    let mut journal = found.resume_by_hand(&small(Durability::group()), b"").unwrap();
    let mut next = last;
    append(&mut journal, 3, &mut next);
    journal.close().unwrap();
    let after = History::open_in(disk, Intent { verify: true, ..Intent::default() }).unwrap();
    assert_eq!(after.report().verdict, Verdict::Sound, "{what}");
    assert_eq!(check_contents(&after), last + 3, "{what}");
}

#[test]
fn a_record_truncated_at_any_byte_is_cut_and_the_rest_kept() {
    let (files, last) = journal(2, 5, 4);
    let log = last_log(&files);
    let end = extent(&files[&log]);
    let begin = end - record_bytes(last);
    for length in begin..end {
        let mut files = files.clone();
        files.get_mut(&log).unwrap().truncate(length);
        if length == begin {
            let found = history(&files, Intent::default()).unwrap();
            assert_eq!(check_contents(&found), last - 1);
            // Nothing is wrong with what is there; that the file is short is said.
            assert!(found.report().to_string().contains(&format!("has {length} bytes and was made with")));
        } else {
            expect_torn(&files, last - 1, &format!("truncated to {length}"));
        }
    }
}

fn record_bytes(sequence: u64) -> usize {
    16 + payload(sequence).len().next_multiple_of(8)
}

#[test]
fn a_flipped_bit_in_any_byte_after_the_mark_is_a_torn_tail() {
    let (files, last) = journal(2, 5, 4);
    let log = last_log(&files);
    let end = extent(&files[&log]);
    let mut begin = end;
    let records = if std::env::var_os("HFTZ_LONG").is_some() { 4 } else { 2 };
    for sequence in (last + 1 - records..=last).rev() {
        begin -= record_bytes(sequence);
        for at in begin..begin + record_bytes(sequence) {
            let mut files = files.clone();
            files.get_mut(&log).unwrap()[at] ^= 1 << (at % 8);
            expect_torn(&files, sequence - 1, &format!("byte {at} of record {sequence}"));
        }
    }
}

#[test]
fn a_flipped_bit_before_the_mark_is_refused_and_forced_keeps_what_comes_before() {
    let (files, last) = journal(3, 40, 4);
    let log = last_log(&files);
    let mut random = Random::new(11);
    let marked = last - 4;
    let end = extent(&files[&log]) - (marked + 1..=last).map(record_bytes).sum::<usize>() - 24;
    for _ in 0..200 {
        let at = 64 + random.below(end as u64 - 64) as usize;
        let mut files = files.clone();
        files.get_mut(&log).unwrap()[at] ^= 1 << random.below(8);
        let Err(Error::Damaged(report)) = history(&files, Intent::default()) else { panic!("byte {at} was let pass") };
        let Verdict::Damaged { damage, cut } = report.verdict else { panic!("{report}") };
        assert!(damage.offset <= at as u64 && damage.sequence <= marked);
        assert_eq!(report.durable, marked);
        assert_eq!(cut.whole, last - damage.sequence, "all but the damaged one are still whole: {report}");
        let lost = if damage.sequence == marked { "that record was" } else { "records from there on were" };
        assert!(report.to_string().contains(&format!("{lost} known durable")), "{report}");
        let disk = Arc::new(Disk::new(files.clone()));
        let forced = History::open_in(disk.clone(), FORCE).unwrap();
        assert_eq!(check_contents(&forced), damage.sequence - 1);
        forced.resume_by_hand(&small(Durability::group()), b"").unwrap().close().unwrap();
        let aside = &disk.files()[&format!("{log}.cut1")];
        assert_eq!(aside[..], files[&log][damage.offset as usize..], "nothing that was cut is lost");
        assert_eq!(check_contents(&History::open_in(disk, Intent::default()).unwrap()), damage.sequence - 1);
    }
}

#[test]
fn a_tail_of_zeros_is_torn_after_the_mark_and_damage_before_it() {
    let (files, last) = journal(2, 20, 6);
    let log = last_log(&files);
    let end = extent(&files[&log]);
    let tail: usize = (last - 5..=last).map(record_bytes).sum();
    // From inside the last record back to just behind the mark.
    for zeros in (8..=tail).step_by(8) {
        let mut files = files.clone();
        files.get_mut(&log).unwrap()[end - zeros..].fill(0);
        let found = history(&files, Intent::default()).unwrap();
        assert!(!matches!(found.report().verdict, Verdict::Damaged { .. }));
        assert!(check_contents(&found) >= last - 6);
    }
    let mut holed = files.clone();
    let hole = end - tail - 24 - record_bytes(last - 6);
    holed.get_mut(&log).unwrap()[hole..hole + record_bytes(last - 6)].fill(0);
    let Err(Error::Damaged(report)) = history(&holed, Intent::default()) else { panic!() };
    let Verdict::Damaged { damage, .. } = report.verdict else { panic!() };
    assert_eq!((damage.fault, damage.sequence, damage.offset), (Fault::Gone, last - 6, hole as u64));
}

#[test]
fn a_segment_that_was_cut_short_in_the_middle_of_the_log_is_refused() {
    let (files, _) = journal(3, 5, 0);
    for keep in [0, 30, 64, 65, 100, 200] {
        let mut files = files.clone();
        files.get_mut("log-0000000002").unwrap().truncate(keep);
        assert!(matches!(history(&files, Intent::default()), Err(Error::Damaged(_))), "{keep} bytes");
        let forced = history(&files, FORCE).unwrap();
        assert!(check_contents(&forced) >= 10);
    }
}

#[test]
fn a_missing_segment_is_named_and_refused_whatever_the_marks_say() {
    let (files, _) = journal(3, 5, 0);
    for (missing, kept) in [(1, 0), (2, 10)] {
        let mut files = files.clone();
        files.remove(&format!("log-{missing:010}"));
        let Err(Error::Damaged(report)) = history(&files, Intent::default()) else { panic!() };
        let Verdict::Damaged { damage, .. } = report.verdict else { panic!() };
        assert_eq!((damage.fault, damage.segment), (Fault::Missing, missing));
        assert!(report.to_string().contains("is missing"), "{report}");
        let disk = Arc::new(Disk::new(files));
        let forced = History::open_in(disk.clone(), FORCE).unwrap();
        assert_eq!(check_contents(&forced), kept);
        forced.resume_by_hand(&small(Durability::group()), b"").unwrap().close().unwrap();
        assert_eq!(check_contents(&History::open_in(disk, Intent::default()).unwrap()), kept);
    }
}

#[test]
fn a_journal_without_a_log_says_so() {
    let (mut files, _) = journal(1, 5, 0);
    files.retain(|name, _| !name.starts_with("log-"));
    let text = history(&files, Intent::default()).unwrap().report().to_string();
    assert!(text.contains("no records in 0 segments: nothing was ever logged, or the log was taken away"), "{text}");
}

#[test]
fn a_segment_of_another_journal_another_version_or_no_segment_at_all_is_refused() {
    let (files, _) = journal(3, 5, 0);
    let (others, _) = journal(3, 5, 0);
    let name = "log-0000000002";
    let mut newer = files[name].clone();
    newer[8] = 9;
    let sum = crc32c_of(&newer[..56]).to_le_bytes();
    newer[56..60].copy_from_slice(&sum);
    let mut oversized = files[name].clone();
    oversized.resize(1 << 20, 0);
    for (file, fault) in [
        (others[name].clone(), Fault::Foreign),
        (b"#!/bin/sh\necho this is a script that somebody dropped here by mistake\n".to_vec(), Fault::Foreign),
        (newer, Fault::Version { found: 9 }),
        (oversized, Fault::Oversized { bytes: 1 << 20 }),
    ] {
        let mut files = files.clone();
        files.insert(name.to_string(), file);
        let Err(Error::Damaged(report)) = history(&files, Intent::default()) else { panic!("{fault:?}") };
        let Verdict::Damaged { damage, .. } = report.verdict else { panic!() };
        assert_eq!((damage.fault, damage.segment, damage.sequence), (fault, 2, 11));
    }
}

fn crc32c_of(bytes: &[u8]) -> u32 {
    let mut sum = !0u32;
    for byte in bytes {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = if sum & 1 == 1 { sum >> 1 ^ 0x82F6_3B78 } else { sum >> 1 };
        }
    }
    !sum
}

#[test]
fn records_of_a_cut_tail_do_not_come_back_behind_new_ones() {
    let (mut files, last) = journal(1, 3, 6);
    let log = last_log(&files);
    let end = extent(&files[&log]);
    let spoilt = end - (last - 4..=last).map(record_bytes).sum::<usize>();
    files.get_mut(&log).unwrap()[spoilt + 3] ^= 1;
    // New records of the same lengths would line up with the old ones behind them.
    expect_torn(&files, last - 5, "the fifth from the end");
}

#[test]
fn a_payload_that_holds_a_forged_mark_does_not_make_a_torn_tail_into_damage() {
    let disk = Arc::new(Disk::default());
    let options = small(Durability::group());
    let begun = History::open_in(disk.clone(), Intent::default()).unwrap();
    let mut journal = begun.resume_by_hand(&options, b"").unwrap();
    let mut forged = [0u8; 24];
    forged[..8].copy_from_slice(&2u64.to_le_bytes());
    forged[8] = 8;
    forged[11] = 0xFF;
    forged[16..].copy_from_slice(&2u64.to_le_bytes());
    // Its author knows the format, not the seed.
    let sum = crc32c_of(&[&forged[..12], &forged[16..]].concat()).to_le_bytes();
    forged[12..16].copy_from_slice(&sum);
    journal.append(1, b"first").unwrap();
    journal.append(1, &forged).unwrap();
    journal.commit().unwrap();
    let mut files = disk.files();
    files.get_mut("log-0000000001").unwrap()[64 + 24 + 9] ^= 1;
    let found = history(&files, Intent::default()).unwrap();
    assert!(matches!(found.report().verdict, Verdict::Torn { .. }), "{}", found.report());
    assert_eq!(found.report().last, 1);
}
