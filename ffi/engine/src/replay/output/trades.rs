//! `--trades`: one row for each execution, hidden trade and cross.

use super::Rows;
use super::row::Row;
use hftz_book::replica::{Observer, Trade};
use hftz_model::{Delta, Side};

pub const HEADER: &str = "time_ns,symbol,price,size,side,match";

/// Writes a row for every print. The side is the resting order's, `B` or `S`, and empty for a cross. It is in lower case
/// when the execution is not printable: such shares appear again in a cross and must not be counted twice.
pub struct TradeRows<'a>(pub Rows<'a>);

impl Observer for TradeRows<'_> {
    #[inline]
    fn trade(&mut self, delta: &Delta, trade: &Trade) {
        let side: &[u8] = match (trade.side, trade.printable) {
            (Some(Side::Buy), true) => b"B",
            (Some(Side::Buy), false) => b"b",
            (Some(Side::Sell), true) => b"S",
            (Some(Side::Sell), false) => b"s",
            (None, _) => b"",
        };
        let mut row = Row::begin(self.0.out, self.0.format);
        row.number("time_ns", delta.time_ns);
        row.text("symbol", self.0.directory.name(trade.locate));
        row.price("price", trade.price);
        row.number("size", trade.size);
        match side {
            [] => row.empty("side"),
            side => row.text("side", side),
        }
        row.number("match", trade.match_number);
        row.end();
    }
}
