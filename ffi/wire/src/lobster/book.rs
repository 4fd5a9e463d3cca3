//! Rows of the orderbook file: ask price, ask size, bid price, bid size, for each level, best first.

use super::error::{Error, ErrorKind};
use super::field::Fields;

/// Most levels of a row; the samples go to 50.
pub const MAX_LEVELS: usize = 500;
/// Prices that stand for an empty level.
const EMPTY_ASK: i64 = 9_999_999_999;
const EMPTY_BID: i64 = -9_999_999_999;

/// One level of one side.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Level {
    /// 10^-4 of a dollar.
    pub price: i64,
    /// Shares.
    pub size: u64,
}

/// Levels of a row with this first line.
pub fn levels(line: &[u8]) -> Result<usize, Error> {
    let columns = line.iter().filter(|&&byte| byte == b',').count() + 1;
    if columns % 4 != 0 || columns / 4 > MAX_LEVELS {
        #[allow(clippy::cast_possible_truncation)]
        return Err(Error { column: columns.min(u32::MAX as usize) as u32, at: 0, kind: ErrorKind::Levels });
    }
    Ok(columns / 4)
}

/// Reads one line without its end into `asks` and `bids`, whose length is the number of levels expected of each side.
/// Empty levels are `None`, and behind one all are empty.
pub fn parse_book(line: &[u8], asks: &mut [Option<Level>], bids: &mut [Option<Level>]) -> Result<(), Error> {
    let mut fields = Fields::new(line);
    for index in 0..asks.len().min(bids.len()) {
        for (side, empty) in [(&mut *asks, EMPTY_ASK), (&mut *bids, EMPTY_BID)] {
            let price = fields.number()?;
            if price != empty && index > 0 && side[index - 1].is_none() {
                return Err(fields.error(ErrorKind::Hole));
            }
            let size = u64::try_from(fields.number()?).map_err(|_| fields.error(ErrorKind::Number))?;
            side[index] = (price != empty).then_some(Level { price, size });
        }
    }
    if !fields.finished() {
        let _ = fields.next();
        return Err(fields.error(ErrorKind::TooMany));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    type Side = Vec<Option<Level>>;

    fn parse(line: &[u8], depth: usize) -> Result<(Side, Side), Error> {
        let (mut asks, mut bids) = (vec![None; depth], vec![None; depth]);
        parse_book(line, &mut asks, &mut bids).map(|()| (asks, bids))
    }

    #[test]
    fn empty_levels_are_known_by_their_price() {
        let line = b"2239500,100,2231800,200,2240000,5,-9999999999,0";
        assert_eq!(levels(line), Ok(2));
        let (asks, bids) = parse(line, 2).unwrap();
        assert_eq!(asks[1], Some(Level { price: 2_240_000, size: 5 }));
        assert_eq!(bids, [Some(Level { price: 2_231_800, size: 200 }), None]);
    }

    #[test]
    fn a_row_of_the_wrong_shape_is_refused() {
        assert_eq!(levels(b"1,2,3").unwrap_err().kind, ErrorKind::Levels);
        assert_eq!(parse(b"1,2,3,4", 2).unwrap_err().kind, ErrorKind::Missing);
        assert_eq!(parse(b"1,2,3,4,5", 1).unwrap_err().kind, ErrorKind::TooMany);
        assert_eq!(parse(b"9999999999,0,3,4,5,6,7,8", 2).unwrap_err().kind, ErrorKind::Hole);
    }
}
