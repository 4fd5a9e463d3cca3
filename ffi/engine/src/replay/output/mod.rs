//! What a replay writes: rows of text, one kind a run.

mod bbo;
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

/// The first line of a CSV output; empty when there is none.
#[must_use]
pub const fn header(output: Output) -> &'static str {
    match output {
        Output::Bbo => bbo::HEADER,
        Output::Trades => trades::HEADER,
        Output::Summary | Output::Depth | Output::Messages => "",
    }
}
