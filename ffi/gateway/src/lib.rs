//! OUCH over SoupBinTCP without I/O: bytes of clients in, commands out; reports in, bytes for clients out.
//!
//! ```text
//! socket -> Server (packets, logins, heartbeats) -- Input --> Traders (orders of each session) -- Command --> engine
//! socket <- Server (a tape per session)  <-- OUCH messages -- Traders                          <-- Event --
//! ```
//!
//! The border between the two is where things become final. [`Traders`] is a deterministic machine: the same [`Input`]s, commands
//! and events give the same messages, so a journal that keeps the inputs as received, beside the commands, can send every session
//! again byte for byte. It works in step with the engine: whether an order is alive is never a guess. [`Server`] is what depends on
//! the network: who is connected, how far each client has read. Neither knows a clock; time comes in with each call.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod dialect;
mod input;
mod refusal;
mod server;
mod symbols;
mod trader;

pub use dialect::Version;
pub use input::{Input, InputError};
pub use refusal::Refusal;
pub use server::{ClientId, Cut, Server, ServerSettings, Users};
pub use symbols::Symbols;
pub use trader::{Outbox, Terms, Traders};
