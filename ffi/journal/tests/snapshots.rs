//! Snapshots: the newest good one, the tail after it, and what may be thrown away.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use hftz_journal::{Durability, Error, Fault, History, Intent, Journal, Options, Verdict};
use std::fs;
use std::ops::ControlFlow;
use std::path::PathBuf;
use support::{Scratch, check_contents, every_way, kind, open, payload, small};

const VERIFY: Intent = Intent { force: false, verify: true, from_start: false };
const FORCE: Intent = Intent { force: true, verify: true, from_start: false };

fn state(sequence: u64) -> Vec<u8> {
    format!("the state after record {sequence}").into_bytes()
}

/// Appends up to each sequence of `at` and takes a snapshot there; ends with `last`.
fn with_snapshots(scratch: &Scratch, options: &Options, at: &[u64], last: u64) {
    let mut journal = Journal::create(&scratch.journal(), options, b"config").unwrap();
    let mut follower = journal.follower();
    for stop in at.iter().copied().chain([last]) {
        while journal.last() < stop {
            let sequence = journal.last() + 1;
            journal.append(kind(sequence), &payload(sequence)).unwrap();
        }
        if at.contains(&stop) {
            let mut read = follower.sequence();
            follower
                .follow(|record| {
                    read += 1;
                    assert_eq!((record.sequence, record.payload), (read, &payload(read)[..]));
                    ControlFlow::Continue(())
                })
                .unwrap();
            let taken = follower.write(&state(stop)).unwrap();
            assert_eq!(taken.sequence, stop);
        }
    }
    journal.close().unwrap();
    drop(follower);
}

fn file(scratch: &Scratch, sequence: u64) -> PathBuf {
    scratch.journal().join(format!("snapshot-{sequence:020}"))
}

#[test]
fn recovery_starts_from_the_newest_snapshot_and_replays_the_tail() {
    for options in every_way() {
        let scratch = Scratch::new("newest");
        with_snapshots(&scratch, &options, &[400, 900], 1500);
        let history = open(&scratch.journal());
        let snapshot = history.snapshot().unwrap();
        assert_eq!((snapshot.at.sequence, &snapshot.state, &snapshot.config[..]), (900, &state(900), &b"config"[..]));
        assert_eq!(history.report().checked, 600, "only what follows it is read");
        assert_eq!(check_contents(&history), 1500);
        drop(history);
        let whole = History::open(&scratch.journal(), VERIFY).unwrap();
        assert_eq!(whole.report().checked, 1500);
        drop(whole);
        let from_start = Intent { from_start: true, ..Intent::default() };
        let whole = History::open(&scratch.journal(), from_start).unwrap();
        assert!(whole.snapshot().is_none());
        assert_eq!(check_contents(&whole), 1500);
    }
}

#[test]
fn a_snapshot_damaged_at_any_byte_is_passed_over_for_an_older_one() {
    let scratch = Scratch::new("passed");
    with_snapshots(&scratch, &small(Durability::group()), &[10, 20], 30);
    let good = fs::read(file(&scratch, 20)).unwrap();
    for at in (0..good.len()).filter(|at| !(76..80).contains(at)) {
        let mut bad = good.clone();
        bad[at] ^= 0x10;
        fs::write(file(&scratch, 20), bad).unwrap();
        let history = open(&scratch.journal());
        assert_eq!(history.snapshot().unwrap().at.sequence, 10, "byte {at}");
        assert_eq!(history.report().skipped.len(), 1);
        assert_eq!(check_contents(&history), 30);
    }
    for length in 0..good.len() {
        fs::write(file(&scratch, 20), &good[..length]).unwrap();
        assert_eq!(open(&scratch.journal()).report().snapshot, Some(10), "{length} bytes");
    }
    fs::write(file(&scratch, 10), "").unwrap();
    let history = open(&scratch.journal());
    assert_eq!((history.report().snapshot, check_contents(&history)), (None, 30));
    assert!(history.report().to_string().contains("is passed over"));
    history.resume(&small(Durability::group()), b"").unwrap().close().unwrap();
    assert!(!file(&scratch, 20).exists(), "what cannot be used does not count among the kept");
    assert!(file(&scratch, 20).with_extension("cut1").exists());
}

#[test]
fn a_snapshot_that_the_caller_cannot_load_is_passed_over_too() {
    let scratch = Scratch::new("refused");
    with_snapshots(&scratch, &small(Durability::group()), &[10, 20], 30);
    let older = open(&scratch.journal()).pass_over_snapshot("its books do not add up").unwrap();
    assert_eq!(older.report().snapshot, Some(10));
    assert_eq!(check_contents(&older), 30);
    let none = older.pass_over_snapshot("neither do these").unwrap();
    assert_eq!((none.report().snapshot, none.report().skipped.len()), (None, 2));
    assert_eq!(check_contents(&none), 30);
}

#[test]
fn only_so_many_snapshots_are_kept_and_the_log_stays_whole() {
    let scratch = Scratch::new("kept");
    let options = Options { keep_snapshots: 2, ..small(Durability::group()) };
    with_snapshots(&scratch, &options, &[500, 1000, 1500, 2000], 2100);
    assert!(!file(&scratch, 1000).exists());
    assert!(file(&scratch, 1500).exists() && file(&scratch, 2000).exists());
    assert!(scratch.journal().join("log-0000000001").exists());
}

#[test]
fn segments_before_the_oldest_kept_snapshot_go_only_when_asked() {
    let scratch = Scratch::new("dropped");
    let options = Options { keep_snapshots: 2, drop_segments: true, ..small(Durability::group()) };
    with_snapshots(&scratch, &options, &[1000, 2000, 3000], 3100);
    assert!(!scratch.journal().join("log-0000000001").exists());
    let history = History::open(&scratch.journal(), VERIFY).unwrap();
    let first = history.report().first;
    assert!(first > 1 && first <= 2001, "the older snapshot can still be recovered from: {}", history.report());
    assert_eq!(check_contents(&history), 3100);
    assert_eq!(check_contents(&history.pass_over_snapshot("for the test").unwrap()), 3100);
    fs::write(file(&scratch, 2000), "").unwrap();
    fs::write(file(&scratch, 3000), "").unwrap();
    let Err(Error::Damaged(report)) = History::open(&scratch.journal(), VERIFY) else { panic!() };
    let Verdict::Damaged { damage, .. } = report.verdict else { panic!() };
    assert_eq!((damage.fault, damage.sequence), (Fault::Missing, 1));
}

#[test]
fn a_log_that_ends_before_its_snapshot_is_refused_and_forced_goes_on_after_the_snapshot() {
    let scratch = Scratch::new("short");
    with_snapshots(&scratch, &small(Durability::group()), &[100], 110);
    let log = scratch.journal().join("log-0000000001");
    let bytes = fs::read(&log).unwrap();
    fs::write(&log, &bytes[..1000]).unwrap();
    let Err(Error::Damaged(report)) = History::open(&scratch.journal(), Intent::default()) else { panic!() };
    assert!(report.to_string().contains("nothing is changed"), "{report}");
    let forced = History::open(&scratch.journal(), FORCE).unwrap();
    assert_eq!((forced.report().last, forced.snapshot().unwrap().at.sequence), (100, 100));
    let mut journal = forced.resume(&small(Durability::group()), b"").unwrap();
    assert_eq!(journal.append(kind(101), &payload(101)), Ok(101));
    journal.close().unwrap();
    assert_eq!(check_contents(&open(&scratch.journal())), 101);
    assert!(History::open(&scratch.journal(), VERIFY).is_err(), "the hole in history is not forgotten");
}

#[test]
fn damage_before_the_snapshot_is_noticed_when_asked_and_does_not_touch_the_state() {
    let scratch = Scratch::new("past");
    with_snapshots(&scratch, &small(Durability::group()), &[1000], 1100);
    let log = scratch.journal().join("log-0000000001");
    let mut bytes = fs::read(&log).unwrap();
    bytes[5000] ^= 1;
    fs::write(&log, bytes).unwrap();
    assert_eq!(check_contents(&open(&scratch.journal())), 1100);
    let Err(Error::Damaged(report)) = History::open(&scratch.journal(), VERIFY) else { panic!() };
    assert_eq!((report.past.unwrap().segment, report.verdict), (1, Verdict::Sound));
    assert!(report.to_string().contains("history is damaged"), "{report}");
    assert_eq!(check_contents(&History::open(&scratch.journal(), FORCE).unwrap()), 1100);
}

#[test]
fn a_follower_stops_where_it_is_told_and_goes_on_from_there_or_from_a_snapshot() {
    for options in every_way() {
        let scratch = Scratch::new("followed");
        let mut journal = Journal::create(&scratch.journal(), &options, b"config").unwrap();
        let mut follower = journal.follower();
        let mut read = 0;
        for last in [1000u64, 1001, 3000] {
            while journal.last() < last {
                let sequence = journal.last() + 1;
                journal.append(kind(sequence), &payload(sequence)).unwrap();
            }
            while read < last {
                let most = read + 700;
                let each = |record: hftz_journal::Record<'_>| {
                    read += 1;
                    assert_eq!((record.sequence, record.payload), (read, &payload(read)[..]));
                    if read == most { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
                };
                follower.follow(each).unwrap();
                assert_eq!(follower.sequence(), read);
            }
            follower.write(&state(last)).unwrap();
        }
        let mut other = journal.follower();
        let snapshot = other.newest(3000).unwrap().unwrap();
        assert_eq!((snapshot.at.sequence, &snapshot.state), (1001, &state(1001)));
        other.begin_at(snapshot.at);
        let mut next = 1001;
        let each = |record: hftz_journal::Record<'_>| {
            next += 1;
            assert_eq!((record.sequence, record.payload), (next, &payload(next)[..]));
            ControlFlow::Continue(())
        };
        other.follow(each).unwrap();
        assert_eq!(next, 3000);
    }
}

#[test]
fn from_the_start_is_from_the_oldest_snapshot_where_the_log_is_not_whole() {
    let scratch = Scratch::new("oldest");
    let options = Options { keep_snapshots: 2, drop_segments: true, ..small(Durability::group()) };
    with_snapshots(&scratch, &options, &[1000, 2000, 3000], 3100);
    let intent = Intent { verify: true, from_start: true, force: false };
    let history = History::open(&scratch.journal(), intent).unwrap();
    assert_eq!(history.snapshot().map(|snapshot| snapshot.at.sequence), Some(2000));
    assert_eq!(history.witness().map(|snapshot| snapshot.at.sequence), Some(3000));
    assert_eq!(check_contents(&history), 3100);
}
