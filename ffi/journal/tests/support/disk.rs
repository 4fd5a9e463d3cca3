//! A disk in memory whose power can be cut: what was synced stays, of the rest any sectors may have made it.
//!
//! A fuse burns down with every operation; the one that finds it burnt is done in part, and nothing works after it. What
//! a restart finds is taken with [`Disk::after_power_cut`].

use super::random::Random;
use hftz_journal::{Pace, Preparation, Segment, Storage};
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

const SECTOR: usize = 512;

#[derive(Default)]
pub struct Disk(Arc<Mutex<State>>);

pub type Files = BTreeMap<String, Vec<u8>>;

struct State {
    files: Files,
    /// Memory of the segments that somebody may still be writing.
    live: Vec<(String, Arc<Memory>)>,
    fuse: Option<u64>,
    random: Random,
    /// Bytes that fit.
    room: Option<usize>,
    syncs_fail: bool,
}

impl Default for State {
    fn default() -> Self {
        Self {
            files: Files::new(),
            live: Vec::new(),
            fuse: None,
            random: Random::new(0),
            room: None,
            syncs_fail: false,
        }
    }
}

/// Words, because records are 8-aligned.
struct Memory(Box<[std::cell::UnsafeCell<u64>]>);

// SAFETY: tests that share it keep to the contract of Segment: only published bytes are read by others.
unsafe impl Send for Memory {}
// SAFETY: as above.
unsafe impl Sync for Memory {}

impl Memory {
    fn new(bytes: usize) -> Self {
        Self((0..bytes / 8).map(|_| std::cell::UnsafeCell::new(0)).collect())
    }

    fn base(&self) -> *mut u8 {
        self.0.as_ptr().cast_mut().cast()
    }

    fn copy(&self, from: usize, to: usize) -> Vec<u8> {
        assert!(to <= self.0.len() * 8);
        // SAFETY: inside the words; the bytes are published, or the writer is the thread that asks.
        unsafe { std::slice::from_raw_parts(self.base().add(from), to - from) }.to_vec()
    }
}

impl Disk {
    pub fn new(files: Files) -> Self {
        Self(Arc::new(Mutex::new(State { files, ..State::default() })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    pub fn files(&self) -> Files {
        self.state().files.clone()
    }

    /// Lets the power fail at the operation after the next `operations`.
    pub fn set_fuse(&self, operations: u64, seed: u64) {
        let mut state = self.state();
        state.fuse = Some(operations);
        state.random = Random::new(seed);
    }

    pub fn set_room(&self, bytes: Option<usize>) {
        self.state().room = bytes;
    }

    pub fn let_syncs_fail(&self) {
        self.state().syncs_fail = true;
    }

    /// What is found when the power comes back. To be called by the thread that writes.
    pub fn after_power_cut(&self, seed: u64) -> Files {
        let mut state = self.state();
        let mut random = Random::new(seed);
        // Anything from nothing to nearly everything of the unsynced sectors was on its way.
        let one_in = 1 + random.below(6);
        let live = std::mem::take(&mut state.live);
        for (name, memory) in &live {
            let Some(file) = state.files.get_mut(name) else { continue };
            let bytes = memory.copy(0, file.len());
            for (old, new) in file.chunks_mut(SECTOR).zip(bytes.chunks(SECTOR)) {
                if old != new && random.chance(one_in) {
                    old.copy_from_slice(new);
                }
            }
        }
        state.fuse = Some(0);
        std::mem::take(&mut state.files)
    }
}

impl State {
    /// Whether there is still power; the first refusal may do a part of the work.
    fn power(&mut self) -> Power {
        match &mut self.fuse {
            None => Power::On,
            Some(0) => Power::Off,
            Some(1) => {
                self.fuse = Some(0);
                Power::Failing
            }
            Some(left) => {
                *left -= 1;
                Power::On
            }
        }
    }

    fn change(&mut self, change: impl FnOnce(&mut Self) -> io::Result<()>) -> io::Result<()> {
        let happens = match self.power() {
            Power::On => return change(self),
            Power::Off => false,
            Power::Failing => self.random.chance(2),
        };
        if happens {
            change(self)?;
        }
        Err(no_power())
    }

    fn used(&self) -> usize {
        self.files.values().map(Vec::len).sum()
    }
}

enum Power {
    On,
    Failing,
    Off,
}

fn no_power() -> io::Error {
    io::Error::other("the power is off")
}

fn not_found() -> io::Error {
    io::Error::from_raw_os_error(2)
}

impl Storage for Disk {
    fn place(&self) -> String {
        "memory".to_string()
    }

    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.state().files.keys().cloned().collect())
    }

    fn length(&self, name: &str) -> io::Result<u64> {
        self.state().files.get(name).map(|file| file.len() as u64).ok_or_else(not_found)
    }

    fn read(&self, name: &str, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        let state = self.state();
        let file = state.files.get(name).ok_or_else(not_found)?;
        let rest = file.get(offset as usize..).unwrap_or_default();
        let some = rest.len().min(into.len());
        into[..some].copy_from_slice(&rest[..some]);
        Ok(some)
    }

    fn store(&self, name: &str, parts: &[&[u8]]) -> io::Result<()> {
        let bytes = parts.concat();
        let mut state = self.state();
        if state.room.is_some_and(|room| state.used() + bytes.len() > room) {
            return Err(io::Error::from_raw_os_error(28));
        }
        let part = state.random.below(bytes.len() as u64 + 1) as usize;
        let half_done = bytes[..part].to_vec();
        let before = state.fuse;
        let result = state.change(|state| {
            state.files.insert(name.to_string(), bytes);
            Ok(())
        });
        if result.is_err() && before == Some(1) {
            state.files.insert(format!("{name}.new"), half_done);
        }
        result
    }

    fn harden(&self, name: &str) -> io::Result<()> {
        self.state().change(|state| {
            let live = state.live.iter().find(|(live, _)| live == name).map(|(_, memory)| Arc::clone(memory));
            let file = state.files.get_mut(name).ok_or_else(not_found)?;
            if let Some(memory) = live {
                *file = memory.copy(0, file.len());
            }
            Ok(())
        })
    }

    fn truncate(&self, name: &str, length: u64) -> io::Result<()> {
        self.state().change(|state| {
            state.files.get_mut(name).ok_or_else(not_found)?.resize(length as usize, 0);
            Ok(())
        })
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.state().change(|state| {
            let file = state.files.remove(from).ok_or_else(not_found)?;
            state.files.insert(to.to_string(), file);
            Ok(())
        })
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.state().change(|state| state.files.remove(name).map(drop).ok_or_else(not_found))
    }

    fn prepare(
        &self,
        name: &str,
        header: &[u8],
        how: Preparation,
        pace: &mut dyn Pace,
    ) -> io::Result<Arc<dyn Segment>> {
        pace.rest(0, how.bytes)?;
        let mut state = self.state();
        if state.room.is_some_and(|room| state.used() + how.bytes > room) {
            return Err(io::Error::from_raw_os_error(28));
        }
        let memory = Arc::new(Memory::new(how.bytes));
        // SAFETY: a segment is longer than a header, and nobody else has the memory yet.
        unsafe { std::ptr::copy_nonoverlapping(header.as_ptr(), memory.base(), header.len()) };
        let mut file = vec![0; how.bytes];
        if how.hardened {
            file[..header.len()].copy_from_slice(header);
        }
        state.change(|state| {
            state.files.insert(name.to_string(), file);
            Ok(())
        })?;
        state.live.push((name.to_string(), Arc::clone(&memory)));
        let synced = Mutex::new(0);
        Ok(Arc::new(DiskSegment { state: Arc::clone(&self.0), name: name.to_string(), memory, synced }))
    }
}

struct DiskSegment {
    state: Arc<Mutex<State>>,
    name: String,
    memory: Arc<Memory>,
    synced: Mutex<usize>,
}

impl Segment for DiskSegment {
    fn memory(&self) -> *mut u8 {
        self.memory.base()
    }

    fn bytes(&self) -> usize {
        self.memory.0.len() * 8
    }

    fn write(&self, _to: usize) -> io::Result<()> {
        Ok(())
    }

    fn sync(&self, to: usize) -> io::Result<()> {
        let mut state = self.state.lock().unwrap();
        let mut synced = self.synced.lock().unwrap();
        if state.syncs_fail {
            return Err(io::Error::from_raw_os_error(5));
        }
        let power = state.power();
        let bytes = self.memory.copy(*synced, to);
        let lucky: Vec<bool> = bytes.chunks(SECTOR).map(|_| state.random.chance(2)).collect();
        let file = state.files.get_mut(&self.name).ok_or_else(not_found)?;
        for (number, chunk) in bytes.chunks(SECTOR).enumerate() {
            if matches!(power, Power::On) || (matches!(power, Power::Failing) && lucky[number]) {
                let at = *synced + number * SECTOR;
                file[at..at + chunk.len()].copy_from_slice(chunk);
            }
        }
        if !matches!(power, Power::On) {
            return Err(no_power());
        }
        *synced = to;
        Ok(())
    }

    fn warm(&self, _from: usize, _to: usize) {}

    fn block(&self) -> usize {
        1
    }
}
