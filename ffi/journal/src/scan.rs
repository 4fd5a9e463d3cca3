//! Reads the log to its end or to damage, and looks at what lies behind the damage.
//!
//! What lies there decides: a commit mark that reaches to the damaged record says that it had been durable, so that no
//! crash can have torn it off. Records are found again behind damage by trying every 8th byte; the checksum, seeded per
//! journal, keeps payloads that look like records from passing.

use crate::error::Error;
use crate::header;
use crate::reader::{Stop, Walk, read_whole};
use crate::record::{HEADER, MARK, MARK_ROOM, Raw, room};
use crate::report::{Cut, Damage};
use crate::segments::SegmentFile;
use crate::storage::Storage;

/// Bytes that may be summed in the search for whole records; hostile bytes could make it quadratic otherwise.
const SEARCH_BYTES: usize = 1 << 28;

/// What reading the log gave.
pub(crate) struct Found {
    /// Last record before the end or the damage.
    pub last: u64,
    pub checked: u64,
    pub marks: u64,
    /// Highest durable sequence told of before and after the damage.
    pub durable: u64,
    /// Segment and byte where the sound part ends; segment 0: before the first.
    pub end: (u64, u64),
    pub damage: Option<Damage>,
    pub cut: Cut,
}

/// Walks until the log ends, `until` was read, or damage.
pub(crate) fn scan(walk: &mut Walk, until: u64) -> Result<Found, Error> {
    let mut checked = 0;
    let damage = loop {
        if walk.expected > until {
            break None;
        }
        match walk.advance() {
            Ok(Some(_)) => checked += 1,
            Ok(None) => break None,
            Err(Stop::Damage(damage)) => break Some(damage),
            Err(Stop::Failed(error)) => return Err(error),
        }
    };
    let last = walk.expected.saturating_sub(1);
    let (marks, durable) = (walk.marks, walk.durable);
    Ok(Found { last, checked, marks, durable, end: walk.place(), damage, cut: Cut::default() })
}

/// Looks through everything behind `found.end` for marks and whole records.
pub(crate) fn look_behind(
    found: &mut Found,
    storage: &dyn Storage,
    files: &[SegmentFile],
    seed: u32,
) -> Result<(), Error> {
    let mut budget = SEARCH_BYTES;
    let mut bytes = Vec::new();
    for file in files.iter().filter(|file| file.index >= found.end.0) {
        let is_kept = file.index == found.end.0;
        let from = if is_kept { found.end.1 as usize } else { header::LENGTH };
        read_whole(storage, file, &mut bytes)?;
        let behind = search(&bytes, from, seed, found.last, &mut budget);
        let told = file.header.map_or(0, |header| header.durable);
        found.durable = found.durable.max(behind.durable).max(told);
        found.cut.whole += behind.whole;
        found.cut.bytes += behind.bytes + if is_kept { 0 } else { bytes.len().min(header::LENGTH) as u64 };
        found.cut.segments += u64::from(!is_kept);
    }
    Ok(())
}

#[derive(Default)]
struct Behind {
    durable: u64,
    whole: u64,
    bytes: u64,
}

fn search(bytes: &[u8], from: usize, seed: u32, last: u64, budget: &mut usize) -> Behind {
    let mut behind = Behind::default();
    let from = from.min(bytes.len());
    let extent = bytes[from..].iter().rposition(|byte| *byte != 0).map_or(0, |at| at + 1);
    behind.bytes = extent as u64;
    let end = from + extent;
    let mut at = from.next_multiple_of(8);
    while at < end {
        let Some(header) = bytes.get(at..).and_then(|rest| rest.first_chunk::<HEADER>()) else { break };
        let raw = Raw::new(header);
        let room = room(raw.length);
        let is_mark = raw.kind == MARK && room == MARK_ROOM;
        // Sequences behind the damage go on from before it; a 40-bit distance is more than disks hold.
        let is_near = raw.sequence >= last && raw.sequence - last < 1 << 40;
        let body = bytes.get(at + HEADER..at + room).filter(|_| is_near && (is_mark || room <= *budget));
        let Some(body) = body else {
            at += 8;
            continue;
        };
        *budget -= if is_mark { 0 } else { room };
        if !raw.holds(seed, body) {
            at += 8;
            continue;
        }
        match body.first_chunk::<8>() {
            Some(durable) if is_mark => {
                behind.durable = behind.durable.max(u64::from_le_bytes(*durable).min(raw.sequence))
            }
            _ => behind.whole += 1,
        }
        at += room;
    }
    behind
}
