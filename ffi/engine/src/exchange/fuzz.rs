//! The text decoders of an exchange against seeded mutations of good input.

#[path = "../../../wire/tests/support/mutation.rs"]
mod mutation;

use super::risk::Risk;
use super::{ndjson, symbols};
use mutation::fuzz;

const LINES: [&str; 8] = [
    r#"{"type":"new","symbol":1,"side":"buy","kind":"limit","tif":"day","account":0,"id":7,"price":10050,"quantity":100}"#,
    r#"{"type":"new","symbol":1,"side":"sell","id":"18446744073709551615","price":10040,"quantity":40,"display":10}"#,
    r#"{"type":"new","kind":"stop-limit","tif":"gtd","price":9,"trigger":8,"expiry":50,"minimum":2,"selfTrade":"both"}"#,
    r#"{"type":"replace","symbol":1,"id":7,"price":10060,"quantity":20,"flags":3}"#,
    r#"{"type":"cancel","symbol":1,"id":7,"quantity":5}"#,
    r#"{"type":"mass","scope":2,"account":3,"then":"block","session":4}"#,
    r#"{"type":"state","symbol":1,"state":"auction","auction":"open","reference":-9007199254740992}"#,
    r#"{"type":"clock","time":"51"}"#,
];

#[test]
fn a_json_line_is_an_order_or_an_error_of_one_line() {
    fuzz("ndjson", &LINES.map(|line| line.as_bytes().to_vec()), 20_000..=5_000_000, |_, line| {
        if let Err(text) = ndjson::parse(line) {
            assert!(!text.is_empty() && !text.contains(char::is_control), "{text}");
        }
    });
}

#[test]
fn a_symbol_table_is_listings_without_twins_or_an_error_that_names_its_line() {
    const HEADER: &str = "locate,symbol,unit,tick,lot,band,reference,state\n";
    let rows = ["", "1,ABC,4,100,1,5000,1000000,auction\n", "1,A,4,1,1,0,0,\n2,B,18,4294967295,100,9,0,closed\r\n"];
    let seeds = rows.map(|rows| format!("{HEADER}{rows}").into_bytes());
    fuzz("symbols", &seeds, 20_000..=5_000_000, |_, bytes| {
        let Ok(text) = std::str::from_utf8(bytes) else { return };
        match symbols::parse(text) {
            Err(error) => assert!(error.starts_with("line "), "{error}"),
            Ok(listings) => {
                let mut locates: Vec<_> = listings.iter().map(|listing| listing.locate).collect();
                locates.sort_unstable();
                assert!(locates.first() != Some(&0) && locates.windows(2).all(|pair| pair[0] < pair[1]));
                assert!(listings.iter().all(|listing| listing.spec.tick > 0 && listing.spec.lot > 0));
            }
        }
    });
}

#[test]
fn a_table_of_risk_limits_is_limits_or_an_error_that_names_its_line() {
    const HEADER: &str = "account,quantity,notional,openNotional,messagesPerSecond\n";
    let rows = ["7,1000,50000000,200000000,\n*,,,,5000\n", "0,0,0,0,0\r\n65535,4294967295,18446744073709551615,1,2\n"];
    let seeds = rows.map(|rows| format!("{HEADER}{rows}").into_bytes());
    // A table of all accounts is made for each.
    fuzz("risk", &seeds, 2_000..=50_000, |_, bytes| {
        let Ok(text) = std::str::from_utf8(bytes) else { return };
        if let Err(error) = Risk::new(text) {
            assert!(error.starts_with("line ") && !error.contains('\n'), "{error}");
        }
    });
}
