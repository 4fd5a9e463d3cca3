//! kill -9 at random moments: what a writer was told is appended or durable is found by the next one.
//!
//! The child is this test binary again. It recovers the journal, checks every record, goes on appending, and tells on
//! its standard output how far its promise reaches; the parent kills it after a random number of such lines. Five kills
//! a way of writing, or `HFTZ_LONG=1` for hundreds.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use hftz_journal::{Durability, Medium, Options};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use support::random::Random;
use support::{Scratch, check_contents, kind, open, payload, small};

const CHILD: &str = "HFTZ_JOURNAL_CHILD";

fn options(way: &str) -> Options {
    let (durability, medium) = match way {
        "none" => (Durability::None, Medium::Mapped),
        "async" => (Durability::Async { every: std::time::Duration::from_millis(1) }, Medium::Mapped),
        "group-mapped" => (Durability::group(), Medium::Mapped),
        _ => (Durability::group(), Medium::Written),
    };
    Options { medium: Some(medium), keep_snapshots: 2, ..small(durability) }
}

/// Runs in the child until it is killed.
fn write_until_killed(path: &Path, way: &str) {
    let options = options(way);
    let waits = matches!(options.durability, Durability::Group { .. });
    let history = open(path);
    let mut told = check_contents(&history);
    let mut journal = history.resume(&options, b"config").unwrap();
    let watermark = journal.watermark();
    let mut follower = journal.follower();
    // Ends with the process.
    std::thread::spawn(move || {
        loop {
            let read = follower.follow(|_| std::ops::ControlFlow::Continue(()));
            read.and_then(|()| follower.write(&vec![0; follower.sequence() as usize % 100_000])).unwrap();
            std::thread::park_timeout(std::time::Duration::from_millis(5));
        }
    });
    let mut out = std::io::stdout();
    let mut random = Random::new(u64::from(std::process::id()));
    loop {
        for _ in 0..random.below(50) {
            let sequence = journal.last() + 1;
            journal.append(kind(sequence), &payload(sequence)).unwrap();
        }
        if random.chance(5) {
            journal.tick();
        }
        if waits {
            // Far enough ahead to be caught with commits open, not so far that the disk fills up.
            let _ = watermark.wait(journal.last().saturating_sub(1000), std::time::Duration::from_secs(1));
        }
        let promised = if waits { journal.durable() } else { journal.last() };
        if promised > told {
            told = promised;
            // One write, so that the parent never sees half a line as a smaller number.
            if out.write_all(format!("{told}\n").as_bytes()).and_then(|()| out.flush()).is_err() {
                return;
            }
        }
    }
}

#[test]
fn child() {
    let Some(path) = std::env::var_os(CHILD) else { return };
    let way = std::env::var("HFTZ_JOURNAL_WAY").unwrap();
    write_until_killed(&PathBuf::from(path), &way);
}

fn kill_again_and_again(way: &str) {
    let scratch = Scratch::new("kill");
    let kills = if std::env::var_os("HFTZ_LONG").is_some() { 200 } else { 5 };
    let mut random = Random::new(way.len() as u64);
    let mut promised = 0;
    for kill in 0..kills {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["child", "--exact", "--nocapture", "--test-threads=1"])
            .env(CHILD, scratch.journal())
            .env("HFTZ_JOURNAL_WAY", way)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut patience = random.below(200) + 1;
        let mut read = |line: std::io::Result<String>| {
            if let Ok(number) = line.unwrap_or_default().trim().parse::<u64>() {
                promised = promised.max(number);
                patience = patience.saturating_sub(1);
            }
            patience > 0
        };
        while lines.next().is_some_and(&mut read) {}
        child.kill().unwrap();
        let status = child.wait().unwrap();
        assert!(!status.success(), "the child must be killed, not end by itself");
        assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(9), "the child failed on its own");
        // What was in the pipe was promised too.
        for line in lines {
            read(line);
        }
        let history = open(&scratch.journal());
        let last = check_contents(&history);
        assert!(last >= promised, "{way}, kill {kill}: promised {promised}, found {}", history.report());
    }
    assert!(promised > 0);
}

#[test]
fn a_killed_writer_without_durability_loses_nothing_on_a_mapping() {
    kill_again_and_again("none");
}

#[test]
fn a_killed_writer_with_async_loses_nothing_on_a_mapping() {
    kill_again_and_again("async");
}

#[test]
fn a_killed_writer_with_group_commit_loses_nothing_durable_on_a_mapping() {
    kill_again_and_again("group-mapped");
}

#[test]
fn a_killed_writer_with_group_commit_loses_nothing_durable_in_a_written_file() {
    kill_again_and_again("group-written");
}
