//! The receiving half of the demo: bytes of the feed in, books out.

use crate::replay::Directory;
use hftz_book::replica::{BATCH, Books};
use hftz_model::Delta;
use hftz_wire::itch::{Decoder, Error, Stop};
use std::sync::mpsc::{Receiver, SyncSender};
use std::time::{Duration, Instant};

/// What came out of the feed.
pub struct Rebuilt {
    pub books: Books,
    pub directory: Directory,
    pub bytes: u64,
    pub first_ns: u64,
    pub last_ns: u64,
    /// Time spent working, not waiting.
    pub busy: Duration,
    /// The first record that breaks a rule: a defect of the publisher.
    pub error: Option<Error>,
}

/// Takes blocks of whole records until the sender is gone, and gives each back when it is spent.
pub fn rebuild(blocks: &Receiver<Vec<u8>>, spent: &SyncSender<Vec<u8>>) -> Rebuilt {
    let mut rebuilt = Rebuilt {
        books: Books::new(),
        directory: Directory::new(),
        bytes: 0,
        first_ns: 0,
        last_ns: 0,
        busy: Duration::ZERO,
        error: None,
    };
    let decoder = Decoder::new();
    let mut batch = vec![Delta::default(); BATCH];
    while let Ok(block) = blocks.recv() {
        let began = Instant::now();
        if rebuilt.error.is_none() {
            rebuilt.take(&block, decoder, &mut batch);
        }
        rebuilt.busy += began.elapsed();
        // Full means that the sender has blocks enough.
        let _ = spent.try_send(block);
    }
    rebuilt
}

impl Rebuilt {
    fn take(&mut self, block: &[u8], decoder: Decoder, batch: &mut [Delta]) {
        let mut at = 0;
        loop {
            let done = decoder.decode_batch(&block[at..], self.bytes, batch);
            let deltas = &batch[..done.filled];
            for delta in deltas {
                if self.directory.wants(delta)
                    && let Some(message) =
                        usize::try_from(delta.offset - self.bytes).ok().and_then(|i| block[at..].get(i..))
                {
                    self.directory.learn(delta, message);
                }
            }
            self.books.apply_batch(deltas, &mut ());
            if let (Some(first), Some(last)) = (deltas.first(), deltas.last()) {
                if self.bytes == 0 {
                    self.first_ns = first.time_ns;
                }
                self.last_ns = last.time_ns;
            }
            at += done.consumed;
            self.bytes += done.consumed as u64;
            match done.stop {
                Stop::OutFull => {}
                Stop::MoreInput => return,
                Stop::Error(error) => {
                    self.error = Some(error);
                    return;
                }
            }
        }
    }
}
