//! Full-depth, order-by-order books of every symbol, driven by decoded feed messages.
//!
//! A replica does not match: the feed says what happened and the books follow. Crossed and locked books are therefore
//! normal and only counted. A message that does not fit ([`Anomaly`]) is counted too; [`OnAnomaly`] says what becomes
//! of it.
//!
//! ```
//! use hftz_book::replica::Books;
//! use hftz_model::Delta;
//!
//! let mut books = Books::new();
//! let add = Delta { kind: b'A', locate: 7, reference: 1, code: b'B', shares: 100, price: 1_000_000, ..Delta::default() };
//! assert_eq!(books.apply_batch(&[add], &mut ()), 1);
//! assert_eq!(books.top(7).bid(), Some((1_000_000, 100)));
//! ```

mod anomaly;
mod apply;
mod batch;
mod books;
mod observer;
mod odd;
mod queues;
mod spread;
mod table;

pub use anomaly::{Anomalies, Anomaly, Crossings, OnAnomaly, Tally};
pub use batch::BATCH;
pub use books::{Books, LevelView};
pub use observer::{Observer, Top, Trade};
pub use queues::{OrderView, Queues};
