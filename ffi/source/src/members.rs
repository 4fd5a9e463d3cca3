//! Gzip members one behind the other, as `cat a.gz b.gz` makes them, and what lies behind the last.
//!
//! The decoder for many members of `flate2` takes whatever follows a member for the next one, so that a file with a note or a
//! block of a tape behind it "ends early". As gzip(1) does, bytes that do not begin like a member are passed over and
//! counted; zeros alone, which fill up blocks, are nothing.

use crate::{ByteSource, Read, Trailing};
use flate2::bufread::GzDecoder;
use std::io::{self, BufRead};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

/// What every member begins with.
pub(crate) const MAGIC: [u8; 2] = [0x1f, 0x8b];
const BLOCK: usize = 256 * 1024;

/// What the reading and the inflating thread tell each other.
#[derive(Default)]
pub(crate) struct Shared {
    pub taken: AtomicU64,
    pub stop: AtomicBool,
}

/// Reads what the members hold, until bytes that are none of them.
pub(crate) struct Members {
    /// `None` behind the last.
    member: Option<GzDecoder<Packed>>,
    trailing: Option<Trailing>,
}

impl Members {
    pub fn new(packed: Packed) -> Self {
        Self { member: Some(GzDecoder::new(packed)), trailing: None }
    }

    /// What lies behind the last member, once it has been read.
    pub fn trailing(&self) -> Option<Trailing> {
        self.trailing
    }
}

impl io::Read for Members {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        loop {
            let Some(member) = &mut self.member else { return Ok(0) };
            let n = member.read(out)?;
            if n > 0 {
                return Ok(n);
            }
            // It has ended, and its length and checksum were right.
            let Some(mut packed) = self.member.take().map(GzDecoder::into_inner) else { return Ok(0) };
            if packed.peek(MAGIC.len())?.starts_with(&MAGIC) {
                self.member = Some(GzDecoder::new(packed));
            } else {
                self.trailing = packed.pass_over()?;
            }
        }
    }
}

/// The compressed side as a standard reader, for the decoder.
pub(crate) struct Packed {
    source: Box<dyn ByteSource>,
    shared: Arc<Shared>,
    buffer: Vec<u8>,
    position: usize,
}

impl Packed {
    /// `head` are the bytes already read from `source`, which go first.
    pub fn new(source: Box<dyn ByteSource>, head: Vec<u8>, shared: Arc<Shared>) -> Self {
        Self { source, shared, buffer: head, position: 0 }
    }

    /// The next bytes, `count` of them unless the input ends before.
    fn peek(&mut self, count: usize) -> io::Result<&[u8]> {
        while self.buffer.len() - self.position < count {
            self.buffer.drain(..self.position);
            self.position = 0;
            if self.read_more()? == 0 {
                break;
            }
        }
        Ok(&self.buffer[self.position..])
    }

    /// Reads all the rest; what it was, unless nothing or zeros.
    fn pass_over(&mut self) -> io::Result<Option<Trailing>> {
        let (mut bytes, mut is_padding) = (0, true);
        let offset = self.source.taken() - (self.buffer.len() - self.position) as u64;
        loop {
            let rest = self.fill_buf()?;
            if rest.is_empty() {
                return Ok((!is_padding).then_some(Trailing { offset, bytes }));
            }
            let count = rest.len();
            is_padding &= rest.iter().all(|&byte| byte == 0);
            bytes += count as u64;
            self.consume(count);
        }
    }

    /// Reads once, behind what is in the buffer; how much.
    fn read_more(&mut self) -> io::Result<usize> {
        let kept = self.buffer.len();
        self.buffer.resize(kept + BLOCK, 0);
        let shared = Arc::clone(&self.shared);
        let read = self.source.read(&mut self.buffer[kept..], &|| shared.stop.load(Relaxed));
        let n = match &read {
            Ok(Read::Bytes(n)) => *n,
            Ok(Read::End | Read::Stopped) | Err(_) => 0,
        };
        self.buffer.truncate(kept + n);
        self.shared.taken.store(self.source.taken(), Relaxed);
        read.map_err(io::Error::other)?;
        Ok(n)
    }
}

impl BufRead for Packed {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.position == self.buffer.len() {
            self.buffer.clear();
            self.position = 0;
            self.read_more()?;
        }
        Ok(&self.buffer[self.position..])
    }

    fn consume(&mut self, amount: usize) {
        self.position += amount;
    }
}

impl io::Read for Packed {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let n = available.len().min(out.len());
        out[..n].copy_from_slice(&available[..n]);
        self.consume(n);
        Ok(n)
    }
}
