//! A feed as a capture file: MoldUDP64 packets as they would stand on the wire, stamped with model time.
//!
//! A packet leaves when it is full or when the next message comes more than a millisecond after its first. Both depend on the
//! messages alone, so the file is the same for the same seed, on whatever day and at whatever rate it is made.

use hftz_net::SenderOptions;
use hftz_source::{Halt, Sink, SinkError};
use hftz_wire::capture::{UdpWriter, file_header};
use hftz_wire::mold::Builder;
use std::net::{Ipv4Addr, SocketAddrV4};

const SOURCE: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, 1), 30_000);
const GROUP: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(239, 1, 1, 1), 30_001);
/// The day of every capture: midnight of Thursday, 2 January 2025, nanoseconds since 1970.
const MIDNIGHT_NS: u64 = 1_735_776_000_000_000_000;
/// How long a packet may wait for more messages.
const WINDOW_NS: u64 = 1_000_000;
/// File bytes gathered before they are written.
const BLOCK: usize = 1 << 18;

/// Packs records and writes packets.
pub struct Capture {
    sink: Sink,
    builder: Builder,
    frames: UdpWriter,
    bytes: Vec<u8>,
    first_ns: u64,
    last_ns: u64,
    packets: u64,
}

impl Capture {
    /// # Errors
    /// [`SinkError::Open`].
    pub fn create(path: &str, payload_limit: usize) -> Result<Self, SinkError> {
        Ok(Self {
            sink: Sink::create(path)?,
            builder: Builder::new(SenderOptions::default().session, 1, payload_limit),
            frames: UdpWriter::new(SOURCE, GROUP),
            bytes: file_header().to_vec(),
            first_ns: 0,
            last_ns: 0,
            packets: 0,
        })
    }

    /// Takes whole framed ITCH records.
    ///
    /// # Errors
    /// [`SinkError`].
    pub fn write(&mut self, framed: &[u8], halt: Halt<'_>) -> Result<(), SinkError> {
        let mut rest = framed;
        while let Some((record, after)) = split_record(rest) {
            let time_ns = time_of(record);
            if !self.builder.is_empty() && time_ns > self.first_ns + WINDOW_NS {
                self.close_packet();
            }
            if self.builder.push_framed(record) == 0 {
                self.close_packet();
                self.builder.push_framed(record);
            }
            if self.builder.count() == 1 {
                self.first_ns = time_ns;
            }
            self.last_ns = time_ns;
            rest = after;
            if self.bytes.len() >= BLOCK {
                self.drain(halt)?;
            }
        }
        Ok(())
    }

    /// Writes the rest and the end of the session; the number of packets.
    ///
    /// # Errors
    /// [`SinkError`].
    pub fn finish(mut self, halt: Halt<'_>) -> Result<u64, SinkError> {
        if !self.builder.is_empty() {
            self.close_packet();
        }
        let end = self.builder.end_of_session();
        self.packets += u64::from(self.frames.packet(MIDNIGHT_NS + self.last_ns, &end, &mut self.bytes));
        self.drain(halt)?;
        Ok(self.packets)
    }

    /// Bytes of the file so far, those that are gathered included.
    pub fn written(&self) -> u64 {
        self.sink.written() + self.bytes.len() as u64
    }

    fn close_packet(&mut self) {
        let stamp = MIDNIGHT_NS + self.last_ns;
        self.packets += u64::from(self.frames.packet(stamp, self.builder.packet(), &mut self.bytes));
        self.builder.advance();
    }

    fn drain(&mut self, halt: Halt<'_>) -> Result<(), SinkError> {
        self.sink.write(&self.bytes, halt)?;
        self.bytes.clear();
        Ok(())
    }
}

/// The first record and what follows it.
fn split_record(framed: &[u8]) -> Option<(&[u8], &[u8])> {
    let length = framed.first_chunk::<2>()?;
    framed.split_at_checked(2 + usize::from(u16::from_be_bytes(*length)))
}

/// The time of an ITCH record, nanoseconds since midnight.
fn time_of(record: &[u8]) -> u64 {
    let time = record.get(7..13).unwrap_or_default();
    time.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}
