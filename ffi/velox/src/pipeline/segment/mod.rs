//! The shared memory between the two halves of a pipeline: a page that says who is there, then ring A.
//!
//! The downstream half makes it, gives it its name when all is there and takes that away at the end; the ingress half joins. Neither believes the other: a
//! segment must have this layout, be this user's, and have a maker that lives.
//!
//! | offset | bytes | field |
//! | --- | --- | --- |
//! | 0 | 8 | `HFTZVLX` and 0 |
//! | 8 | 4 | version of this layout |
//! | 16 | 8 | downstream: state (0 absent, 1 here, 2 ended, 3 left), process |
//! | 24 | 8 | ingress: the same |
//! | 32 | 8 | rate offered, as the bits of a double |
//! | 40 | 24 | transactions generated, pushed, dropped |
//! | 64 | 8 | transactions that came out |
//! | 4096 | | ring A |

mod error;

pub use error::{Role, SegmentError};

use crate::host::{SharedFile, shared_path};
use crate::transaction::Transaction;
use hftz_ring::spsc::{self, Consumer, Producer};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// `HFTZVLX` and a zero.
const MAGIC: u64 = u64::from_le_bytes(*b"HFTZVLX\0");
const VERSION: u32 = 1;
/// Where the ring begins.
const RING: usize = 4096;
/// How long a half waits for the other.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks while waiting.
const LOOK: Duration = Duration::from_millis(1);

const ABSENT: u32 = 0;
const HERE: u32 = 1;
const ENDED: u32 = 2;
const LEFT: u32 = 3;

#[repr(C)]
struct Half {
    state: AtomicU32,
    process: AtomicU32,
}

#[repr(C)]
struct Header {
    magic: AtomicU64,
    version: AtomicU32,
    reserved: AtomicU32,
    halves: [Half; 2],
    rate: AtomicU64,
    generated: AtomicU64,
    pushed: AtomicU64,
    dropped: AtomicU64,
    out: AtomicU64,
}

const _: () = assert!(size_of::<Header>() <= RING && RING.is_multiple_of(spsc::ALIGNMENT));

/// How the other half is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Peer {
    Absent,
    Here,
    /// It ended because there was nothing more to do.
    Ended,
    /// It ended in order because its user wanted that, before the other half.
    Left,
    /// Its process is gone, and it did not end in order.
    Died,
}

/// What the ingress half counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Sent {
    pub generated: u64,
    pub pushed: u64,
    pub dropped: u64,
}

/// One half's view of the segment.
pub struct Segment {
    file: Arc<SharedFile>,
    role: Role,
    /// Whether this half's lock is held: who only looked changes nothing.
    claimed: bool,
}

/// # Errors
/// [`SegmentError::Name`] when there cannot be shared memory of that name.
pub fn check_name(name: &str) -> Result<(), SegmentError> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if (1..=64).contains(&name.len()) && name.bytes().all(fits) { Ok(()) } else { Err(SegmentError::Name) }
}

fn path_of(name: &str) -> String {
    shared_path(name).display().to_string()
}

impl Segment {
    /// Makes the segment with a ring of `capacity` transactions, as the downstream half.
    ///
    /// # Errors
    /// [`SegmentError`]; one that is there already is never taken over, whoever left it.
    pub fn create(name: &str, capacity: usize) -> Result<Self, SegmentError> {
        check_name(name)?;
        let bytes = RING + spsc::bytes::<Transaction>(capacity).map_err(SegmentError::Ring)?;
        let system = |error| SegmentError::System(error, path_of(name));
        let file = SharedFile::create(name, bytes).map_err(system)?;
        let mut segment = Self { file: Arc::new(file), role: Role::Downstream, claimed: false };
        segment.claim()?;
        // SAFETY: the ring's bytes follow the page within the file, and nobody knows them before the magic is there.
        let made = unsafe { spsc::format::<Transaction>(segment.ring(), segment.ring_bytes(), capacity) };
        made.map_err(SegmentError::Ring)?;
        let header = segment.header();
        header.version.store(VERSION, Ordering::Relaxed);
        segment.come();
        header.magic.store(MAGIC, Ordering::Release);
        match segment.file.publish() {
            Ok(()) => Ok(segment),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(Self::occupied(name)),
            Err(error) => Err(system(error)),
        }
    }

    /// Why there is something of that name.
    fn occupied(name: &str) -> SegmentError {
        match Self::open(name) {
            Ok(segment) if matches!(segment.lives(Role::Downstream), Ok(false)) => SegmentError::Stale(path_of(name)),
            Ok(_) => SegmentError::Taken(Role::Downstream, path_of(name)),
            Err(error) => error,
        }
    }

    /// Joins the segment as the ingress half, waiting for one to be made.
    ///
    /// # Errors
    /// [`SegmentError`].
    pub fn join(name: &str, stopped: impl Fn() -> bool) -> Result<Self, SegmentError> {
        check_name(name)?;
        let missing = |error: &SegmentError| matches!(error, SegmentError::System(error, _) if error.kind() == io::ErrorKind::NotFound);
        let started = Instant::now();
        let mut segment = loop {
            match Self::open(name) {
                Ok(segment) => break segment,
                Err(error) if missing(&error) => pause(started, Role::Ingress, &stopped)?,
                Err(error) => return Err(error),
            }
        };
        if !segment.lives(Role::Downstream)? {
            return Err(SegmentError::Stale(path_of(name)));
        }
        segment.claim()?;
        Ok(segment)
    }

    fn open(name: &str) -> Result<Self, SegmentError> {
        let file = SharedFile::open(name).map_err(|error| match error.kind() {
            io::ErrorKind::InvalidData | io::ErrorKind::PermissionDenied => SegmentError::Foreign(path_of(name)),
            _ => SegmentError::System(error, path_of(name)),
        })?;
        let segment = Self { file: Arc::new(file), role: Role::Ingress, claimed: false };
        if segment.file.bytes() <= RING || segment.header().magic.load(Ordering::Acquire) != MAGIC {
            return Err(SegmentError::Foreign(path_of(name)));
        }
        match segment.header().version.load(Ordering::Relaxed) {
            VERSION => Ok(segment),
            other => Err(SegmentError::Version(other)),
        }
    }

    fn header(&self) -> &Header {
        // SAFETY: a file has more than a page (checked when it is opened, given when it is made), begins on a page boundary, and
        // the header is atomics, for which any bits will do.
        unsafe { self.file.start().cast::<Header>().as_ref() }
    }

    fn half(&self, role: Role) -> &Half {
        &self.header().halves[role as usize]
    }

    fn ring(&self) -> std::ptr::NonNull<u8> {
        // SAFETY: the file is longer than the page before the ring.
        unsafe { self.file.start().add(RING) }
    }

    fn ring_bytes(&self) -> usize {
        self.file.bytes() - RING
    }

    fn system(&self, error: io::Error) -> SegmentError {
        SegmentError::System(error, self.file.path().display().to_string())
    }

    /// Takes this half's lock.
    fn claim(&mut self) -> Result<(), SegmentError> {
        match self.file.lock(self.role as u8) {
            Ok(true) => {
                self.claimed = true;
                Ok(())
            }
            Ok(false) => Err(SegmentError::Taken(self.role, self.file.path().display().to_string())),
            Err(error) => Err(self.system(error)),
        }
    }

    fn lives(&self, role: Role) -> Result<bool, SegmentError> {
        self.file.is_locked(role as u8).map_err(|error| self.system(error))
    }

    fn come(&self) {
        let half = self.half(self.role);
        half.process.store(std::process::id(), Ordering::Relaxed);
        half.state.store(HERE, Ordering::Release);
    }

    /// The filling end of the ring; the other half may begin when this returns.
    ///
    /// # Errors
    /// [`SegmentError::Ring`] when the memory holds no such ring, or it had a producer.
    pub fn producer(&self, rate: f64) -> Result<Producer<Transaction, Arc<SharedFile>>, SegmentError> {
        // SAFETY: the bytes lie in the mapping, which the producer keeps, and are used through rings only.
        let ring = unsafe { Producer::attach(self.ring(), self.ring_bytes(), Arc::clone(&self.file)) };
        let ring = ring.map_err(SegmentError::Ring)?;
        self.header().rate.store(rate.to_bits(), Ordering::Relaxed);
        self.come();
        Ok(ring)
    }

    /// The emptying end of the ring, when the other half is there, and the rate that it offers.
    ///
    /// # Errors
    /// [`SegmentError`].
    pub fn consumer(
        &self,
        stopped: impl Fn() -> bool,
    ) -> Result<(Consumer<Transaction, Arc<SharedFile>>, f64), SegmentError> {
        let started = Instant::now();
        while self.peer() == Peer::Absent {
            pause(started, Role::Downstream, &stopped)?;
        }
        let rate = f64::from_bits(self.header().rate.load(Ordering::Relaxed));
        // SAFETY: the bytes lie in the mapping, which the consumer keeps, and are used through rings only.
        let ring = unsafe { Consumer::attach(self.ring(), self.ring_bytes(), Arc::clone(&self.file)) };
        Ok((ring.map_err(SegmentError::Ring)?, rate))
    }

    /// How the other half is now.
    #[must_use]
    pub fn peer(&self) -> Peer {
        let half = self.half(self.role.other());
        let state = || half.state.load(Ordering::Acquire);
        match state() {
            ABSENT => Peer::Absent,
            ENDED => Peer::Ended,
            LEFT => Peer::Left,
            _ if self.lives(self.role.other()).unwrap_or(true) => Peer::Here,
            // It may have ended between the two looks.
            _ => match state() {
                ENDED => Peer::Ended,
                LEFT => Peer::Left,
                _ => Peer::Died,
            },
        }
    }

    /// Number of the other half's process.
    #[must_use]
    pub fn peer_process(&self) -> u32 {
        self.half(self.role.other()).process.load(Ordering::Relaxed)
    }

    /// Says how far this half is.
    pub fn tell(&self, sent: Sent, out: u64) {
        let header = self.header();
        match self.role {
            Role::Downstream => header.out.store(out, Ordering::Relaxed),
            Role::Ingress => {
                header.generated.store(sent.generated, Ordering::Relaxed);
                header.pushed.store(sent.pushed, Ordering::Relaxed);
                header.dropped.store(sent.dropped, Ordering::Relaxed);
            }
        }
    }

    /// Says that this half has ended in order, with what was last told; `left` when it was stopped before the other had ended.
    pub fn end(&self, left: bool) {
        self.half(self.role).state.store(if left { LEFT } else { ENDED }, Ordering::Release);
    }

    /// Waits until the other half has ended too, at most `patience`. How it is then.
    pub fn farewell(&self, patience: Duration) -> Peer {
        let started = Instant::now();
        loop {
            match self.peer() {
                Peer::Here if started.elapsed() < patience => std::thread::sleep(LOOK),
                peer => return peer,
            }
        }
    }

    /// What the ingress half told last.
    #[must_use]
    pub fn sent(&self) -> Sent {
        let header = self.header();
        let [generated, pushed, dropped] =
            [&header.generated, &header.pushed, &header.dropped].map(|count| count.load(Ordering::Relaxed));
        Sent { generated, pushed, dropped }
    }

    /// What the downstream half told last.
    #[must_use]
    pub fn out(&self) -> u64 {
        self.header().out.load(Ordering::Relaxed)
    }
}

impl Drop for Segment {
    fn drop(&mut self) {
        // The maker clears up, and who survives the maker does it in its place.
        if self.claimed && (self.role == Role::Downstream || self.peer() == Peer::Died) {
            self.file.unlink();
        }
    }
}

/// One turn of waiting for the other half.
fn pause(started: Instant, role: Role, stopped: &impl Fn() -> bool) -> Result<(), SegmentError> {
    if stopped() {
        return Err(SegmentError::Stopped);
    }
    if started.elapsed() >= PATIENCE {
        return Err(SegmentError::Alone(role));
    }
    std::thread::sleep(LOOK);
    Ok(())
}
