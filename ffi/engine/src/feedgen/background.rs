//! Writing on a thread of its own: while one block goes to the kernel the next is being made.
//!
//! Blocks change hands, bytes are not copied: the writer sends each buffer back empty. A few may wait, so that a slow write (a full
//! pipe, a page cache that has to flush) holds nothing up at once; when all are full the maker waits.

use hftz_source::{Halt, Sink, SinkError};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Scope, ScopedJoinHandle};

/// Blocks that may wait to be written.
const DEPTH: usize = 2;

/// A buffer and how much of it is to be written.
pub type Block = (Vec<u8>, usize);

/// The near end of a writing thread.
pub struct Background<'scope> {
    blocks: Option<SyncSender<Block>>,
    spent: Receiver<Vec<u8>>,
    thread: Option<ScopedJoinHandle<'scope, Result<(), SinkError>>>,
}

impl<'scope> Background<'scope> {
    /// Starts the thread; it ends when this does.
    ///
    /// # Errors
    /// When the system has no thread to give.
    pub fn start<'env>(
        scope: &'scope Scope<'scope, 'env>,
        sink: &'env mut Sink,
        halt: Halt<'env>,
    ) -> Result<Self, SinkError> {
        let (blocks, full) = sync_channel::<Block>(DEPTH);
        let (back, spent) = sync_channel(DEPTH + 1);
        let body = move || {
            for (buffer, used) in full {
                sink.write(&buffer[..used], halt)?;
                // The maker may have ended already; then nobody needs the buffer.
                let _ = back.try_send(buffer);
            }
            Ok(())
        };
        let started = std::thread::Builder::new().name("hftz-write".into()).spawn_scoped(scope, body);
        let thread = started.map_err(|e| SinkError::Open { name: "a writing thread".into(), why: e.to_string() })?;
        Ok(Self { blocks: Some(blocks), spent, thread: Some(thread) })
    }

    /// Hands a block over, waiting while the writer is behind; an empty buffer comes back for the next one.
    ///
    /// # Errors
    /// What stopped the writer.
    pub fn write(&mut self, block: Block) -> Result<Vec<u8>, SinkError> {
        let gone = self.blocks.as_ref().is_none_or(|blocks| blocks.send(block).is_err());
        if gone {
            self.finish()?;
        }
        Ok(self.spent.try_recv().unwrap_or_default())
    }

    /// Waits until everything is written.
    ///
    /// # Errors
    /// What stopped the writer.
    pub fn finish(&mut self) -> Result<(), SinkError> {
        self.blocks = None;
        match self.thread.take().map(ScopedJoinHandle::join) {
            None => Ok(()),
            Some(Ok(done)) => done,
            Some(Err(_)) => Err(SinkError::Write {
                name: "the output".into(),
                written: 0,
                why: "internal error: the writing thread panicked".into(),
            }),
        }
    }
}
