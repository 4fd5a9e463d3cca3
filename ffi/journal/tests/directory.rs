//! The rules of the directory: one process, no surprises, no strangers.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use hftz_journal::{
    Access, AtOnce, Durability, Error, Folder, History, Intent, Journal, Medium, Options, Pace, Preparation, Storage,
    Verdict,
};
use std::fs;
use support::{Scratch, check_contents, kind, open, payload, small};

fn options() -> Options {
    small(Durability::group())
}

fn filled(scratch: &Scratch, count: u64) {
    let mut journal = Journal::create(&scratch.journal(), &options(), b"config").unwrap();
    for sequence in 1..=count {
        journal.append(kind(sequence), &payload(sequence)).unwrap();
    }
    journal.close().unwrap();
}

#[test]
fn a_second_opener_is_refused_while_the_first_lives() {
    let scratch = Scratch::new("busy");
    let journal = Journal::create(&scratch.journal(), &options(), b"").unwrap();
    let busy =
        |error| matches!(error, Some(Error::Busy { holder: Some(process), .. }) if process == std::process::id());
    assert!(busy(Journal::create(&scratch.journal(), &options(), b"").err()));
    assert!(busy(History::open(&scratch.journal(), Intent::default()).err()));
    assert!(busy(History::read(&scratch.journal(), Intent::default()).err()));
    drop(journal);
    let reader = History::read(&scratch.journal(), Intent::default()).unwrap();
    let another = History::read(&scratch.journal(), Intent::default()).unwrap();
    assert!(matches!(History::open(&scratch.journal(), Intent::default()), Err(Error::Busy { .. })));
    drop((reader, another));
    open(&scratch.journal());
}

#[test]
fn a_new_journal_refuses_a_directory_that_has_anything() {
    let scratch = Scratch::new("notempty");
    filled(&scratch, 1);
    let again = Journal::create(&scratch.journal(), &options(), b"").err().unwrap();
    assert!(again.is_usage());
    assert!(again.to_string().contains("it has a journal"), "{again}");
    let other = scratch.journal().with_extension("other");
    fs::create_dir(&other).unwrap();
    fs::write(other.join("notes.txt"), "mine").unwrap();
    let error = Journal::create(&other, &options(), b"").err().unwrap();
    assert!(matches!(&error, Error::NotAJournal { found, .. } if found == "notes.txt"), "{error}");
    let error = History::open(&other, Intent::default()).err().unwrap();
    assert!(matches!(&error, Error::NotAJournal { found, .. } if found == "notes.txt"), "{error}");
    assert_eq!(fs::read(other.join("notes.txt")).unwrap(), b"mine");
}

#[test]
fn recovering_a_missing_or_empty_directory_starts_empty_and_says_so() {
    let scratch = Scratch::new("empty");
    for _ in 0..2 {
        let history = open(&scratch.journal());
        assert_eq!(history.report().verdict, Verdict::Empty);
        assert!(history.report().to_string().contains("starting empty"));
        assert!(history.records().unwrap().next().is_none());
    }
    let mut journal = open(&scratch.journal()).resume(&options(), b"config").unwrap();
    journal.append(kind(1), &payload(1)).unwrap();
    journal.close().unwrap();
    let history = open(&scratch.journal());
    assert_eq!(history.config(), b"config");
    assert_eq!(check_contents(&history), 1);
}

#[test]
fn reading_a_missing_journal_does_not_make_one() {
    let scratch = Scratch::new("missing");
    assert!(matches!(History::read(&scratch.journal(), Intent::default()), Err(Error::Storage { .. })));
    assert!(!scratch.journal().exists());
}

#[test]
fn a_journal_opened_for_reading_cannot_go_on() {
    let scratch = Scratch::new("readonly");
    filled(&scratch, 3);
    let history = History::read(&scratch.journal(), Intent::default()).unwrap();
    assert_eq!(check_contents(&history), 3);
    assert!(matches!(history.resume(&options(), b""), Err(Error::Option { .. })));
}

#[test]
fn a_journal_without_a_record_goes_on() {
    let scratch = Scratch::new("norecord");
    filled(&scratch, 0);
    let history = open(&scratch.journal());
    assert_eq!((history.report().last, history.report().verdict), (0, Verdict::Sound));
    drop(history.resume(&options(), b"").unwrap());
    assert_eq!(open(&scratch.journal()).report().verdict, Verdict::Sound);
}

#[test]
fn strangers_beside_a_journal_are_named_and_left_alone() {
    let scratch = Scratch::new("stranger");
    filled(&scratch, 3);
    fs::write(scratch.journal().join("log-7"), "not ours").unwrap();
    let history = open(&scratch.journal());
    assert_eq!(history.report().strangers, ["log-7"]);
    assert!(history.report().to_string().contains("log-7 is not the journal's"));
    drop(history.resume(&options(), b"").unwrap());
    assert_eq!(fs::read(scratch.journal().join("log-7")).unwrap(), b"not ours");
}

#[test]
fn a_lost_or_damaged_identity_is_refused_with_the_reason() {
    let scratch = Scratch::new("identity");
    filled(&scratch, 3);
    let identity = scratch.journal().join("identity");
    let good = fs::read(&identity).unwrap();
    let refused = || History::open(&scratch.journal(), Intent { force: true, ..Intent::default() }).err().unwrap();
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 4;
        fs::write(&identity, bad).unwrap();
        // Four bytes at the end of the header are not used.
        assert_eq!(History::open(&scratch.journal(), Intent::default()).is_err(), !(28..32).contains(&at), "byte {at}");
    }
    fs::write(&identity, &good[..10]).unwrap();
    assert!(refused().to_string().contains("10 bytes"));
    fs::remove_file(&identity).unwrap();
    assert!(refused().to_string().contains("log-0000000001 is there"));
    assert!(matches!(Journal::create(&scratch.journal(), &options(), b""), Err(Error::Exists { .. })));
    fs::write(&identity, &good).unwrap();
    assert_eq!(check_contents(&open(&scratch.journal())), 3);
}

#[test]
fn what_a_crash_left_unfinished_is_removed_by_the_next_writer() {
    let scratch = Scratch::new("unfinished");
    filled(&scratch, 3);
    for name in ["log-0000000002.new", "snapshot-00000000000000000002.new", "identity.new"] {
        fs::write(scratch.journal().join(name), "half").unwrap();
    }
    open(&scratch.journal()).resume(&options(), b"").unwrap().close().unwrap();
    let mut names: Vec<_> = fs::read_dir(scratch.journal()).unwrap().map(|e| e.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["identity", "lock", "log-0000000001", "log-0000000002"]);
}

#[test]
fn options_out_of_range_are_refused_by_name() {
    let scratch = Scratch::new("options");
    for options in [
        Options { segment_bytes: 1000, ..options() },
        Options { segment_bytes: 2 << 30, ..options() },
        Options { keep_snapshots: 0, ..options() },
    ] {
        assert!(matches!(Journal::create(&scratch.journal(), &options, b""), Err(Error::Option { .. })));
    }
}

/// Stops wanting a segment when so many bytes of it are there.
struct Until(usize);

impl Pace for Until {
    fn rest(&mut self, done: usize, _of: usize) -> std::io::Result<()> {
        if done >= self.0 { Err(std::io::ErrorKind::Interrupted.into()) } else { Ok(()) }
    }
}

#[test]
fn a_segment_that_is_not_wanted_any_more_leaves_nothing_wherever_it_was() {
    let scratch = Scratch::new("unwanted");
    let folder = Folder::open(&scratch.journal(), Access::Write).unwrap();
    let bytes = 1 << 20;
    for (medium, hardened) in [(Medium::Mapped, false), (Medium::Written, false), (Medium::Written, true)] {
        let how = Preparation { bytes, medium, hardened };
        let work = if hardened { 2 * bytes } else { bytes };
        for done in (0..work).step_by(1 << 18) {
            let error = folder.prepare("log-1", b"header", how, &mut Until(done)).err().unwrap();
            assert_eq!((error.kind(), folder.list().unwrap().len()), (std::io::ErrorKind::Interrupted, 1));
        }
        let segment = folder.prepare("log-1", b"header", how, &mut AtOnce).unwrap();
        segment.sync(bytes).unwrap();
        drop(segment);
        let mut found = vec![7; bytes + 1];
        assert_eq!(folder.read("log-1", 0, &mut found).unwrap(), bytes);
        assert!(found.starts_with(b"header") && found[6..bytes].iter().all(|byte| *byte == 0));
        folder.remove("log-1").unwrap();
    }
}
