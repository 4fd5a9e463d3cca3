//! Makes a directory what its report says, before the log goes on.
//!
//! The last files go first: a crash in between leaves less of the same damage, and the next recovery does the rest.
//! What a torn tail left is removed, nobody was promised it. What is cut by force may have been promised, so it is kept
//! under another name.

use crate::error::Error;
use crate::names::{self, ASIDE, Entry};
use crate::report::{Report, Verdict};
use crate::segments::SegmentFile;
use crate::storage::Storage;
use std::io;

/// Cuts the log behind `end` (segment and byte) and makes what is kept durable.
pub(crate) fn mend(
    storage: &dyn Storage,
    files: &[SegmentFile],
    end: (u64, u64),
    report: &Report,
) -> Result<(), Error> {
    remove_unfinished(storage)?;
    set_snapshots_aside(storage, report).map_err(|error| failed(storage, &error))?;
    let is_forced = matches!(report.verdict, Verdict::Damaged { .. });
    cut(storage, files, end, is_forced, report.durable).map_err(|error| failed(storage, &error))
}

/// Removes what a crash left half made.
pub(crate) fn remove_unfinished(storage: &dyn Storage) -> Result<(), Error> {
    let remove = || {
        let names = storage.list()?;
        let mut unfinished = names.iter().filter(|name| names::classify(name) == Entry::Unfinished);
        unfinished.try_for_each(|name| storage.remove(name))
    };
    remove().map_err(|error| failed(storage, &error))
}

fn failed(storage: &dyn Storage, error: &io::Error) -> Error {
    Error::storage(format!("put {} in order", storage.place()), error)
}

/// Snapshots that cannot be used must not count among those that are kept, and those of a future that is cut would be
/// taken for the truth next time.
fn set_snapshots_aside(storage: &dyn Storage, report: &Report) -> io::Result<()> {
    let is_cut = matches!(report.verdict, Verdict::Damaged { .. });
    let is_future = |name: &str| match names::classify(name) {
        Entry::Snapshot(sequence) => is_cut && sequence > report.last,
        _ => false,
    };
    let is_bad = |name: &String| report.skipped.iter().any(|(skipped, _)| skipped == name);
    storage.list()?.iter().filter(|name| is_bad(name) || is_future(name)).try_for_each(|name| {
        let aside = aside(storage, name)?;
        storage.rename(name, &aside)
    })
}

fn cut(storage: &dyn Storage, files: &[SegmentFile], end: (u64, u64), is_forced: bool, durable: u64) -> io::Result<()> {
    let (segment, offset) = end;
    for file in files.iter().rev().filter(|file| file.index > segment) {
        let name = names::log(file.index);
        if is_forced { storage.rename(&name, &aside(storage, &name)?)? } else { storage.remove(&name)? }
    }
    // Only what is not known durable: a long log has thousands of segments.
    for pair in files.windows(2).filter(|pair| pair[0].index < segment) {
        if pair[1].first().is_none_or(|next| next > durable.saturating_add(1)) {
            storage.harden(&names::log(pair[0].index))?;
        }
    }
    let Some(last) = files.iter().find(|file| file.index == segment) else { return Ok(()) };
    let name = names::log(segment);
    if is_forced && last.bytes > offset {
        let mut tail = vec![0; (last.bytes - offset) as usize];
        let read = storage.read(&name, offset, &mut tail)?;
        tail.truncate(read);
        if tail.iter().any(|byte| *byte != 0) {
            storage.store(&aside(storage, &name)?, &[&tail])?;
        }
    }
    storage.truncate(&name, offset)
}

/// A name for what is set aside that is not taken yet.
fn aside(storage: &dyn Storage, name: &str) -> io::Result<String> {
    let taken = storage.list()?;
    let mut numbers = 1u64..;
    let free = numbers.find_map(|number| {
        let candidate = format!("{name}{ASIDE}{number}");
        if taken.contains(&candidate) { None } else { Some(candidate) }
    });
    free.ok_or_else(|| io::Error::other("no free name"))
}
