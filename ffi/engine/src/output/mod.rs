//! Where a feed goes: a byte stream, a capture file or a MoldUDP64 session. All take the same framed records.

mod capture;
mod network;

pub use network::to_json as network_json;

use crate::run::Refusal;
use capture::Capture;
use hftz_net::{Endpoint, MoldSender, SenderOptions, SenderSummary};
use hftz_source::{Halt, Sink, SinkError};

/// Whether `to` names a capture file.
#[must_use]
pub fn is_capture(to: &str) -> bool {
    to.ends_with(".pcap")
}

/// An open destination.
pub enum Output {
    Stream(Sink),
    Capture(Box<Capture>),
    Network(Box<Network>),
}

/// What a destination has to say at the end.
#[derive(Clone, Copy, Debug)]
pub enum Sent {
    Stream,
    /// Packets in the file.
    Capture(u64),
    Network(SenderSummary),
}

/// A MoldUDP64 session being sent.
pub struct Network {
    sender: MoldSender,
    name: String,
    sent: u64,
}

impl Output {
    /// Opens `to`: `-` for standard output, a file, a capture when the name ends in `.pcap`, or `endpoint` when it is one.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open(to: &str, endpoint: Option<&Endpoint>, options: &SenderOptions) -> Result<Self, Refusal> {
        if let Some(endpoint) = endpoint {
            let sender = MoldSender::open(endpoint, options)?;
            return Ok(Self::Network(Box::new(Network { sender, name: to.into(), sent: 0 })));
        }
        if to.ends_with(".pcapng") {
            let plain = to.trim_end_matches("ng");
            return Err(
                Refusal::new(format!("{to}: pcapng is read, not written")).with_hint(format!("name it {plain}"))
            );
        }
        if is_capture(to) {
            return Ok(Self::Capture(Box::new(Capture::create(to, options.payload_limit)?)));
        }
        Ok(Self::Stream(Sink::create(to)?))
    }

    /// Takes whole framed records.
    ///
    /// # Errors
    /// [`SinkError`].
    pub fn write(&mut self, framed: &[u8], halt: Halt<'_>) -> Result<(), SinkError> {
        match self {
            Self::Stream(sink) => sink.write(framed, halt),
            Self::Capture(capture) => capture.write(framed, halt),
            Self::Network(network) => {
                let done = network.sender.write(framed);
                network.sent += framed.len() as u64;
                network.check(done)
            }
        }
    }

    /// Sends a packet that is not full yet.
    ///
    /// # Errors
    /// [`SinkError`].
    pub fn flush(&mut self) -> Result<(), SinkError> {
        match self {
            Self::Stream(_) | Self::Capture(_) => Ok(()),
            Self::Network(network) => {
                let done = network.sender.flush();
                network.check(done)
            }
        }
    }

    /// Keeps the other side informed while nothing is sent.
    ///
    /// # Errors
    /// [`SinkError`].
    pub fn idle(&mut self) -> Result<(), SinkError> {
        match self {
            Self::Stream(_) | Self::Capture(_) => Ok(()),
            Self::Network(network) => {
                let done = network.sender.idle();
                network.check(done)
            }
        }
    }

    /// Bytes of records taken.
    #[must_use]
    pub fn written(&self) -> u64 {
        match self {
            Self::Stream(sink) => sink.written(),
            Self::Capture(capture) => capture.written(),
            Self::Network(network) => network.sent,
        }
    }

    /// Ends what has an end, and says what it sent.
    ///
    /// # Errors
    /// [`SinkError`].
    pub fn finish(self, halt: Halt<'_>) -> Result<Sent, SinkError> {
        match self {
            Self::Stream(_) => Ok(Sent::Stream),
            Self::Capture(capture) => capture.finish(halt).map(Sent::Capture),
            Self::Network(network) => {
                let Network { sender, name, sent } = *network;
                sender.finish(halt).map(Sent::Network).map_err(|error| failure(name, sent, &error))
            }
        }
    }
}

impl Network {
    fn check(&self, done: std::io::Result<()>) -> Result<(), SinkError> {
        done.map_err(|error| failure(self.name.clone(), self.sent, &error))
    }
}

fn failure(name: String, written: u64, error: &std::io::Error) -> SinkError {
    SinkError::Write { name, written, why: error.to_string() }
}
