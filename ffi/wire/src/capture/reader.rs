//! One reader for both formats.

use super::Step;
use super::error::{Error, ErrorKind};
use super::pcap::{FILE_HEADER_BYTES, Pcap};
use super::pcapng::{Pcapng, SECTION};

/// Reads packets from a capture of either format, which it tells by the first bytes.
///
/// ```no_run
/// # use hftz_wire::capture::{Reader, Step, Error};
/// # fn read(file: &[u8]) -> Result<(), Error> {
/// let (mut reader, mut at) = (Reader::new(), 0);
/// loop {
///     match reader.next(&file[at..], at as u64)? {
///         Step::Packet { packet, bytes } => {
///             println!("{} bytes", packet.data.len());
///             at += bytes;
///         }
///         Step::Pass { bytes } => at += bytes,
///         Step::More { .. } => return reader.finish(&file[at..], at as u64),
///     }
/// }
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Reader {
    format: Format,
}

#[derive(Clone, Debug)]
enum Format {
    Unknown,
    Pcap(Pcap),
    Pcapng(Pcapng),
}

impl Default for Reader {
    fn default() -> Self {
        Self::new()
    }
}

impl Reader {
    #[must_use]
    pub const fn new() -> Self {
        Self { format: Format::Unknown }
    }

    /// Looks at the window: `input` is what is there, `offset` the absolute position of its first byte. After an error
    /// with [`Error::record_bytes`] the reader can go on behind those bytes.
    pub fn next<'a>(&mut self, input: &'a [u8], offset: u64) -> Result<Step<'a>, Error> {
        match &mut self.format {
            Format::Pcap(pcap) => pcap.next(input, offset),
            Format::Pcapng(pcapng) => pcapng.next(input, offset),
            Format::Unknown => {
                let Some(&magic) = input.first_chunk::<4>() else { return Ok(Step::More { need: 4 }) };
                if u32::from_be_bytes(magic) == SECTION {
                    let mut pcapng = Pcapng::new();
                    let step = pcapng.next(input, offset);
                    if matches!(step, Ok(Step::Pass { .. })) {
                        self.format = Format::Pcapng(pcapng);
                    }
                    return step;
                }
                if Pcap::magic(magic).is_none() {
                    return Err(Error { offset, kind: ErrorKind::Magic });
                }
                let Some(header) = input.first_chunk() else { return Ok(Step::More { need: FILE_HEADER_BYTES }) };
                self.format = Format::Pcap(Pcap::open(header, offset)?);
                Ok(Step::Pass { bytes: FILE_HEADER_BYTES })
            }
        }
    }

    /// What is wrong with the bytes that remain when the input has ended: nothing, or a record that is cut off.
    pub fn finish(&mut self, rest: &[u8], offset: u64) -> Result<(), Error> {
        let (passed, length) = match &self.format {
            Format::Pcapng(pcapng) => pcapng.unfinished(),
            Format::Unknown | Format::Pcap(_) => (0, 0),
        };
        let need = match self.next(rest, offset)? {
            _ if rest.is_empty() && passed == 0 => return Ok(()),
            Step::More { need } => need as u64,
            Step::Packet { .. } | Step::Pass { .. } => return Ok(()),
        };
        let (have, need) = (u64::from(passed) + rest.len() as u64, need.max(u64::from(length)));
        Err(Error { offset: offset - u64::from(passed), kind: ErrorKind::Truncated { have, need } })
    }

    /// The format's name, once the first bytes have been seen.
    #[must_use]
    pub const fn name(&self) -> Option<&'static str> {
        match self.format {
            Format::Unknown => None,
            Format::Pcap(_) => Some("pcap"),
            Format::Pcapng(_) => Some("pcapng"),
        }
    }
}
