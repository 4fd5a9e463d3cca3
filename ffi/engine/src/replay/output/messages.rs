//! `--messages`: every message of the feed as one line.

use crate::replay::config::OutputFormat;
use hftz_wire::itch::view::View;
use hftz_wire::text::{CSV_HEADER, push_csv, push_ndjson};

/// The first line of the CSV form.
pub const HEADER: &str = CSV_HEADER;

/// Appends one message. It was decoded before, so its type and length are known to be right.
pub fn write(out: &mut Vec<u8>, format: OutputFormat, message: &[u8]) {
    let Ok(view) = View::of(message) else { return };
    match format {
        OutputFormat::Csv => push_csv(out, &view),
        OutputFormat::Ndjson => push_ndjson(out, &view),
    }
}
