//! One suite over every durability and medium: what is appended is there again.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use hftz_journal::{AppendError, Durability, Error, History, Intent, Journal, MAX_PAYLOAD, Options, Verdict};
use std::sync::Arc;
use std::time::{Duration, Instant};
use support::disk::Disk;
use support::{Scratch, check_contents, every_way, kind, open, payload, small};

const LONG: Duration = Duration::from_secs(60);

fn append(journal: &mut Journal, count: u64) {
    for _ in 0..count {
        let sequence = journal.last() + 1;
        assert_eq!(journal.append(kind(sequence), &payload(sequence)), Ok(sequence));
    }
}

#[test]
fn what_was_appended_is_recovered_in_order_over_many_segments() {
    for options in every_way() {
        let scratch = Scratch::new("ways");
        let mut journal = Journal::create(&scratch.journal(), &options, b"tick=1").unwrap();
        append(&mut journal, 3000);
        let closed = journal.close().unwrap();
        assert_eq!(closed.last, 3000);
        assert!(closed.counters.segments > 3);
        assert_eq!(closed.durable, if options.durability == Durability::None { 0 } else { 3000 }, "{options:?}");
        let history = open(&scratch.journal());
        assert_eq!(history.report().verdict, Verdict::Sound);
        assert_eq!(history.config(), b"tick=1");
        assert_eq!(check_contents(&history), 3000);
        let mut journal = history.resume(&options, b"").unwrap();
        assert_eq!(journal.config(), b"tick=1");
        append(&mut journal, 500);
        drop(journal);
        assert_eq!(check_contents(&open(&scratch.journal())), 3500);
    }
}

#[test]
fn two_pieces_are_read_back_as_one_payload() {
    let scratch = Scratch::new("pair");
    let mut journal = Journal::create(&scratch.journal(), &small(Durability::group()), b"").unwrap();
    for sequence in 1..=300 {
        let whole = payload(sequence);
        let (first, second) = whole.split_at(whole.len() / 3);
        journal.append_pair(kind(sequence), first, second).unwrap();
    }
    journal.close().unwrap();
    assert_eq!(check_contents(&open(&scratch.journal())), 300);
}

#[test]
fn group_commit_makes_records_durable_without_being_asked() {
    for options in every_way().into_iter().filter(|options| matches!(options.durability, Durability::Group { .. })) {
        let scratch = Scratch::new("group");
        let mut journal = Journal::create(&scratch.journal(), &options, b"").unwrap();
        let watermark = journal.watermark();
        for round in 1..=20 {
            append(&mut journal, 17);
            assert!(watermark.wait(round * 17, LONG), "round {round}");
            assert!(journal.durable() <= journal.last());
        }
        assert!(journal.counters().commits > 0);
        assert!(journal.counters().marks > 0);
        assert!(journal.close().unwrap().counters.longest_commit_ns > 0);
    }
}

#[test]
fn async_becomes_durable_on_its_own_and_any_mode_on_demand() {
    for options in every_way() {
        let scratch = Scratch::new("demand");
        let mut journal = Journal::create(&scratch.journal(), &options, b"").unwrap();
        append(&mut journal, 1500);
        let watermark = journal.watermark();
        if options.durability == Durability::None {
            assert_eq!(watermark.durable(), 0, "nobody asked");
            assert!(watermark.demand(1500, LONG));
        } else {
            assert!(watermark.wait(1500, LONG));
        }
        journal.tick();
        drop(journal);
        assert_eq!(open(&scratch.journal()).report().durable, 1500, "the mark is in the log: {options:?}");
    }
}

#[test]
fn a_group_commit_gathers_until_its_size_or_its_delay() {
    let scratch = Scratch::new("gather");
    let delay = Duration::from_millis(40);
    let options = Options { durability: Durability::Group { bytes: 1 << 20, delay }, ..Options::default() };
    let mut journal = Journal::create(&scratch.journal(), &options, b"").unwrap();
    let began = Instant::now();
    append(&mut journal, 10);
    assert!(journal.watermark().wait(10, LONG));
    assert!(began.elapsed() >= delay, "the batch waited for more");
}

#[test]
fn records_that_cannot_be_are_refused_and_leave_nothing() {
    let scratch = Scratch::new("refused");
    let mut journal = Journal::create(&scratch.journal(), &small(Durability::group()), b"").unwrap();
    append(&mut journal, 2);
    assert_eq!(journal.append(0xF0, b""), Err(AppendError::Kind { kind: 0xF0 }));
    let most = (64 << 10) - 80;
    assert_eq!(journal.append(1, &vec![7; most + 1]), Err(AppendError::TooLong { length: most + 1, most }));
    assert_eq!(
        journal.append(1, &vec![7; MAX_PAYLOAD + 1]),
        Err(AppendError::TooLong { length: MAX_PAYLOAD + 1, most })
    );
    assert_eq!(journal.append(1, &vec![7; most]), Ok(3), "the longest fills a segment of its own");
    journal.close().unwrap();
    let history = open(&scratch.journal());
    assert_eq!(history.report().last, 3);
}

#[test]
fn a_full_disk_is_an_error_before_anything_is_acknowledged_and_heals() {
    let disk = Arc::new(Disk::default());
    let options = small(Durability::group());
    let mut journal = Journal::create_in(disk.clone(), &options, b"").unwrap();
    let watermark = journal.watermark();
    append(&mut journal, 1);
    disk.set_room(Some(3 * options.segment_bytes));
    let full = loop {
        let sequence = journal.last() + 1;
        if let Err(error) = journal.append(kind(sequence), &payload(sequence)) {
            break error;
        }
    };
    assert_eq!(full, AppendError::Full);
    assert!(journal.trouble().unwrap().contains("No space left"));
    let last = journal.last();
    assert!(watermark.wait(last, LONG), "everything taken before becomes durable");
    disk.set_room(None);
    let began = Instant::now();
    while journal.append(kind(last + 1), &payload(last + 1)).is_err() {
        assert!(began.elapsed() < LONG);
        std::thread::yield_now();
    }
    journal.close().unwrap();
    assert_eq!(check_contents(&History::open_in(disk, Intent::default()).unwrap()), last + 1);
}

#[test]
fn a_disk_that_fails_to_sync_stops_the_durable_sequence_for_good() {
    let disk = Arc::new(Disk::default());
    let mut journal = Journal::create_in(disk.clone(), &small(Durability::group()), b"").unwrap();
    append(&mut journal, 5);
    assert!(journal.watermark().wait(5, LONG));
    disk.let_syncs_fail();
    append(&mut journal, 1);
    assert!(!journal.watermark().wait(6, LONG));
    assert!(journal.watermark().has_failed());
    assert_eq!(journal.durable(), 5);
    assert_eq!(journal.append(1, b""), Err(AppendError::Failed));
    let Err(Error::Storage { why, .. }) = journal.close() else { panic!("the failure was not told") };
    assert!(why.contains("Input/output error"), "{why}");
}

#[test]
fn a_writer_that_outruns_the_preparing_thread_waits_and_says_so() {
    let scratch = Scratch::new("waits");
    let mut journal = Journal::create(&scratch.journal(), &small(Durability::group()), b"").unwrap();
    let big = vec![1; 60_000];
    for _ in 0..50 {
        journal.append(1, &big).unwrap();
    }
    let counters = journal.counters();
    assert!(counters.waits > 0 && counters.waited_ns > 0);
    assert_eq!(counters.records, 50);
}
