//! A stream of bytes each way between two processes on one machine, through memory that both have mapped.
//!
//! A Unix socket is the way in, the doorbell and the lifeline: the exchange answers a connection with the memory, either side
//! sends a byte through it to wake the other, and the kernel closes it when a process ends, however it ends. Orders and reports
//! themselves never go through the kernel.
//!
//! | offset | what |
//! | --- | --- |
//! | 0 | `"HFTZSHM"` and the version of this layout, 1; then as 64-bit words bytes of the memory, where the commands' ring begins, where the reports' |
//! | 128 | 32-bit word: 1 while the exchange sleeps |
//! | 256 | 32-bit word: 1 while the client sleeps |
//! | as said | a ring of bytes from the client to the exchange |
//! | as said | a ring of bytes from the exchange to the client |
//!
//! Rings are those of [`hftz_ring::spsc`], whose items are bytes: many messages go with one store. Who sleeps says so, looks once
//! more and waits at the socket; who moves a position then sends a byte if the other says that it sleeps.

mod handover;
mod line;
mod mapping;

pub use line::SharedLine;
