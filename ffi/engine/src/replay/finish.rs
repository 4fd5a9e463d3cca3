//! The result block of a replay that kept books.
//!
//! A replay that ends at a moment has read no further: a symbol that has not occurred by then may still come.

use super::config::{Output, ReplayConfig};
use super::depth;
use super::feed::Feed;
use super::machine::Machine;
use super::report;
use crate::run::{Control, Outcome, Status};
use hftz_book::replica::{Books, Tally};
use serde_json::{Map, Value, json};

/// Gathers the figures; a symbol that was asked for and never appeared is a failure.
pub fn outcome(mut machine: Machine, config: &ReplayConfig, control: Control<'_>) -> Outcome {
    let published = machine.republisher.take().map(|republisher| {
        let (facts, done) = republisher.finish(&|| control.stopped());
        machine.report.sink = machine.report.sink.take().or(done.err());
        facts
    });
    machine.report.close(machine.feed.gzip(), config.on_error);
    let mut result = report::figures(machine.feed.as_ref(), &machine.counts, &machine.report, control);
    if let Some((first, last)) = machine.span {
        result.insert("firstNs".into(), json!(first));
        result.insert("lastNs".into(), json!(last));
    }
    result.insert("symbols".into(), json!(machine.directory.known()));
    if let Some(books) = &machine.books {
        insert_books(&mut result, books, machine.feed.as_ref());
        if config.hash {
            result.insert("hash".into(), json!(books.hash().to_string()));
        }
        if config.output == Output::Depth {
            result.insert("at".into(), json!(config.at.or(machine.span.map(|span| span.1))));
            result.insert("atPassed".into(), json!(machine.moment_came));
            result.insert("books".into(), depth::to_json(&machine, books, config.depth as usize));
        }
    }
    if let Some(facts) = published {
        result.insert("published".into(), facts);
    }
    let missing = machine.filter.as_ref().and_then(super::filter::Filter::missing);
    // Before the first symbol there is nothing that a name could be wrong about.
    let missing = missing.filter(|_| !machine.moment_came || machine.directory.known() > 0);
    let place = if machine.moment_came { "before that moment" } else { "in the input" };
    let outcome = std::mem::take(&mut machine.report).outcome(result);
    match missing {
        Some(name) if outcome.status == Status::Done => {
            Outcome::failed(Status::Failed, format!("the symbol {name} does not occur {place}"), outcome.result)
                .with_hint("symbols are case-sensitive; a summary without --symbol counts those that occur")
        }
        _ => outcome,
    }
}

fn insert_books(result: &mut Map<String, Value>, books: &Books, feed: &dyn Feed) {
    let tally = |tally: Tally| json!({"count": tally.count, "firstOffset": feed.record_at(tally.first_offset)});
    let anomalies: Map<String, Value> = books
        .anomalies()
        .iter()
        .filter(|(_, counted)| counted.count > 0)
        .map(|(kind, counted)| (kind.name().to_string(), tally(counted)))
        .collect();
    let crossings = books.crossings();
    result.insert("liveOrders".into(), json!(books.live()));
    result.insert("peakLiveOrders".into(), json!(books.peak_live()));
    result.insert("bookBytes".into(), json!(books.memory_bytes()));
    result.insert("anomalies".into(), Value::Object(anomalies));
    for (name, counted) in [("locked", crossings.locked), ("crossed", crossings.crossed)] {
        result.insert(name.into(), if counted.count == 0 { json!({"count": 0}) } else { tally(counted) });
    }
}
