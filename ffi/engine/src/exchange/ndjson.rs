//! Orders and reports as one JSON object a line, for people and scripts: the vocabulary of the native protocol in words.
//!
//! A key or word that is not in the vocabulary is an error that names the line; nothing is guessed. 64-bit numbers may be
//! JSON numbers up to 2^53 or decimal strings, and are written as strings above that, because most readers lose digits.

use hftz_model::{
    AuctionKind, Command, CommandKind, Event, MassAction, OrderKind, Reason, ReportKind, SelfTradeMode, Side,
    TimeInForce, TradingState,
};
use serde::{Deserialize, Deserializer, de};
use std::fmt;

/// Longest line taken, bytes.
pub const MAX_LINE: usize = 4096;
/// The largest integer that every JSON reader holds exactly.
const EXACT: u64 = 1 << 53;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Line<'a> {
    r#type: &'a str,
    #[serde(default)]
    side: Option<&'a str>,
    #[serde(default)]
    kind: Option<&'a str>,
    #[serde(default)]
    tif: Option<&'a str>,
    #[serde(default)]
    self_trade: Option<&'a str>,
    #[serde(default)]
    state: Option<&'a str>,
    #[serde(default)]
    auction: Option<&'a str>,
    #[serde(default)]
    then: Option<&'a str>,
    #[serde(default)]
    symbol: u16,
    #[serde(default)]
    account: u16,
    #[serde(default)]
    session: u16,
    #[serde(default)]
    flags: u8,
    #[serde(default)]
    scope: u8,
    #[serde(default)]
    quantity: u32,
    #[serde(default)]
    display: u32,
    #[serde(default)]
    minimum: u32,
    #[serde(default)]
    id: Wide<u64>,
    #[serde(default)]
    expiry: Wide<u64>,
    #[serde(default)]
    time: Wide<u64>,
    #[serde(default)]
    price: Wide<i64>,
    #[serde(default)]
    trigger: Wide<i64>,
    #[serde(default)]
    reference: Wide<i64>,
}

/// Reads one line.
///
/// # Errors
/// What is wrong with it, without its place: one line, whatever the keys and words of the input are made of.
pub fn parse(line: &[u8]) -> Result<Command, String> {
    read(line).map_err(|text| printable(&text))
}

/// Text of the input that is quoted neither breaks a line nor moves a cursor.
fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_control() {
            shown.extend(letter.escape_default());
        } else {
            shown.push(letter);
        }
    }
    shown
}

fn read(line: &[u8]) -> Result<Command, String> {
    if !line.trim_ascii_start().starts_with(b"{") {
        return Err("this is no JSON object; an order is {\"type\":\"new\", ...}".into());
    }
    let line: Line<'_> = serde_json::from_slice(line).map_err(|error| reason(&error))?;
    let kind = match line.r#type {
        "new" if line.is_long() => CommandKind::NewLong,
        "new" => CommandKind::New,
        "cancel" => CommandKind::Cancel,
        "replace" => CommandKind::Replace,
        "mass" => CommandKind::MassCancel,
        "state" => CommandKind::State,
        "clock" => CommandKind::Clock,
        other => return Err(unknown("type", other, "new, cancel, replace, mass, state, clock")),
    };
    let time_ns = if kind == CommandKind::Clock { line.time.0 } else { line.expiry.0 };
    let price = if kind == CommandKind::State { line.reference.0 } else { line.price.0 };
    Ok(Command {
        side: word("side", line.side, SIDES)?,
        order_kind: word("kind", line.kind, ORDER_KINDS)?,
        time_in_force: word("tif", line.tif, TIMES_IN_FORCE)?,
        self_trade: word("selfTrade", line.self_trade, SELF_TRADES)?,
        state: word("state", line.state, STATES)?,
        auction: word("auction", line.auction, AUCTIONS)?,
        then: word("then", line.then, ACTIONS)?,
        symbol: line.symbol,
        account: line.account,
        session: line.session,
        flags: line.flags,
        scope: line.scope,
        quantity: line.quantity,
        display: line.display,
        minimum: line.minimum,
        order_id: line.id.0,
        trigger: line.trigger.0,
        price,
        time_ns,
        ..Command::empty(kind)
    })
}

/// What a JSON reader found wrong, with the column: to it every line is the first.
fn reason(error: &serde_json::Error) -> String {
    if error.is_eof() {
        return "the line ends inside the object".into();
    }
    let text = error.to_string();
    let what = text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what);
    let ranges = [("u8", u64::from(u8::MAX)), ("u16", u64::from(u16::MAX)), ("u32", u64::from(u32::MAX))];
    let range = ranges.iter().find_map(|(name, most)| {
        let what = what.strip_suffix(name)?.strip_suffix("expected ")?;
        Some(format!("{what}expected a whole number from 0 to {most}"))
    });
    format!("column {}: {}", error.column(), range.as_deref().unwrap_or(what))
}

impl Line<'_> {
    /// Whether the order needs the long message: it uses a field or a value that the short one does not have.
    fn is_long(&self) -> bool {
        let long_kind = matches!(self.kind, Some("stop" | "stop-limit"));
        let long_tif = matches!(self.tif, Some("at-open" | "at-close" | "gtd"));
        let fields = self.trigger.0 != 0 || self.expiry.0 != 0 || self.minimum != 0 || self.self_trade.is_some();
        long_kind || long_tif || fields
    }
}

const SIDES: &[(&str, u8)] = &[("buy", Side::Buy.byte()), ("sell", Side::Sell.byte())];
const ORDER_KINDS: &[(&str, u8)] = &[
    ("limit", OrderKind::Limit.byte()),
    ("market", OrderKind::Market.byte()),
    ("stop", OrderKind::Stop.byte()),
    ("stop-limit", OrderKind::StopLimit.byte()),
];
const TIMES_IN_FORCE: &[(&str, u8)] = &[
    ("day", TimeInForce::Day.byte()),
    ("ioc", TimeInForce::Ioc.byte()),
    ("fok", TimeInForce::Fok.byte()),
    ("post-only", TimeInForce::PostOnly.byte()),
    ("at-open", TimeInForce::AtOpen.byte()),
    ("at-close", TimeInForce::AtClose.byte()),
    ("gtd", TimeInForce::Gtd.byte()),
];
const SELF_TRADES: &[(&str, u8)] = &[
    ("none", SelfTradeMode::Allow.byte()),
    ("newest", SelfTradeMode::CancelIncoming.byte()),
    ("oldest", SelfTradeMode::CancelResting.byte()),
    ("both", SelfTradeMode::CancelBoth.byte()),
    ("decrement", SelfTradeMode::Decrement.byte()),
];
const STATES: &[(&str, u8)] = &[
    ("trading", TradingState::Trading.byte()),
    ("auction", TradingState::Auction.byte()),
    ("halted", TradingState::Halted.byte()),
    ("paused", TradingState::Paused.byte()),
    ("closed", TradingState::Closed.byte()),
];
const AUCTIONS: &[(&str, u8)] = &[("open", AuctionKind::Opening.byte()), ("close", AuctionKind::Closing.byte())];
const ACTIONS: &[(&str, u8)] = &[("block", MassAction::Block.byte()), ("unblock", MassAction::Unblock.byte())];

/// The byte of a word; 0 when the key is left out.
fn word(key: &str, given: Option<&str>, table: &[(&str, u8)]) -> Result<u8, String> {
    let Some(given) = given else { return Ok(0) };
    let found = table.iter().find(|(name, _)| *name == given);
    found.map(|(_, byte)| *byte).ok_or_else(|| {
        let names: Vec<&str> = table.iter().map(|(name, _)| *name).collect();
        unknown(key, given, &names.join(", "))
    })
}

fn unknown(key: &str, given: &str, known: &str) -> String {
    format!("{key} \"{given}\" is none of {known}")
}

/// Appends one report as a line.
pub fn write(event: &Event, out: &mut Vec<u8>) {
    let kind = match event.kind {
        ReportKind::Accepted => "accepted",
        ReportKind::Fill => "fill",
        ReportKind::Cancelled => "cancelled",
        ReportKind::Replaced => "replaced",
        ReportKind::Triggered => "triggered",
        ReportKind::Expired => "expired",
        ReportKind::Rejected => "rejected",
    };
    let side = match event.side() {
        Some(Side::Buy) => "buy",
        Some(Side::Sell) => "sell",
        None => "",
    };
    let mut line = Writer(out);
    line.raw("{\"type\":\"exec\",\"kind\":\"");
    line.raw(kind);
    line.raw("\",\"seq\":");
    line.wide(event.sequence);
    line.field("symbol", u64::from(event.symbol));
    line.raw(",\"side\":\"");
    line.raw(side);
    line.raw("\"");
    line.field("id", event.order_id);
    line.raw(",\"price\":");
    line.price(event.price);
    line.field("quantity", u64::from(event.quantity));
    line.field("open", u64::from(event.open));
    if event.reason != Reason::None {
        line.field("reason", u64::from(event.reason as u8));
    }
    if event.account != 0 {
        line.field("account", u64::from(event.account));
    }
    if event.match_number != 0 {
        line.field("match", event.match_number);
    }
    line.raw("}\n");
}

struct Writer<'a>(&'a mut Vec<u8>);

impl Writer<'_> {
    fn raw(&mut self, text: &str) {
        self.0.extend_from_slice(text.as_bytes());
    }

    fn field(&mut self, name: &str, value: u64) {
        self.raw(",\"");
        self.raw(name);
        self.raw("\":");
        self.wide(value);
    }

    fn wide(&mut self, value: u64) {
        let quote = if value > EXACT { "\"" } else { "" };
        self.raw(quote);
        hftz_wire::text::push_unsigned(self.0, value);
        self.raw(quote);
    }

    fn price(&mut self, value: i64) {
        let magnitude = value.unsigned_abs();
        let quote = if magnitude > EXACT { "\"" } else { "" };
        self.raw(quote);
        if value < 0 {
            self.raw("-");
        }
        hftz_wire::text::push_unsigned(self.0, magnitude);
        self.raw(quote);
    }
}

/// A 64-bit integer as a JSON number up to 2^53 or as decimal text.
#[derive(Clone, Copy, Default)]
struct Wide<T>(T);

impl<'de, T: TryFrom<i128> + std::str::FromStr> Deserialize<'de> for Wide<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Visitor<T>(std::marker::PhantomData<T>);

        impl<T: TryFrom<i128> + std::str::FromStr> Visitor<T> {
            fn number<E: de::Error>(value: i128) -> Result<Wide<T>, E> {
                if value.unsigned_abs() > u128::from(EXACT) {
                    return Err(E::custom(format!("{value} is above 2^53: write it as a string")));
                }
                T::try_from(value).map(Wide).map_err(|_| E::custom(format!("{value} is out of range")))
            }
        }

        impl<T: TryFrom<i128> + std::str::FromStr> de::Visitor<'_> for Visitor<T> {
            type Value = Wide<T>;

            fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
                to.write_str("a whole number or one as a string")
            }

            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Wide<T>, E> {
                Self::number(i128::from(value))
            }

            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Wide<T>, E> {
                Self::number(i128::from(value))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Wide<T>, E> {
                text.parse().map(Wide).map_err(|_| E::custom(format!("\"{text}\" is no whole number in range")))
            }
        }

        from.deserialize_any(Visitor(std::marker::PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_contract_is_a_short_order() {
        let line = br#"{"type":"new","symbol":1,"side":"buy","kind":"limit","tif":"day","account":0,"id":7,"price":10050,"quantity":100}"#;
        assert_eq!(parse(line), Ok(Command::limit(1, Side::Buy, 7, 10_050, 100)));
    }

    #[test]
    fn a_field_of_the_long_message_makes_a_long_order() {
        let stop = parse(br#"{"type":"new","symbol":1,"side":"sell","kind":"stop","id":"18446744073709551615","trigger":5,"quantity":1}"#);
        let stop = stop.unwrap();
        assert_eq!((stop.kind, stop.order_id, stop.trigger), (CommandKind::NewLong, u64::MAX, 5));
    }

    #[test]
    fn a_report_reads_as_the_contract_writes_it() {
        let event = Event {
            tag: Event::TYPE,
            kind: ReportKind::Fill,
            symbol: 1,
            side: Side::Buy.byte(),
            reason: Reason::None,
            account: 0,
            sequence: 12,
            order_id: 7,
            price: 10_050,
            quantity: 40,
            open: 60,
            match_number: 3,
        };
        let mut out = Vec::new();
        write(&event, &mut out);
        let expected = r#"{"type":"exec","kind":"fill","seq":12,"symbol":1,"side":"buy","id":7,"price":10050,"quantity":40,"open":60,"match":3}"#;
        assert_eq!(String::from_utf8(out).unwrap().trim_end(), expected);
        let mut out = Vec::new();
        write(&Event { order_id: u64::MAX, price: -3, ..event }, &mut out);
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains(r#""id":"18446744073709551615","price":-3"#), "{text}");
    }

    #[test]
    fn nothing_unknown_is_guessed() {
        let wrong = |line: &str| parse(line.as_bytes()).unwrap_err();
        assert!(wrong(r#"{"type":"buy"}"#).contains("none of new, cancel"));
        assert!(wrong(r#"{"type":"new","side":"long"}"#).contains("side \"long\" is none of buy, sell"));
        assert!(wrong(r#"{"type":"new","qty":1}"#).starts_with("column 19: unknown field `qty`, expected one of"));
        assert_eq!(
            wrong(r#"{"type":"new","symbol":70000}"#),
            "column 28: invalid value: integer `70000`, expected a whole number from 0 to 65535"
        );
        assert!(wrong(r#"{"type":"new","q\nty\u001b":1}"#).contains(r"unknown field `q\nty\u{1b}`"));
        assert_eq!(wrong(r#"{"type":"new""#), "the line ends inside the object");
        for none in ["hello", "[]", "\u{feff}{}"] {
            assert!(wrong(none).starts_with("this is no JSON object"));
        }
        assert!(wrong(r#"{"type":"new","id":9007199254740993}"#).contains("write it as a string"));
        assert_eq!(wrong("{"), "the line ends inside the object");
    }
}
