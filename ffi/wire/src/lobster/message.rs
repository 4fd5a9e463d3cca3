//! Rows of the message file.

use super::error::{Error, ErrorKind};
use super::field::{Fields, time_ns};
use hftz_model::{Delta, Side};

/// What a row reports.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Kind {
    /// A new limit order.
    Submit = 1,
    /// A part of an order was cancelled.
    Reduce = 2,
    /// An order was deleted.
    Delete = 3,
    /// A visible order was executed.
    Execute = 4,
    /// A hidden order was executed: the book does not change.
    Hidden = 5,
    /// An auction trade.
    Cross = 6,
    /// A halt, the resumption of quoting or of trading, told apart by the price.
    Halt = 7,
}

/// One row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MessageRow {
    /// Nanoseconds since midnight.
    pub time_ns: u64,
    pub kind: Kind,
    /// 0 for hidden orders, -1 for crosses and halts.
    pub order: i64,
    pub size: u32,
    /// 10^-4 of a dollar; for a halt -1 halted, 0 quoting, 1 trading.
    pub price: i64,
    /// Side of the resting order.
    pub side: Side,
}

/// The stock locate that rows get as [`Delta`]s: a file holds one symbol.
const LOCATE: u16 = 1;

/// Reads one line without its end.
pub fn parse_message(line: &[u8]) -> Result<MessageRow, Error> {
    let mut fields = Fields::new(line);
    let time = fields.next()?;
    let time_ns = time_ns(time).ok_or_else(|| fields.error(ErrorKind::Time))?;
    let kind = match fields.next()? {
        b"1" => Kind::Submit,
        b"2" => Kind::Reduce,
        b"3" => Kind::Delete,
        b"4" => Kind::Execute,
        b"5" => Kind::Hidden,
        b"6" => Kind::Cross,
        b"7" => Kind::Halt,
        _ => return Err(fields.error(ErrorKind::Type)),
    };
    let order = fields.number()?;
    let size = u32::try_from(fields.number()?).map_err(|_| fields.error(ErrorKind::Number))?;
    let price = fields.number()?;
    let priced = kind != Kind::Halt;
    if (priced && u32::try_from(price).is_err()) || (!priced && !(-1..=1).contains(&price)) {
        return Err(fields.error(ErrorKind::Number));
    }
    let side = match fields.next()? {
        b"1" => Side::Buy,
        b"-1" => Side::Sell,
        _ => return Err(fields.error(ErrorKind::Direction)),
    };
    if !fields.finished() {
        let _ = fields.next();
        return Err(fields.error(ErrorKind::TooMany));
    }
    Ok(MessageRow { time_ns, kind, order, size, price, side })
}

impl MessageRow {
    /// The row as a feed message: A, X, D, E, P, Q or H. `offset` is the position of its line in the file.
    #[must_use]
    pub fn delta(&self, offset: u64) -> Delta {
        let base = Delta { time_ns: self.time_ns, offset, locate: LOCATE, ..Delta::default() };
        let reference = u64::try_from(self.order).unwrap_or(0);
        let price = u32::try_from(self.price).unwrap_or(0);
        match self.kind {
            Kind::Submit => Delta { kind: b'A', reference, price, shares: self.size, code: self.side.byte(), ..base },
            Kind::Reduce => Delta { kind: b'X', reference, shares: self.size, ..base },
            Kind::Delete => Delta { kind: b'D', reference, ..base },
            Kind::Execute => Delta { kind: b'E', reference, shares: self.size, ..base },
            Kind::Hidden => Delta { kind: b'P', price, shares: self.size, code: self.side.byte(), ..base },
            // The cross type is not told; a halt cross and the two daily ones look alike.
            Kind::Cross => Delta { kind: b'Q', reference: u64::from(self.size), price, ..base },
            Kind::Halt => {
                let code = match self.price {
                    -1 => b'H',
                    0 => b'Q',
                    _ => b'T',
                };
                Delta { kind: b'H', code, ..base }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_becomes_the_feed_message_it_stands_for() {
        let row = parse_message(b"34200.190226476,4,11885113,21,2238100,-1").unwrap();
        assert_eq!(row.side, Side::Sell);
        let delta = row.delta(77);
        assert_eq!((delta.kind, delta.reference, delta.shares), (b'E', 11_885_113, 21));
        assert_eq!((delta.time_ns, delta.offset, delta.locate), (34_200_190_226_476, 77, 1));
        let halt = parse_message(b"36023,7,-1,0,-1,-1").unwrap().delta(0);
        assert_eq!((halt.kind, halt.code), (b'H', b'H'));
        let cross = parse_message(b"36023,6,-1,500,100,-1").unwrap().delta(0);
        assert_eq!((cross.kind, cross.traded()), (b'Q', 500));
    }

    #[test]
    fn a_wrong_field_is_named_by_column_and_place() {
        let wrong = |line: &[u8]| {
            let error = parse_message(line).unwrap_err();
            (error.column, error.at, error.kind)
        };
        assert_eq!(wrong(b"x,1,1,1,1,1"), (1, 0, ErrorKind::Time));
        assert_eq!(wrong(b"1,8,1,1,1,1"), (2, 2, ErrorKind::Type));
        assert_eq!(wrong(b"1,1,1,-1,1,1"), (4, 6, ErrorKind::Number));
        assert_eq!(wrong(b"1,1,1,1,4294967296,1"), (5, 8, ErrorKind::Number));
        assert_eq!(wrong(b"1,1,1,1,1,0"), (6, 10, ErrorKind::Direction));
        assert_eq!(wrong(b"1,1,1,1,1"), (6, 9, ErrorKind::Missing));
        assert_eq!(wrong(b"1,1,1,1,1,1,"), (7, 12, ErrorKind::TooMany));
        assert_eq!(parse_message(b"").unwrap_err().to_string(), "column 1 is no time in seconds as a decimal number");
    }
}
