//! OUCH clients of an exchange.
//!
//! ```text
//! sockets <-> Lines <-> gateway::Server -- Input --> ring --> gateway::Traders -- Command --> Desk (log, engine, feed)
//!                                   <-- messages -- ring <--                   <-- Event --
//!             ingest thread ([`Reception`])                   matching thread ([`Brokers`])
//! ```
//!
//! A session's answer depends on which of its orders are alive, so inputs become commands beside the engine, in the order of the ring.

mod address;
mod brokers;
mod inputs;
mod lines;
mod mail;
mod reception;
mod sessions;

pub use address::OuchAddress;
pub use brokers::Brokers;
pub use reception::Reception;
pub use sessions::{FIRST_SESSION, Sessions};
