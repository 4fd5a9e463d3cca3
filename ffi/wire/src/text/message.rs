//! One ITCH message as one line.

use alloc::vec::Vec;

use super::number::{push_csv_text, push_json_text, push_price4, push_price8, push_unsigned};
use crate::itch::message_table;
use crate::itch::view::View;

/// No line is longer, newline included; the writers make room for one in front of each.
pub const MAX_LINE_BYTES: usize = 1024;

/// The columns that every CSV line begins with. What follows are the fields of the type in the order of the
/// specification, without names: lines of different types have different columns.
pub const CSV_HEADER: &str = "type,time_ns,stock_locate,tracking_number,fields";

macro_rules! json_value {
    (byte, $value:expr, $to:expr) => {
        push_json_text($to, [$value].trim_ascii_end())
    };
    (number32, $value:expr, $to:expr) => {
        push_unsigned($to, $value)
    };
    (number64, $value:expr, $to:expr) => {
        push_unsigned($to, $value)
    };
    (price4, $value:expr, $to:expr) => {
        push_price4($to, $value)
    };
    (price8, $value:expr, $to:expr) => {
        push_price8($to, $value)
    };
    ($alpha:ident, $value:expr, $to:expr) => {
        push_json_text($to, $value.trimmed())
    };
}

macro_rules! csv_value {
    (byte, $value:expr, $to:expr) => {
        push_csv_text($to, [$value].trim_ascii_end())
    };
    (alpha2, $value:expr, $to:expr) => {
        push_csv_text($to, $value.trimmed())
    };
    (alpha4, $value:expr, $to:expr) => {
        push_csv_text($to, $value.trimmed())
    };
    (alpha8, $value:expr, $to:expr) => {
        push_csv_text($to, $value.trimmed())
    };
    ($number:ident, $value:expr, $to:expr) => {
        json_value!($number, $value, $to)
    };
}

macro_rules! lines {
    ($($View:ident $method:ident $kind:literal $length:literal $name:literal {
        $($field:ident: $form:ident @ $at:literal,)*
    })*) => {
        /// Appends the message as one JSON object and a newline: `type`, `time_ns` (nanoseconds since midnight),
        /// `stock_locate`, `tracking_number`, then every field by the spec's name in snake case. Prices are numbers
        /// with exactly 4 (8 for index levels) decimals, text is without its padding.
        pub fn push_ndjson(to: &mut Vec<u8>, message: &View<'_>) {
            to.reserve(MAX_LINE_BYTES);
            match message {
                $(View::$View(view) => {
                    to.extend_from_slice(b"{\"type\":\"");
                    to.push($kind);
                    to.extend_from_slice(b"\",\"time_ns\":");
                    push_unsigned(to, view.time_ns());
                    to.extend_from_slice(b",\"stock_locate\":");
                    push_unsigned(to, view.stock_locate());
                    to.extend_from_slice(b",\"tracking_number\":");
                    push_unsigned(to, view.tracking_number());
                    $(
                        to.extend_from_slice(concat!(",\"", stringify!($field), "\":").as_bytes());
                        json_value!($form, view.$field(), to);
                    )*
                })*
            }
            to.extend_from_slice(b"}\n");
        }

        /// Appends the message as one CSV line and a newline, columns as [`CSV_HEADER`] says.
        pub fn push_csv(to: &mut Vec<u8>, message: &View<'_>) {
            to.reserve(MAX_LINE_BYTES);
            match message {
                $(View::$View(view) => {
                    to.push($kind);
                    to.push(b',');
                    push_unsigned(to, view.time_ns());
                    to.push(b',');
                    push_unsigned(to, view.stock_locate());
                    to.push(b',');
                    push_unsigned(to, view.tracking_number());
                    $(
                        to.push(b',');
                        csv_value!($form, view.$field(), to);
                    )*
                })*
            }
            to.push(b'\n');
        }
    };
}

message_table!(lines);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::itch::{AddOrderMpid, Alpha, Header, MwcbDeclineLevel, StockTradingAction};

    fn lines(bytes: &[u8]) -> (String, String) {
        let view = View::of(bytes).unwrap();
        let (mut json, mut csv) = (Vec::new(), Vec::new());
        push_ndjson(&mut json, &view);
        push_csv(&mut csv, &view);
        (String::from_utf8(json).unwrap(), String::from_utf8(csv).unwrap())
    }

    #[test]
    fn an_add_shows_every_field_by_its_spec_name() {
        let add = AddOrderMpid {
            header: Header { stock_locate: 13, tracking_number: 2, time_ns: 34_200_000_000_001 },
            order_reference_number: u64::MAX,
            buy_sell_indicator: b'B',
            shares: 100,
            stock: Alpha(*b"AAPL    "),
            price: 1_856_100,
            attribution: Alpha(*b"NSDQ"),
        };
        let (json, csv) = lines(&add.encode());
        assert_eq!(
            json,
            "{\"type\":\"F\",\"time_ns\":34200000000001,\"stock_locate\":13,\"tracking_number\":2,\
             \"order_reference_number\":18446744073709551615,\"buy_sell_indicator\":\"B\",\"shares\":100,\
             \"stock\":\"AAPL\",\"price\":185.6100,\"attribution\":\"NSDQ\"}\n"
        );
        assert_eq!(csv, "F,34200000000001,13,2,18446744073709551615,B,100,AAPL,185.6100,NSDQ\n");
    }

    #[test]
    fn blank_text_is_empty() {
        let halt = StockTradingAction { trading_state: b'T', reserved: b' ', ..StockTradingAction::default() };
        let (json, csv) = lines(&halt.encode());
        assert!(json.ends_with("\"stock\":\"\",\"trading_state\":\"T\",\"reserved\":\"\",\"reason\":\"\"}\n"));
        assert_eq!(csv, "H,0,0,0,,T,,\n");
    }

    #[test]
    fn index_levels_have_eight_decimals() {
        let levels = MwcbDeclineLevel { level_1: 432_112_345_678, ..MwcbDeclineLevel::default() };
        assert!(lines(&levels.encode()).0.contains("\"level_1\":4321.12345678,\"level_2\":0.00000000"));
    }

    #[test]
    fn the_longest_line_fits_its_room() {
        for (kind, length, _) in crate::itch::TYPES {
            let mut worst = vec![0xff; usize::from(length)];
            worst[0] = kind;
            assert!(lines(&worst).0.len() <= MAX_LINE_BYTES);
        }
    }
}
