//! `--verify`: a LOBSTER message file against its orderbook file, row by row.
//!
//! Each row of the orderbook file is predicted from the row before and the message between them, as far as that is possible
//! ([`window`] says what is), and every predicted level is compared. Then the file's row is taken over, so that one
//! difference is counted once and not in every row after it.

mod lines;
mod window;

use super::config::ReplayConfig;
use super::report::Report;
use crate::run::{Control, Counter, Outcome, Refusal, Status};
use hftz_model::Side;
use hftz_source::{Halt, Stream};
use hftz_wire::lobster::{Kind, Level, MessageRow, levels, parse_book, parse_message};
use hftz_wire::{Format, detect};
use lines::{Line, Lines};
use serde_json::{Map, Value, json};
use window::{Known, Window};

/// Rows between two looks at the stop flag.
const LOOK_EVERY: u64 = 4096;

/// Compares two files to the end.
///
/// # Errors
/// When one of them cannot be opened.
pub fn run(config: &ReplayConfig, books: &str, control: Control<'_>) -> Result<Outcome, Refusal> {
    let halt = || control.stopped();
    let mut report = Report::default();
    let (mut messages, mut rows) = (Stream::open(&config.input, &halt)?, Stream::open(books, &halt)?);
    expect(&mut messages, Format::LobsterMessages, "message", &halt)?;
    expect(&mut rows, Format::LobsterOrderbook, "orderbook", &halt)?;
    let (mut messages, mut rows) = (Lines::new(messages), Lines::new(rows));
    let mut check = Check::default();
    if let Err(fault) = check.compare(&mut messages, &mut rows, control, &halt) {
        match fault {
            Ended::Fault(fault) => report.fatal = Some(fault),
            Ended::Stopped => report.interrupted = true,
        }
    }
    for lines in [&messages, &rows] {
        report.close(lines.gzip(), None);
    }
    let mut result = check.figures(config, books, control);
    if !report.faults.is_empty() {
        result.insert("faults".into(), report.faults.to_json());
    }
    let outcome = report.outcome(result);
    let mut differences = check.differences();
    Ok(if !differences.is_empty() && matches!(outcome.status, Status::Done | Status::Failed) {
        differences.extend(outcome.error);
        Outcome::failed(Status::CheckFailed, differences.join("; and "), outcome.result)
    } else {
        outcome
    })
}

/// Each file must be what its place says: a pair given the wrong way round is told as that, not as a bad column.
fn expect(stream: &mut Stream, format: Format, role: &str, halt: Halt<'_>) -> Result<(), Refusal> {
    match detect(stream.head(halt)?) {
        Some(found) if found == format => Ok(()),
        Some(Format::LobsterMessages | Format::LobsterOrderbook) => {
            Err(Refusal::new(format!("{} is no LOBSTER {role} file: it is the other one of a pair", stream.name()))
                .with_hint("write hftz replay ..._message_L.csv --verify ..._orderbook_L.csv"))
        }
        _ => Err(Refusal::new(format!("{} is no LOBSTER {role} file", stream.name()))
            .with_hint("--verify compares a LOBSTER message file with its orderbook file")),
    }
}

/// Why a comparison ended early.
enum Ended {
    Fault(super::feed::Fault),
    Stopped,
}

#[derive(Default)]
struct Check {
    rows: u64,
    depth: usize,
    /// Rows compared: all but the first, which nothing predicts.
    checked: u64,
    agreed: u64,
    levels: u64,
    /// Levels that a message brought into view from outside the window.
    unknowable: u64,
    first: Option<Value>,
    /// The file that is shorter than the other.
    short: Option<&'static str>,
}

impl Check {
    fn compare(
        &mut self,
        messages: &mut Lines,
        books: &mut Lines,
        control: Control<'_>,
        halt: Halt<'_>,
    ) -> Result<(), Ended> {
        let mut state: Option<[Window; 2]> = None;
        let (mut asks, mut bids) = (Vec::new(), Vec::new());
        loop {
            if self.rows.is_multiple_of(LOOK_EVERY) {
                control.show(Counter::Messages, self.rows);
                control.show(Counter::BytesIn, messages.taken());
                control.show(Counter::BytesTotal, messages.size().unwrap_or(0));
                control.tick();
                if control.stopped() {
                    return Err(Ended::Stopped);
                }
            }
            let (message, book) = (messages.next(halt)?, books.next(halt)?);
            let (message, book) = match (message, book) {
                (Some(message), Some(book)) => (message, book),
                (message, book) => {
                    self.miss(message.map(|line| ("orderbook", line)).or(book.map(|line| ("message", line))));
                    return Ok(());
                }
            };
            let row = parse_message(&message.text).map_err(|e| lines::fault("message", &message, e))?;
            if state.is_none() {
                self.depth = levels(&book.text).map_err(|e| lines::fault("orderbook", &book, e))?;
                asks.resize(self.depth, None);
                bids.resize(self.depth, None);
            }
            parse_book(&book.text, &mut asks, &mut bids).map_err(|e| lines::fault("orderbook", &book, e))?;
            let known =
                state.get_or_insert_with(|| [Window::new(Side::Buy, self.depth), Window::new(Side::Sell, self.depth)]);
            if self.rows > 0 {
                apply(known, &row);
                self.check(known, [&bids, &asks], &message);
            }
            known[0].adopt(bids.iter().copied());
            known[1].adopt(asks.iter().copied());
            self.rows += 1;
        }
    }

    /// Compares what is known with the file's row.
    fn check(&mut self, known: &[Window; 2], found: [&[Option<Level>]; 2], message: &Line) {
        self.checked += 1;
        let mut difference = None;
        for ((window, found), side) in known.iter().zip(found).zip(["bid", "ask"]) {
            for (index, &found) in found.iter().enumerate() {
                let expected = match window.level(index) {
                    Known::Unknowable => {
                        self.unknowable += 1;
                        continue;
                    }
                    Known::Level(level) => Some(level),
                    Known::Empty => None,
                };
                self.levels += 1;
                if expected != found && difference.is_none() {
                    difference = Some(json!({
                        "row": self.rows + 1,
                        "side": side,
                        "level": index + 1,
                        "expected": level_json(expected),
                        "found": level_json(found),
                        "message": String::from_utf8_lossy(&message.text),
                    }));
                }
            }
        }
        self.agreed += u64::from(difference.is_none());
        self.first = self.first.take().or(difference);
    }

    /// A row that only one of the files has is a difference too, and the end of what can be compared: the name of the file that
    /// lacks it, and the row.
    fn miss(&mut self, row: Option<(&'static str, Line)>) {
        let Some((file, line)) = row else { return };
        self.short = Some(file);
        let text = String::from_utf8_lossy(&line.text);
        self.first.get_or_insert_with(|| json!({"row": line.number, "missing": file, "other": text}));
    }

    /// What differs, a sentence for each kind.
    fn differences(&self) -> Vec<String> {
        let differ = self.checked - self.agreed;
        let rows = (differ > 0).then(|| format!("{differ} of {} rows differ", self.checked));
        let end = self.short.map(|file| {
            format!("the {file} file ends before row {}: the two files do not belong together", self.rows + 1)
        });
        rows.into_iter().chain(end).collect()
    }

    fn figures(&self, config: &ReplayConfig, books: &str, control: Control<'_>) -> Map<String, Value> {
        let figures = json!({
            "messagesFile": config.input,
            "orderbookFile": books,
            "depth": self.depth,
            "rows": self.rows,
            "rowsChecked": self.checked,
            "rowsAgreed": self.agreed,
            "levelsCompared": self.levels,
            "levelsUnknowable": self.unknowable,
            "firstDifference": self.first,
            "elapsedNs": control.tick(),
        });
        match figures {
            Value::Object(map) => map,
            _ => Map::new(),
        }
    }
}

/// What a message does to the side of its order. Hidden executions, crosses and halts leave the book alone.
fn apply(known: &mut [Window; 2], row: &MessageRow) {
    let window = &mut known[row.side.index()];
    match row.kind {
        Kind::Submit => window.add(row.price, u64::from(row.size)),
        Kind::Reduce | Kind::Delete | Kind::Execute => window.reduce(row.price, u64::from(row.size)),
        Kind::Hidden | Kind::Cross | Kind::Halt => {}
    }
}

fn level_json(level: Option<Level>) -> Value {
    level.map_or(Value::Null, |level| json!({"price": level.price, "size": level.size}))
}
