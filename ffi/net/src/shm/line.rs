//! One side of a conversation through shared memory.

use super::handover;
use super::mapping::Mapping;
use hftz_ring::spsc::{self, Consumer, Producer};
use hftz_ring::{Padded, RingError};
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};
use std::time::Duration;

/// What stands first in the memory and comes with it through the socket.
const MAGIC: [u8; 8] = *b"HFTZSHM\x01";
/// Bytes of commands that may wait: 8 thousand orders.
const COMMAND_BYTES: usize = 1 << 18;
/// Bytes of reports that may wait: 21 thousand.
const REPORT_BYTES: usize = 1 << 20;
const PAGE: usize = 4096;
/// How long a client waits for the memory.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Looks of a client at an empty ring before it sleeps.
const EAGER: u32 = 1024;
/// Longest sleep of a client without a look around.
const NAP: Duration = Duration::from_millis(50);

#[repr(C)]
struct Board {
    /// Magic, bytes of the memory, offsets of the rings of commands and reports.
    identity: Padded<[AtomicU64; 4]>,
    exchange_sleeps: Padded<AtomicU32>,
    client_sleeps: Padded<AtomicU32>,
}

/// One side: bytes that come, bytes that go. Nothing here waits, but [`Read`] and [`Write`], which are for clients.
pub struct SharedLine {
    incoming: Consumer<u8, Arc<Mapping>>,
    /// `None` once this side sends no more.
    outgoing: Option<Producer<u8, Arc<Mapping>>>,
    memory: Arc<Mapping>,
    /// Last: who hears it close finds the rings closed.
    socket: UnixStream,
    is_exchange: bool,
    is_gone: bool,
}

fn invalid(error: RingError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

impl SharedLine {
    /// The exchange's side: makes the memory and hands it to whoever connected.
    ///
    /// # Errors
    /// What the system answers.
    pub fn offer(socket: UnixStream) -> io::Result<Self> {
        let ring_bytes = |capacity| spsc::bytes::<u8>(capacity).map_err(invalid);
        let commands = PAGE;
        let reports = (commands + ring_bytes(COMMAND_BYTES)?).next_multiple_of(PAGE);
        let bytes = (reports + ring_bytes(REPORT_BYTES)?).next_multiple_of(PAGE);
        let (memory, file) = Mapping::create(bytes)?;
        for (place, capacity) in [(commands, COMMAND_BYTES), (reports, REPORT_BYTES)] {
            // SAFETY: `place` lies in the mapping and the ring ends in it, by the sums above; nobody else has it yet.
            let formatted = unsafe { spsc::format::<u8>(memory.start().add(place), bytes - place, capacity) };
            formatted.map_err(invalid)?;
        }
        let words = [u64::from_le_bytes(MAGIC), bytes as u64, commands as u64, reports as u64];
        // SAFETY: the mapping is longer than a board, of atomics, and begins a page.
        let board = unsafe { memory.start().cast::<Board>().as_ref() };
        board.identity.0.iter().zip(words).for_each(|(place, word)| place.store(word, Ordering::Relaxed));
        let line = Self::attach(Arc::new(memory), socket, true, commands, reports)?;
        // What was written above is there before the call that tells of it.
        handover::give(&line.socket, MAGIC, file.as_fd())?;
        line.socket.set_nonblocking(true)?;
        Ok(line)
    }

    /// A client's side: connects to an exchange that listens at `path`.
    ///
    /// # Errors
    /// `InvalidData` when who listens there hands over nothing of this layout and version; what the system answers.
    pub fn join(path: &Path) -> io::Result<Self> {
        let socket = UnixStream::connect(path)?;
        socket.set_read_timeout(Some(HANDSHAKE))?;
        let (word, file) = handover::take(&socket)?;
        let memory = Mapping::open(file.as_fd())?;
        if word != MAGIC || memory.bytes() < size_of::<Board>() {
            let found = String::from_utf8_lossy(&word[..7]).into_owned();
            let text =
                format!("the memory holds \"{found}\", version {}, not \"HFTZSHM\", version {}", word[7], MAGIC[7]);
            return Err(io::Error::new(io::ErrorKind::InvalidData, text));
        }
        // SAFETY: the mapping is long enough for a board, which is atomics, and begins a page.
        let board = unsafe { memory.start().cast::<Board>().as_ref() };
        let [_, _, commands, reports] =
            board.identity.0.each_ref().map(|word| usize::try_from(word.load(Ordering::Relaxed)).unwrap_or(usize::MAX));
        socket.set_nonblocking(true)?;
        Self::attach(Arc::new(memory), socket, false, commands, reports)
    }

    fn attach(
        memory: Arc<Mapping>,
        socket: UnixStream,
        is_exchange: bool,
        commands: usize,
        reports: usize,
    ) -> io::Result<Self> {
        let (from, to) = if is_exchange { (commands, reports) } else { (reports, commands) };
        let find = |place: usize| -> io::Result<(NonNull<u8>, usize)> {
            let room = memory.bytes().checked_sub(place).ok_or(io::ErrorKind::InvalidData)?;
            // SAFETY: `place` is at most the mapping's length.
            Ok((unsafe { memory.start().add(place) }, room))
        };
        let (incoming, incoming_room) = find(from)?;
        let (outgoing, outgoing_room) = find(to)?;
        // SAFETY: `incoming_room` bytes of the mapping, which the ring keeps alive, and which are used through rings and atomics
        // only; the ring checks itself against them.
        let incoming = unsafe { Consumer::attach(incoming, incoming_room, Arc::clone(&memory)) }.map_err(invalid)?;
        // SAFETY: as above.
        let outgoing = unsafe { Producer::attach(outgoing, outgoing_room, Arc::clone(&memory)) }.map_err(invalid)?;
        Ok(Self { incoming, outgoing: Some(outgoing), memory, socket, is_exchange, is_gone: false })
    }

    fn board(&self) -> &Board {
        // SAFETY: `offer` and `join` made sure of its length; it is atomics, for which any bits will do.
        unsafe { self.memory.start().cast::<Board>().as_ref() }
    }

    /// The word that says that one sleeps: ours, theirs.
    fn words(&self) -> (&AtomicU32, &AtomicU32) {
        let Board { exchange_sleeps, client_sleeps, .. } = self.board();
        if self.is_exchange { (&exchange_sleeps.0, &client_sleeps.0) } else { (&client_sleeps.0, &exchange_sleeps.0) }
    }

    /// Copies bytes that came to the front of `buffer`, once: what the other side writes there later changes nothing. How many.
    #[inline]
    pub fn receive(&mut self, buffer: &mut [u8]) -> usize {
        let count = self.incoming.pop_slice(buffer);
        self.wake(count);
        count
    }

    /// Sends as many bytes from the front as have room, visible all at once. How many.
    #[inline]
    pub fn send(&mut self, bytes: &[u8]) -> usize {
        let Some(outgoing) = &mut self.outgoing else { return 0 };
        let count = outgoing.push_slice(bytes);
        self.wake(count);
        count
    }

    /// After a position has moved: either the other sees that before it sleeps, or this sees that it sleeps.
    #[inline]
    fn wake(&self, moved: usize) {
        if moved == 0 {
            return;
        }
        fence(Ordering::SeqCst);
        if self.words().1.load(Ordering::Relaxed) != 0 {
            // A socket that is full of such bytes wakes as well.
            let _ = (&self.socket).write(&[1]);
        }
    }

    /// Whether a look would find something new: bytes, or that no more will come.
    #[inline]
    pub fn is_ready(&mut self) -> bool {
        !self.incoming.is_empty() || self.incoming.is_closed()
    }

    /// Whether everything that will ever come has been received.
    pub fn is_over(&mut self) -> bool {
        (self.is_gone || self.incoming.is_closed()) && self.incoming.is_empty()
    }

    /// Whether nobody will ever receive what is sent.
    #[must_use]
    pub fn is_abandoned(&self) -> bool {
        self.is_gone || self.outgoing.as_ref().is_none_or(Producer::is_abandoned)
    }

    /// Sends no more, and says so; what was sent can still be received.
    pub fn close(&mut self) {
        self.outgoing = None;
        self.wake(1);
    }

    /// Says that this side is about to sleep at the socket. Before it does it must look at the ring once more, after a fence.
    pub fn begin_sleep(&self) {
        self.words().0.store(1, Ordering::Relaxed);
    }

    pub fn end_sleep(&self) {
        self.words().0.store(0, Ordering::Relaxed);
    }

    /// Takes what the socket brought: the bytes that wake, or the end of the other side.
    pub fn hear(&mut self) {
        match (&self.socket).read(&mut [0; 256]) {
            Ok(0) => self.is_gone = true,
            Ok(_) => {}
            Err(error) => {
                self.is_gone |= !matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted);
            }
        }
    }

    /// Waits until `is_due` or for a while.
    fn wait(&mut self, looks: &mut u32, mut is_due: impl FnMut(&mut Self) -> bool) -> io::Result<()> {
        *looks += 1;
        if *looks < EAGER {
            std::hint::spin_loop();
            return Ok(());
        }
        self.begin_sleep();
        fence(Ordering::SeqCst);
        let waited = if is_due(self) { Ok(false) } else { crate::wait_readable(&[self.socket.as_fd()], NAP) };
        self.end_sleep();
        if waited? {
            self.hear();
        }
        Ok(())
    }
}

impl AsFd for SharedLine {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl Read for SharedLine {
    /// Waits for bytes; 0 when there will be none.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut looks = 0;
        loop {
            let count = self.receive(buffer);
            if count > 0 || buffer.is_empty() || self.is_over() {
                return Ok(count);
            }
            self.wait(&mut looks, Self::is_ready)?;
        }
    }
}

impl Write for SharedLine {
    /// Waits for room.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut looks = 0;
        loop {
            let count = self.send(bytes);
            if count > 0 || bytes.is_empty() {
                return Ok(count);
            }
            if self.is_abandoned() {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            let has_room = |line: &mut Self| line.outgoing.as_mut().is_none_or(|it| it.free() > 0 || it.is_abandoned());
            self.wait(&mut looks, has_room)?;
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
