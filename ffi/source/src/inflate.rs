//! Gzip on a thread of its own. Inflating is several times slower than rebuilding books, so it sets the pace: the
//! reader's waiting time is measured and reported.

use crate::error::{SourceError, words};
use crate::members::{Members, Packed, Shared};
use crate::{ByteSource, Gzip, Halt, PATIENCE, Read, Trailing};
use std::io;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, OnceLock};
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
    trailing: Arc<OnceLock<Trailing>>,
    size: Option<u64>,
    waited_ns: u64,
    thread: Option<JoinHandle<()>>,
}

impl Inflate {
    /// `head` are the bytes already read from `source`, which go first.
    pub fn spawn(source: Box<dyn ByteSource>, name: &str, head: Vec<u8>) -> Result<Self, SourceError> {
        let shared = Arc::new(Shared::default());
        let (sender, blocks) = sync_channel(DEPTH);
        let (spent, reuse) = sync_channel(DEPTH + 1);
        let size = source.size();
        let trailing = Arc::new(OnceLock::new());
        let input = Inflating {
            packed: Packed::new(source, head, Arc::clone(&shared)),
            name: name.to_string(),
            shared: Arc::clone(&shared),
            trailing: Arc::clone(&trailing),
        };
        let thread = std::thread::Builder::new()
            .name("hftz-inflate".into())
            .spawn(move || input.run(&sender, &reuse))
            .map_err(|e| SourceError::Open { name: name.into(), why: words(&e) })?;
        let (current, position) = (Vec::new(), 0);
        Ok(Self { blocks, spent, current, position, shared, trailing, size, waited_ns: 0, thread: Some(thread) })
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

    fn gzip(&self) -> Option<Gzip> {
        Some(Gzip { waited_ns: self.waited_ns, trailing: self.trailing.get().copied() })
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

/// The thread's side.
struct Inflating {
    packed: Packed,
    name: String,
    shared: Arc<Shared>,
    trailing: Arc<OnceLock<Trailing>>,
}

impl Inflating {
    fn run(self, blocks: &SyncSender<Block>, reuse: &Receiver<Vec<u8>>) {
        // Reads the first header, for which a pipe may have to be waited for.
        let mut members = Members::new(self.packed);
        let mut offset = 0u64;
        while !self.shared.stop.load(Relaxed) {
            let mut block = reuse.try_recv().unwrap_or_default();
            block.resize(BLOCK, 0);
            let (filled, failure) = fill(&mut members, &mut block);
            offset += filled as u64;
            block.truncate(filled);
            // What came before the damage is passed on first.
            if filled > 0 && blocks.send(Ok(block)).is_err() {
                return;
            }
            if let Some(error) = failure {
                let why =
                    if error.kind() == io::ErrorKind::UnexpectedEof { "it ends early".into() } else { words(&error) };
                let _ = blocks.send(Err(SourceError::Inflate { name: self.name, offset, why }));
                return;
            }
            if filled == 0 {
                break;
            }
        }
        // Known before the channel closes, which is how the reader learns of the end.
        if let Some(trailing) = members.trailing() {
            let _ = self.trailing.set(trailing);
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
