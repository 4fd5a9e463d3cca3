//! Gzip on a thread of its own. Inflating is several times slower than rebuilding books, so it sets the pace: the
//! reader's waiting time is measured and reported.

use crate::error::{SourceError, words};
use crate::{ByteSource, Halt, PATIENCE, Read};
use flate2::bufread::MultiGzDecoder;
use std::io::{self, BufRead};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Instant;

const BLOCK: usize = 256 * 1024;
/// Blocks in flight: enough to ride out a stall on either side, small enough to stay in the cache.
const DEPTH: usize = 4;

type Block = Result<Vec<u8>, SourceError>;

/// Reads the blocks that the inflating thread makes.
pub(crate) struct Inflate {
    blocks: Receiver<Block>,
    spent: SyncSender<Vec<u8>>,
    current: Vec<u8>,
    position: usize,
    shared: Arc<Shared>,
    size: Option<u64>,
    waited_ns: u64,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    taken: AtomicU64,
    stop: AtomicBool,
}

impl Inflate {
    /// `head` are the bytes already read from `source`, which go first.
    pub fn spawn(source: Box<dyn ByteSource>, name: &str, head: Vec<u8>) -> Result<Self, SourceError> {
        let shared = Arc::new(Shared::default());
        let (sender, blocks) = sync_channel(DEPTH);
        let (spent, reuse) = sync_channel(DEPTH + 1);
        let size = source.size();
        let input = Compressed { source, shared: Arc::clone(&shared), buffer: head, position: 0 };
        let owned = name.to_string();
        let thread = std::thread::Builder::new()
            .name("hftz-inflate".into())
            .spawn(move || inflate(input, &owned, &sender, &reuse))
            .map_err(|e| SourceError::Open { name: name.into(), why: words(&e) })?;
        let (current, position) = (Vec::new(), 0);
        Ok(Self { blocks, spent, current, position, shared, size, waited_ns: 0, thread: Some(thread) })
    }

    fn receive(&mut self, halt: Halt<'_>) -> Result<Read, SourceError> {
        let began = Instant::now();
        let received = loop {
            match self.blocks.recv_timeout(PATIENCE) {
                Err(RecvTimeoutError::Timeout) if halt() => return Ok(Read::Stopped),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(Read::End),
                Ok(block) => break block?,
            }
        };
        self.waited_ns += u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX);
        let old = std::mem::replace(&mut self.current, received);
        // A full return channel only means that the thread allocates a new block.
        let _ = self.spent.try_send(old);
        self.position = 0;
        Ok(Read::Bytes(self.current.len()))
    }
}

impl ByteSource for Inflate {
    fn read(&mut self, buffer: &mut [u8], halt: Halt<'_>) -> Result<Read, SourceError> {
        if self.position == self.current.len() {
            match self.receive(halt)? {
                Read::Bytes(_) => {}
                other => return Ok(other),
            }
        }
        let rest = &self.current[self.position..];
        let n = rest.len().min(buffer.len());
        buffer[..n].copy_from_slice(&rest[..n]);
        self.position += n;
        Ok(Read::Bytes(n))
    }

    /// A file is inflated as fast as it goes; what is compressed into a pipe may wait behind what was inflated.
    fn is_ready(&mut self) -> bool {
        self.size.is_some() || self.position < self.current.len()
    }

    fn taken(&self) -> u64 {
        self.shared.taken.load(Relaxed)
    }

    fn size(&self) -> Option<u64> {
        self.size
    }

    fn waited_ns(&self) -> Option<u64> {
        Some(self.waited_ns)
    }
}

impl Drop for Inflate {
    fn drop(&mut self) {
        self.shared.stop.store(true, Relaxed);
        // Unblocks a send that waits for room, then a read that waits for input sees the flag.
        while self.blocks.recv_timeout(PATIENCE) != Err(RecvTimeoutError::Disconnected) {}
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn inflate(input: Compressed, name: &str, blocks: &SyncSender<Block>, reuse: &Receiver<Vec<u8>>) {
    let shared = Arc::clone(&input.shared);
    let mut decoder = MultiGzDecoder::new(input);
    let mut offset = 0u64;
    while !shared.stop.load(Relaxed) {
        let mut block = reuse.try_recv().unwrap_or_default();
        block.resize(BLOCK, 0);
        let (filled, failure) = fill(&mut decoder, &mut block);
        offset += filled as u64;
        block.truncate(filled);
        // What came before the damage is passed on first.
        if filled > 0 && blocks.send(Ok(block)).is_err() {
            return;
        }
        if let Some(error) = failure {
            let why = if error.kind() == io::ErrorKind::UnexpectedEof { "it ends early".into() } else { words(&error) };
            let _ = blocks.send(Err(SourceError::Inflate { name: name.into(), offset, why }));
            return;
        }
        if filled == 0 {
            return;
        }
    }
}

fn fill(decoder: &mut impl io::Read, block: &mut [u8]) -> (usize, Option<io::Error>) {
    let mut filled = 0;
    while filled < block.len() {
        match decoder.read(&mut block[filled..]) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return (filled, Some(e)),
        }
    }
    (filled, None)
}

/// The compressed side as a standard reader, for the decoder.
struct Compressed {
    source: Box<dyn ByteSource>,
    shared: Arc<Shared>,
    buffer: Vec<u8>,
    position: usize,
}

impl BufRead for Compressed {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.position == self.buffer.len() {
            self.buffer.resize(BLOCK, 0);
            self.position = 0;
            let shared = Arc::clone(&self.shared);
            let read = self.source.read(&mut self.buffer, &|| shared.stop.load(Relaxed));
            let n = match read.map_err(io::Error::other)? {
                Read::Bytes(n) => n,
                Read::End | Read::Stopped => 0,
            };
            self.buffer.truncate(n);
            self.shared.taken.store(self.source.taken(), Relaxed);
        }
        Ok(&self.buffer[self.position..])
    }

    fn consume(&mut self, amount: usize) {
        self.position += amount;
    }
}

impl io::Read for Compressed {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let n = available.len().min(out.len());
        out[..n].copy_from_slice(&available[..n]);
        self.consume(n);
        Ok(n)
    }
}
