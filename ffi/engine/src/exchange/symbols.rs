//! The symbol table: `locate,symbol,unit,tick,lot,band,reference,state`, one line a symbol.
//!
//! A table may have all 65,535 symbols, so twins are found by sets.

use std::collections::BTreeSet;

use hftz_book::matching::SymbolSpec;
use hftz_model::TradingState;
use hftz_wire::itch::Alpha;

const HEADER: &str = "locate,symbol,unit,tick,lot,band,reference,state";

/// One line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Listing {
    pub locate: u16,
    pub name: Alpha<8>,
    pub spec: SymbolSpec,
}

/// Reads a table.
///
/// # Errors
/// The line, the column and the rule.
pub fn parse(text: &str) -> Result<Vec<Listing>, String> {
    // Spreadsheets put a byte order mark there.
    let mut lines = text.trim_start_matches('\u{feff}').lines().enumerate();
    match lines.next() {
        Some((_, header)) if header.trim() == HEADER => {}
        _ => return Err(format!("line 1: the header must be {HEADER}")),
    }
    let mut listings: Vec<Listing> = Vec::new();
    let (mut numbers, mut names) = (BTreeSet::new(), BTreeSet::new());
    for (index, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
        let wrong = |what: &str| format!("line {}: {what}", index + 1);
        let listing = listing(line).map_err(|what| wrong(&what))?;
        if !numbers.insert(listing.locate) {
            return Err(wrong(&format!("locate {} stands in the table already", listing.locate)));
        }
        if !names.insert(listing.name) {
            return Err(wrong(&format!("symbol \"{}\" stands in the table already", listing.name)));
        }
        listings.push(listing);
    }
    Ok(listings)
}

fn listing(line: &str) -> Result<Listing, String> {
    let fields: Vec<&str> = line.split(',').map(str::trim).collect();
    let [locate, name, unit, tick, lot, band, reference, state] = fields[..] else {
        return Err(format!("{} columns instead of 8", fields.len()));
    };
    let number = |name: &str, text: &str, least: i64, most: i64| match text.parse::<i64>() {
        Ok(value) if (least..=most).contains(&value) => Ok(value),
        _ => Err(format!("{name} \"{text}\" is no whole number from {least} to {most}")),
    };
    // The unit says what a price of 1 is worth, as a number of decimals; the engine only ever counts in it.
    number("unit", unit, 0, 18)?;
    let state = match state {
        "trading" | "T" | "" => TradingState::Trading,
        "auction" | "Q" => TradingState::Auction,
        "halted" | "H" => TradingState::Halted,
        "paused" | "P" => TradingState::Paused,
        "closed" | "C" => TradingState::Closed,
        other => {
            return Err(format!(
                "state \"{other}\" is none of trading, auction, halted, paused, closed (T, Q, H, P, C)"
            ));
        }
    };
    let spec = SymbolSpec {
        tick: bounded(number("tick", tick, 1, i64::from(u32::MAX))?),
        lot: bounded(number("lot", lot, 1, i64::from(u32::MAX))?),
        band: number("band", band, 0, i64::MAX)?,
        reference: number("reference", reference, 0, i64::MAX)?,
        state,
    };
    let locate = u16::try_from(number("locate", locate, 1, 65_535)?).unwrap_or(0);
    let name = Alpha::new(name)
        .filter(|_| !name.is_empty())
        .ok_or_else(|| format!("symbol \"{name}\" is not 1 to 8 printable ASCII characters"))?;
    Ok(Listing { locate, name, spec })
}

/// The value was checked to fit.
fn bounded(value: i64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_read_column_by_column() {
        let table = parse(&format!("{HEADER}\n7,ABC,4,100,1,5000,1000000,auction\n\n8,XYZ,4,1,100,0,0,\n")).unwrap();
        assert_eq!((table.len(), table[0].locate, table[0].spec.band), (2, 7, 5000));
        assert_eq!((table[0].spec.state, table[1].spec.lot), (TradingState::Auction, 100));
    }

    #[test]
    fn a_state_is_a_word_or_the_letter_of_the_protocols() {
        for (word, letter) in [("trading", "T"), ("auction", "Q"), ("halted", "H"), ("paused", "P"), ("closed", "C")] {
            let of = |state| parse(&format!("\u{feff}{HEADER}\r\n1,A,4,1,1,0,0,{state}\r\n")).unwrap()[0].spec.state;
            assert_eq!(of(word), of(letter));
        }
    }

    #[test]
    fn a_table_of_all_symbols_is_read_at_once() {
        let rows: String = (1..=65_535).map(|n| format!("{n},S{n},4,1,1,0,0,\n")).collect();
        assert_eq!(parse(&format!("{HEADER}\n{rows}")).unwrap().len(), 65_535);
    }

    #[test]
    fn what_is_wrong_is_named_by_line_and_column() {
        let wrong = |rows: &str| parse(&format!("{HEADER}\n{rows}")).unwrap_err();
        assert!(parse("locate,symbol\n").unwrap_err().starts_with("line 1"));
        assert_eq!(wrong("1,A,4,1,1,0,0"), "line 2: 7 columns instead of 8");
        assert_eq!(wrong("0,A,4,1,1,0,0,"), "line 2: locate \"0\" is no whole number from 1 to 65535");
        assert_eq!(wrong("1,A,4,0,1,0,0,"), "line 2: tick \"0\" is no whole number from 1 to 4294967295");
        assert!(wrong("1,A,4,1,1,0,0,open").contains("state \"open\""));
        assert_eq!(wrong("1,A,4,1,1,0,0,\n2,A,4,1,1,0,0,"), "line 3: symbol \"A\" stands in the table already");
        assert_eq!(wrong("1,A,4,1,1,0,0,\n1,B,4,1,1,0,0,"), "line 3: locate 1 stands in the table already");
        assert_eq!(
            wrong("1,ABCDEFGHI,4,1,1,0,0,"),
            "line 2: symbol \"ABCDEFGHI\" is not 1 to 8 printable ASCII characters"
        );
    }
}
