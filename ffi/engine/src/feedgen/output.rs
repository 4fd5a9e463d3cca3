//! Where a feed goes: a byte stream, a capture file or a MoldUDP64 session. All take the same framed records.

use super::capture::Capture;
use super::config::FeedgenConfig;
use crate::run::Refusal;
use hftz_net::{MoldSender, SenderOptions, SenderSummary};
use hftz_source::{Halt, Sink, SinkError};
use std::time::Duration;

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
    /// # Errors
    /// When it cannot be opened.
    pub fn open(config: &FeedgenConfig) -> Result<Self, Refusal> {
        if config.is_capture() {
            let capture = Capture::create(&config.to, config.payload_limit())?;
            return Ok(Self::Capture(Box::new(capture)));
        }
        let Some(endpoint) = config.endpoint().map_err(Refusal::new)? else {
            return Ok(Self::Stream(Sink::create(&config.to)?));
        };
        let options = SenderOptions {
            payload_limit: config.payload_limit(),
            heartbeat: Duration::from_nanos(config.heartbeat_ns),
            store_bytes: config.store_bytes,
            ..SenderOptions::default()
        };
        let sender = MoldSender::open(&endpoint, &options)?;
        Ok(Self::Network(Box::new(Network { sender, name: config.to.clone(), sent: 0 })))
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
