//! `--bbo`: one row after each message that changes the best bid or offer of its symbol.

use super::Rows;
use super::row::Row;
use hftz_book::replica::{Observer, Top};
use hftz_model::Delta;

pub const HEADER: &str = "time_ns,symbol,bid_price,bid_size,ask_price,ask_size";

/// Writes a row for every change of a top; an empty side is two empty cells.
pub struct BboRows<'a>(pub Rows<'a>);

impl Observer for BboRows<'_> {
    #[inline]
    fn top(&mut self, delta: &Delta, locate: u16, top: &Top) {
        let (bid, ask) = (top.bid(), top.ask());
        let mut row = Row::begin(self.0.out, self.0.format);
        row.number("time_ns", delta.time_ns);
        row.text("symbol", self.0.directory.name(locate));
        row.price_or_empty("bid_price", bid.map(|best| best.0));
        row.number_or_empty("bid_size", bid.map(|best| best.1));
        row.price_or_empty("ask_price", ask.map(|best| best.0));
        row.number_or_empty("ask_size", ask.map(|best| best.1));
        row.end();
    }
}
