//! UDP, multicast and MoldUDP64 sessions.
//!
//! [`Endpoint`] is the address a user types. [`MoldSender`] and [`MoldReceiver`] carry framed messages over it: numbered,
//! packed up to a frame, with gaps found, asked for again and filled. [`Poller`] waits for many
//! descriptors. [`SharedLine`] is a connection to a process on the same machine, through memory; [`listen_at`] is the place where
//! such processes come in. All `unsafe` is in the
//! modules of system calls and of that memory.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]
#![deny(unsafe_code)]

#[allow(unsafe_code)]
mod batch;
mod endpoint;
mod error;
mod mold;
mod place;
#[allow(unsafe_code)]
mod poller;
#[allow(unsafe_code)]
mod shm;
mod socket;

pub use batch::{BATCH, Inbox, Outbox};
pub use endpoint::{DEFAULT_BUFFER_BYTES, Endpoint, Interface, parse_address};
pub use error::{NetError, words};
pub use mold::{
    Join, MoldReceiver, MoldSender, Reassembly, SenderOptions, SenderSummary, ServerSummary, Settings, Statistics,
    Store,
};
pub use place::{Guests, listen_at};
pub use poller::{Interest, Poller, Ready, Waker};
pub use shm::SharedLine;
pub use socket::{BufferGrant, UdpReceiver, UdpSender, enlarge, wait_readable};
