//! A LOBSTER message file: rows of text as the feed messages they stand for.

use super::{Batch, Fault, Feed, Step};
use hftz_model::Delta;
use hftz_source::{Fill, Gzip, Halt, Stream};
use hftz_wire::itch::{
    AddOrder, Alpha, CrossTrade, Header, MAX_MESSAGE_BYTES, Message, NonCrossTrade, OrderCancel, OrderDelete,
    OrderExecuted, StockTradingAction, TypeCounts,
};
use hftz_wire::lobster::{MessageRow, parse_message, split_line};
use serde_json::{Map, Value, json};

/// No row of a message file is longer, bytes. A longer line is not LOBSTER.
const MAX_LINE: usize = 256;

/// Reads rows until the input ends.
pub struct LobsterFeed {
    stream: Stream,
    symbol: Alpha<8>,
    /// Lines read.
    lines: u64,
    /// The rows of the last batch as ITCH messages, one behind the other.
    encoded: Vec<u8>,
    /// Offset of each row's line, and the end of its message in `encoded`.
    ends: Vec<(u64, usize)>,
    /// Bytes of the bad line in front.
    bad: usize,
}

impl LobsterFeed {
    /// The symbol is the file name's first part: `AMZN_2012-06-21_34200000_57600000_message_1.csv`.
    #[must_use]
    pub fn new(stream: Stream) -> Self {
        let name = stream.name().rsplit('/').next().unwrap_or_default();
        let ticker = name.split('_').next().filter(|ticker| ticker.len() < name.len()).unwrap_or("LOBSTER");
        let symbol = Alpha::new(ticker).or_else(|| Alpha::new("LOBSTER")).unwrap_or(Alpha::BLANK);
        Self { stream, symbol, lines: 0, encoded: Vec::new(), ends: Vec::new(), bad: 0 }
    }

    /// The next row and the offset of its line, or how the input ended.
    fn row(&mut self, halt: Halt<'_>) -> Result<Result<(u64, MessageRow), Step>, Fault> {
        loop {
            let (offset, window) = (self.stream.offset(), self.stream.window());
            let found =
                split_line(window).or((self.stream.ended() && !window.is_empty()).then_some((window, window.len())));
            if let Some((line, taken)) = found {
                let parsed = parse_message(line);
                self.bad = taken;
                let row = parsed.map_err(|error| self.fault(error.name(), &error.to_string()))?;
                self.skip();
                return Ok(Ok((offset, row)));
            }
            if self.stream.ended() {
                return Ok(Err(Step::End));
            }
            if window.len() > MAX_LINE {
                return Err(self.fault("line-too-long", "the line is too long for a LOBSTER row"));
            }
            match self.stream.fill(halt) {
                Ok(Fill::Stopped) => return Ok(Err(Step::Stopped)),
                Ok(Fill::More | Fill::End) => {}
                Err(error) => return Err(Fault::source(&error, offset)),
            }
        }
    }

    fn fault(&self, rule: &'static str, text: &str) -> Fault {
        let offset = self.stream.offset();
        let text = format!("line {} (offset {offset}): {text}", self.lines + 1);
        Fault { offset, rule, text, passable: self.bad > 0 }
    }

    /// Appends what the exchange would have sent.
    fn encode(&mut self, delta: &Delta) {
        let header = Header { stock_locate: delta.locate, tracking_number: 0, time_ns: delta.time_ns };
        let (stock, order_reference_number, shares) = (self.symbol, delta.reference, delta.shares);
        let (price, buy_sell_indicator, match_number) = (delta.price, delta.code, 0);
        let mut to = [0; MAX_MESSAGE_BYTES];
        let written = match delta.kind {
            b'A' => {
                AddOrder { header, order_reference_number, buy_sell_indicator, shares, stock, price }.write(&mut to)
            }
            b'X' => OrderCancel { header, order_reference_number, canceled_shares: shares }.write(&mut to),
            b'D' => OrderDelete { header, order_reference_number }.write(&mut to),
            b'E' => {
                let executed_shares = shares;
                OrderExecuted { header, order_reference_number, executed_shares, match_number }.write(&mut to)
            }
            b'P' => {
                NonCrossTrade { header, order_reference_number, buy_sell_indicator, shares, stock, price, match_number }
                    .write(&mut to)
            }
            b'Q' => {
                let (shares, cross_price, cross_type) = (delta.traded(), price, b' ');
                CrossTrade { header, shares, stock, cross_price, match_number, cross_type }.write(&mut to)
            }
            _ => {
                let (trading_state, reserved, reason) = (delta.code, b' ', Alpha::BLANK);
                StockTradingAction { header, stock, trading_state, reserved, reason }.write(&mut to)
            }
        };
        self.encoded.extend_from_slice(&to[..written.unwrap_or(0)]);
        self.ends.push((delta.offset, self.encoded.len()));
    }
}

impl Feed for LobsterFeed {
    fn fill(&mut self, batch: &mut Batch, halt: Halt<'_>) -> Result<Step, Fault> {
        batch.filled = 0;
        self.encoded.clear();
        self.ends.clear();
        while batch.filled < batch.deltas.len() {
            match self.row(halt)? {
                Err(step) => return Ok(step),
                Ok((offset, row)) => {
                    let delta = row.delta(offset);
                    self.encode(&delta);
                    batch.deltas[batch.filled] = delta;
                    batch.filled += 1;
                }
            }
        }
        Ok(Step::More)
    }

    fn count(&mut self, counts: &mut TypeCounts, halt: Halt<'_>) -> Result<Step, Fault> {
        match self.row(halt)? {
            Err(step) => Ok(step),
            Ok((offset, row)) => {
                counts.add(row.delta(offset).kind);
                Ok(Step::More)
            }
        }
    }

    fn skip(&mut self) {
        self.stream.consume(std::mem::take(&mut self.bad));
        self.lines += 1;
    }

    /// A row is its message.
    fn record_at(&self, offset: u64) -> u64 {
        offset
    }

    fn message(&self, delta: &Delta) -> Option<&[u8]> {
        let index = self.ends.binary_search_by_key(&delta.offset, |entry| entry.0).ok()?;
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before].1);
        Some(&self.encoded[start..self.ends[index].1])
    }

    fn symbols(&self) -> Vec<(u16, [u8; 8])> {
        vec![(1, self.symbol.0)]
    }

    fn taken(&self) -> u64 {
        self.stream.taken()
    }

    fn size(&self) -> Option<u64> {
        self.stream.size()
    }

    fn gzip(&self) -> Option<Gzip> {
        self.stream.gzip()
    }

    fn facts(&self, into: &mut Map<String, Value>) {
        into.insert("format".into(), json!("LOBSTER"));
        into.insert("lines".into(), json!(self.lines));
    }
}
