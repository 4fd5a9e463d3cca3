//! Messages and prices as text, appended to a buffer that the caller owns and reuses.
//!
//! Straight-line code per message type, expanded from the message table: a loop over field descriptions would spend more
//! on asking each field what it is than on writing it. Integers go through `itoa`; prices are integers with a point set
//! by hand, so what is printed is exact; nothing is ever a float.

mod message;
mod number;

pub use message::{CSV_HEADER, MAX_LINE_BYTES, push_csv, push_ndjson};
pub use number::{push_csv_text, push_json_text, push_price4, push_price8, push_unsigned};
