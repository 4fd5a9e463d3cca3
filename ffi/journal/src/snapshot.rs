//! Snapshots: the state after a record, as opaque bytes in one file.
//!
//! ```text
//!  0:8 magic "HFTZSNAP" · 8:4 version · 12:4 zero · 16:8 journal id · 24:8 sequence · 32:8 segment and 40:8 byte in it
//! where the next record begins · 48:8 length of the configuration · 56:8 length of the state · 64:4 CRC-32C of the
//! configuration · 68:4 of the state · 72:4 of bytes 0..72 · 76:4 zero · 80 configuration, state
//! ```
//!
//! A snapshot is written only once the log is durable up to its sequence: it never knows more than the log, and its
//! sequence serves as a commit mark.

use crate::error::words;
use crate::header::VERSION;
use crate::names::{self, Entry};
use crate::options::Position;
use crate::storage::Storage;

const HEADER: usize = 80;
const MAGIC: [u8; 8] = *b"HFTZSNAP";

/// A snapshot as it is read back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Snapshot {
    /// The state is the one right after this place.
    pub at: Position,
    /// The configuration at that time.
    pub config: Vec<u8>,
    pub state: Vec<u8>,
}

pub(crate) fn header(journal: u64, at: Position, config: &[u8], state: &[u8]) -> [u8; HEADER] {
    let mut out = [0; HEADER];
    out[..8].copy_from_slice(&MAGIC);
    out[8..12].copy_from_slice(&VERSION.to_le_bytes());
    let fields = [journal, at.sequence, at.segment, at.offset, config.len() as u64, state.len() as u64];
    for (place, field) in out[16..64].chunks_exact_mut(8).zip(fields) {
        place.copy_from_slice(&field.to_le_bytes());
    }
    out[64..68].copy_from_slice(&crc32c::crc32c(config).to_le_bytes());
    out[68..72].copy_from_slice(&crc32c::crc32c(state).to_le_bytes());
    let sum = crc32c::crc32c(&out[..72]);
    out[72..76].copy_from_slice(&sum.to_le_bytes());
    out
}

/// Reads and checks the snapshot of `sequence`.
///
/// # Errors
/// Why it cannot be used, in words.
pub(crate) fn load(storage: &dyn Storage, journal: u64, sequence: u64) -> Result<Snapshot, String> {
    let name = names::snapshot(sequence);
    let length = storage.length(&name).map_err(|error| words(&error))?;
    let mut head = [0; HEADER];
    if storage.read(&name, 0, &mut head).map_err(|error| words(&error))? < HEADER {
        return Err(format!("a file of {length} bytes is too short"));
    }
    let word = |at: usize| u64::from_le_bytes(std::array::from_fn(|i| head[at + i]));
    let half = |at: usize| u32::from_le_bytes(std::array::from_fn(|i| head[at + i]));
    if head[..8] != MAGIC {
        return Err("it is not a snapshot".to_string());
    }
    if half(72) != crc32c::crc32c(&head[..72]) {
        return Err("the checksum of its header does not match".to_string());
    }
    if half(8) != VERSION {
        return Err(format!("format version {} is not one that this program reads", half(8)));
    }
    if word(16) != journal || word(24) != sequence {
        return Err("it belongs to another journal".to_string());
    }
    let whole = (HEADER as u64).checked_add(word(48)).and_then(|sum| sum.checked_add(word(56)));
    if whole != Some(length) {
        return Err(format!("it has {length} bytes and should have {}", whole.unwrap_or(u64::MAX)));
    }
    let config = part(storage, &name, HEADER as u64, word(48), half(64), "configuration")?;
    let state = part(storage, &name, HEADER as u64 + word(48), word(56), half(68), "state")?;
    Ok(Snapshot { at: Position { sequence, segment: word(32), offset: word(40) }, config, state })
}

fn part(storage: &dyn Storage, name: &str, at: u64, length: u64, sum: u32, what: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    // The length was compared with that of the file; memory may still not be there for it.
    bytes.try_reserve_exact(length as usize).map_err(|_| format!("there is no memory for {length} bytes"))?;
    bytes.resize(length as usize, 0);
    let read = storage.read(name, at, &mut bytes).map_err(|error| words(&error))?;
    if read != bytes.len() {
        return Err(format!("the {what} ends early"));
    }
    if crc32c::crc32c(&bytes) != sum {
        return Err(format!("the checksum of the {what} does not match"));
    }
    Ok(bytes)
}

/// Sequences of all snapshot files, newest first.
pub(crate) fn sequences(names: &[String]) -> Vec<u64> {
    let mut found: Vec<u64> = names
        .iter()
        .filter_map(|name| match names::classify(name) {
            Entry::Snapshot(sequence) => Some(sequence),
            _ => None,
        })
        .collect();
    found.sort_unstable_by(|a, b| b.cmp(a));
    found
}
