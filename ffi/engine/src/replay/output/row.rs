//! One row of text: the same columns as CSV or as a JSON object a line.

use crate::replay::config::OutputFormat;
use hftz_wire::text::{push_price4, push_unsigned};

/// Appends the cells of one row after the other. Numbers are written from integers; nothing is ever a float.
pub struct Row<'a> {
    out: &'a mut Vec<u8>,
    format: OutputFormat,
    first: bool,
}

impl<'a> Row<'a> {
    #[inline]
    pub fn begin(out: &'a mut Vec<u8>, format: OutputFormat) -> Self {
        if format == OutputFormat::Ndjson {
            out.push(b'{');
        }
        Self { out, format, first: true }
    }

    #[inline]
    fn cell(&mut self, name: &str) {
        if !std::mem::replace(&mut self.first, false) {
            self.out.push(b',');
        }
        if self.format == OutputFormat::Ndjson {
            self.out.push(b'"');
            self.out.extend_from_slice(name.as_bytes());
            self.out.extend_from_slice(b"\":");
        }
    }

    #[inline]
    pub fn number(&mut self, name: &str, value: u64) {
        self.cell(name);
        push_unsigned(self.out, value);
    }

    /// A number, or nothing: an empty CSV cell, `null` in JSON.
    #[inline]
    pub fn number_or_empty(&mut self, name: &str, value: Option<u64>) {
        match value {
            Some(value) => self.number(name, value),
            None => self.empty(name),
        }
    }

    #[inline]
    pub fn empty(&mut self, name: &str) {
        self.cell(name);
        if self.format == OutputFormat::Ndjson {
            self.out.extend_from_slice(b"null");
        }
    }

    /// A price of 10^-4 currency units, with its four decimals.
    #[inline]
    pub fn price(&mut self, name: &str, price: u32) {
        self.cell(name);
        push_price4(self.out, price);
    }

    #[inline]
    pub fn price_or_empty(&mut self, name: &str, price: Option<u32>) {
        match price {
            Some(price) => self.price(name, price),
            None => self.empty(name),
        }
    }

    /// Text that needs no escaping; the caller vouches for it. Empty text is an empty CSV cell, `""` in JSON.
    #[inline]
    pub fn text(&mut self, name: &str, text: &[u8]) {
        self.cell(name);
        if self.format == OutputFormat::Ndjson {
            self.out.push(b'"');
            self.out.extend_from_slice(text);
            self.out.push(b'"');
        } else {
            self.out.extend_from_slice(text);
        }
    }

    #[inline]
    pub fn end(self) {
        if self.format == OutputFormat::Ndjson {
            self.out.push(b'}');
        }
        self.out.push(b'\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(format: OutputFormat) -> String {
        let mut out = Vec::new();
        let mut row = Row::begin(&mut out, format);
        row.number("time_ns", 34_200_000_000_000);
        row.text("symbol", b"AAPL");
        row.price("bid_price", 1_850_105);
        row.number_or_empty("bid_size", Some(7));
        row.price_or_empty("ask_price", None);
        row.number_or_empty("ask_size", None);
        row.end();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_row_has_the_same_cells_in_both_formats() {
        assert_eq!(row(OutputFormat::Csv), "34200000000000,AAPL,185.0105,7,,\n");
        assert_eq!(
            row(OutputFormat::Ndjson),
            "{\"time_ns\":34200000000000,\"symbol\":\"AAPL\",\"bid_price\":185.0105,\"bid_size\":7,\"ask_price\":null,\"ask_size\":null}\n"
        );
    }
}
