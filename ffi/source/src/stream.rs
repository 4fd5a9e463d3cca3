//! A window over an input: decoders see one slice, take what they can, and the rest stays for the next fill.

use crate::error::SourceError;
use crate::fd::FdSource;
use crate::inflate::Inflate;
use crate::members::MAGIC;
use crate::{ByteSource, Gzip, Halt, Read};

/// Bytes read at a time. What was read must still be in the cache when it is decoded: counting a file runs at 5 GB/s
/// with this size and at half of that with twice the size, and from a pipe a longer copy also keeps the writer waiting.
const READ_BYTES: usize = 64 * 1024;
/// Enough for every format to be told from the others.
const HEAD_BYTES: usize = 64;

/// What a fill did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fill {
    /// There are more bytes in the window than before.
    More,
    /// The input has ended; the window holds its last bytes.
    End,
    Stopped,
}

/// An open input. `offset` counts decompressed bytes from the beginning of the input.
pub struct Stream {
    source: Box<dyn ByteSource>,
    name: String,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    offset: u64,
    ended: bool,
}

impl Stream {
    /// Opens a file or standard input (`-`) and puts an inflating thread in front when it is gzip. Waits for no more than
    /// it takes to tell that: who writes a single order to a pipe may be waiting for its report.
    ///
    /// # Errors
    /// [`SourceError`] when it cannot be opened or its first bytes cannot be read.
    pub fn open(path: &str, halt: Halt<'_>) -> Result<Self, SourceError> {
        let source = FdSource::open(path)?;
        let name = source.name().to_string();
        let mut stream = Self::over(Box::new(source), name);
        stream.fill_to(MAGIC.len(), halt)?;
        if !stream.window().starts_with(&MAGIC) {
            return Ok(stream);
        }
        let Self { source, name, buffer, start, end, .. } = stream;
        let inflate = Inflate::spawn(source, &name, buffer[start..end].to_vec())?;
        Ok(Self::over(Box::new(inflate), name))
    }

    /// A stream over any source.
    #[must_use]
    pub fn over(source: Box<dyn ByteSource>, name: String) -> Self {
        Self { source, name, buffer: vec![0; 2 * READ_BYTES], start: 0, end: 0, offset: 0, ended: false }
    }

    /// What has been read and not consumed.
    #[must_use]
    pub fn window(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Position of the window's first byte in the (decompressed) input.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Whether the window holds the last bytes of the input.
    #[must_use]
    pub fn ended(&self) -> bool {
        self.ended
    }

    /// Gives up the first `count` bytes of the window; more than there are is all.
    pub fn consume(&mut self, count: usize) {
        let count = count.min(self.end - self.start);
        self.start += count;
        self.offset += count as u64;
    }

    /// Reads once more, behind what is in the window. The window grows without bound only if nothing is ever consumed;
    /// decoders bound what they wait for.
    ///
    /// # Errors
    /// [`SourceError`]; the window keeps what came before.
    pub fn fill(&mut self, halt: Halt<'_>) -> Result<Fill, SourceError> {
        if self.ended {
            return Ok(Fill::End);
        }
        if self.buffer.len() - self.end < READ_BYTES {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
            if self.buffer.len() - self.end < READ_BYTES {
                self.buffer.resize(self.end + READ_BYTES, 0);
            }
        }
        match self.source.read(&mut self.buffer[self.end..self.end + READ_BYTES], halt)? {
            Read::Bytes(n) => {
                self.end += n;
                Ok(Fill::More)
            }
            Read::End => {
                self.ended = true;
                Ok(Fill::End)
            }
            Read::Stopped => Ok(Fill::Stopped),
        }
    }

    /// Whether a fill would not have to wait for somebody outside the program.
    #[must_use]
    pub fn is_ready(&mut self) -> bool {
        self.ended || self.source.is_ready()
    }

    /// The first bytes of the window, enough for every format to be told from the others, or all there are.
    ///
    /// # Errors
    /// [`SourceError`] when they cannot be read.
    pub fn head(&mut self, halt: Halt<'_>) -> Result<&[u8], SourceError> {
        self.fill_to(HEAD_BYTES, halt)?;
        Ok(self.window())
    }

    fn fill_to(&mut self, bytes: usize, halt: Halt<'_>) -> Result<(), SourceError> {
        while self.window().len() < bytes && self.fill(halt)? == Fill::More {}
        Ok(())
    }

    /// What a user would call this input.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Bytes taken from the file or pipe, before decompression.
    #[must_use]
    pub fn taken(&self) -> u64 {
        self.source.taken()
    }

    /// Size of the file in bytes, when it has one.
    #[must_use]
    pub fn size(&self) -> Option<u64> {
        self.source.size()
    }

    /// What there is to say about the packing, when it is gzip.
    #[must_use]
    pub fn gzip(&self) -> Option<Gzip> {
        self.source.gzip()
    }
}
