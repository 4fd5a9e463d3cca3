//! MoldUDP64 sessions over UDP. What the protocol decides stands apart from sockets and clocks, so that tests can run hours of
//! loss and reordering in a moment: [`Store`] (what can still be asked for) and [`Reassembly`] (what is missing) are plain state
//! machines; [`MoldSender`], [`MoldReceiver`] and the retransmission server put sockets around them.

mod gap;
mod reassembly;
mod receiver;
mod sender;
mod server;
mod store;

pub use reassembly::{Join, Reassembly, Settings, Statistics};
pub use receiver::MoldReceiver;
pub use sender::{MoldSender, SenderOptions, SenderSummary};
pub use server::ServerSummary;
pub use store::Store;
