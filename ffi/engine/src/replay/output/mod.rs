//! What a replay writes: rows of text, one kind a run.

mod bbo;
pub mod messages;
mod row;
mod trades;

pub use bbo::BboRows;
pub use trades::TradeRows;

use super::config::{Output, OutputFormat};
use super::directory::Directory;

/// Where rows go and how they look.
pub struct Rows<'a> {
    pub out: &'a mut Vec<u8>,
    pub directory: &'a Directory,
    pub format: OutputFormat,
}

/// The first line of a CSV output, without its newline; `None` when there is none.
#[must_use]
pub const fn header(output: Output) -> Option<&'static str> {
    match output {
        Output::Bbo => Some(bbo::HEADER),
        Output::Trades => Some(trades::HEADER),
        Output::Messages => Some(messages::HEADER),
        Output::Summary | Output::Depth => None,
    }
}
