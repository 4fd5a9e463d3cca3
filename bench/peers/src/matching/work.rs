//! The work: messages of the public benchmark, and what an engine made of them.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use hftz_lab::matching::workload::Message;
use hftz_model::Side;
use serde_json::Value;

/// One run over all messages.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Done {
    pub nanoseconds: f64,
    /// What must be the same in every engine.
    pub traded: Traded,
}

/// Fills and shares.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Traded {
    pub trades: u64,
    pub shares: u64,
}

impl Done {
    /// `{"ns": N, "trades": N, "shares": N}`, as a peer in another process says it.
    pub fn parse(line: &str) -> Option<Self> {
        let said: Value = serde_json::from_str(line).ok()?;
        let traded = Traded { trades: said["trades"].as_u64()?, shares: said["shares"].as_u64()? };
        let nanoseconds = said["ns"].as_f64().filter(|ns| *ns > 0.0)?;
        Some(Self { nanoseconds, traded })
    }
}

/// Bytes of a message in a file.
pub const RECORD: usize = 24;

/// Writes messages for peers in other processes: records of [`RECORD`] bytes, little-endian: id u64, price i64, quantity u32, kind
/// (0 new, 1 cancel, 2 modify), side (0 buy, 1 sell), 1 for immediate or cancel, 0.
pub fn write(messages: &[Message], path: &Path) -> std::io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    for message in messages {
        file.write_all(&record(message))?;
    }
    file.flush()
}

fn record(message: &Message) -> [u8; RECORD] {
    let (id, price, quantity, kind, side, ioc) = match *message {
        Message::New { id, price, quantity, side, ioc } => (id, price, quantity, 0, side, ioc),
        Message::Cancel { id } => (id, 0, 0, 1, Side::Buy, false),
        Message::Modify { id, price, quantity, side } => (id, price, quantity, 2, side, false),
    };
    let mut bytes = [0; RECORD];
    bytes[..8].copy_from_slice(&id.to_le_bytes());
    bytes[8..16].copy_from_slice(&price.to_le_bytes());
    bytes[16..20].copy_from_slice(&quantity.to_le_bytes());
    bytes[20..23].copy_from_slice(&[kind, u8::from(side == Side::Sell), u8::from(ioc)]);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_has_its_fields_where_the_peers_look_for_them() {
        let bytes = record(&Message::New { id: 7, price: 33_504, quantity: 99, side: Side::Sell, ioc: true });
        assert_eq!(bytes[..8], 7_u64.to_le_bytes());
        assert_eq!(bytes[8..16], 33_504_i64.to_le_bytes());
        assert_eq!(bytes[16..], [99, 0, 0, 0, 0, 1, 1, 0]);
        assert_eq!(record(&Message::Cancel { id: 1 })[20], 1);
    }

    #[test]
    fn an_answer_that_is_none_is_refused() {
        let done = Done::parse(r#"{"ns": 12.5, "trades": 3, "shares": 40}"#).unwrap();
        assert_eq!((done.nanoseconds, done.traded), (12.5, Traded { trades: 3, shares: 40 }));
        for line in
            ["", "done", "{}", r#"{"ns": 0, "trades": 3, "shares": 40}"#, r#"{"ns": 1, "trades": -3, "shares": 4}"#]
        {
            assert_eq!(Done::parse(line), None, "{line}");
        }
    }
}
