//! The reader against files that somebody changed at random: it never panics, and never gives a record that was not
//! written.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use hftz_journal::{Durability, Error, History, Intent};
use std::sync::Arc;
use support::disk::{Disk, Files};
use support::random::Random;
use support::{check_contents, kind, payload, small};

fn sound() -> Files {
    let disk = Arc::new(Disk::default());
    let options = small(Durability::group());
    let begun = History::open_in(disk.clone(), Intent::default()).unwrap();
    let mut journal = begun.resume_by_hand(&options, b"config").unwrap();
    for sequence in 1..=1600 {
        journal.append(kind(sequence), &payload(sequence)).unwrap();
        if sequence % 100 == 0 {
            journal.commit().unwrap();
        }
        if sequence % 600 == 0 {
            journal.snapshot(b"state").unwrap();
        }
    }
    disk.files()
}

fn number(random: &mut Random) -> [u8; 8] {
    let special = [0, 1, 7, 0xFF, 0xFFFF, 1 << 24, 1 << 31, 1 << 40, u64::MAX >> 1, u64::MAX];
    let word = if random.chance(2) { special[random.below(10) as usize] } else { random.next() };
    word.to_le_bytes()
}

/// A place in a file, more often near its written end or its header.
fn place(file: &[u8], random: &mut Random) -> usize {
    let end = file.iter().rposition(|byte| *byte != 0).map_or(1, |at| at + 1);
    let from = match random.below(4) {
        0 => 0..end.min(100),
        1 => end.saturating_sub(200)..end,
        2 => 0..file.len().max(1),
        _ => 0..end,
    };
    (from.start as u64 + random.below((from.len() as u64).max(1))) as usize
}

fn mutate(files: &mut Files, random: &mut Random) {
    let names: Vec<String> = files.keys().cloned().collect();
    let name = &names[random.below(names.len() as u64) as usize];
    let other = names[random.below(names.len() as u64) as usize].clone();
    let Some(file) = files.get_mut(name) else { return };
    let at = place(file, random).min(file.len());
    match random.below(9) {
        0 => file.truncate(at),
        1 => file.extend((0..random.below(3000)).map(|i| i as u8)),
        2 => {
            let to = (at + random.below(5000) as usize).min(file.len());
            file[at..to].fill(0);
        }
        3 => {
            let to = (at + 8).min(file.len());
            let word = number(random);
            file[at..to].copy_from_slice(&word[..to - at]);
        }
        4 => {
            // Records moved by whole words: each is still good for itself.
            let at = at & !7;
            let to = (at + 8 * random.below(300) as usize).min(file.len());
            let shift = 8 * random.below(40) as usize;
            if to + shift <= file.len() {
                file.copy_within(at..to, at + shift);
            }
        }
        5 => {
            let copy = file.clone();
            files.insert(other, copy);
        }
        6 => drop(files.remove(name)),
        _ => {
            if let Some(byte) = file.get_mut(at) {
                *byte ^= 1 << random.below(8);
            }
        }
    }
}

#[test]
fn a_changed_journal_is_refused_or_gives_only_what_was_written() {
    let sound = sound();
    let rounds = if std::env::var_os("HFTZ_LONG").is_some() { 50_000 } else { 600 };
    let (mut used, mut refused) = (0, 0);
    for seed in 0..rounds {
        let mut random = Random::new(seed);
        let mut files = sound.clone();
        for _ in 0..=random.below(3) {
            mutate(&mut files, &mut random);
        }
        let intent = Intent { force: random.chance(2), verify: random.chance(2), from_start: random.chance(3) };
        let disk = Arc::new(Disk::new(files));
        let history = match History::open_in(disk.clone(), intent) {
            Ok(history) => history,
            Err(error) => {
                assert!(!matches!(error, Error::Busy { .. } | Error::Option { .. }), "seed {seed}: {error}");
                assert!(!error.to_string().is_empty());
                refused += 1;
                continue;
            }
        };
        used += 1;
        assert!(!history.report().to_string().is_empty());
        // Shown only when what follows fails.
        println!("seed {seed}: {}", history.report());
        let last = check_contents(&history);
        let mut journal = history.resume_by_hand(&small(Durability::group()), b"config").unwrap();
        journal.append(kind(last + 1), &payload(last + 1)).unwrap();
        journal.close().unwrap();
        // Once mended it is sound from the same start, without force.
        let again =
            History::open_in(disk, Intent { from_start: intent.from_start && !intent.force, ..Intent::default() });
        let again = again.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        assert!(check_contents(&again) > 0, "seed {seed}");
    }
    assert!(used > rounds / 10 && refused > rounds / 10, "{used} used, {refused} refused");
}
