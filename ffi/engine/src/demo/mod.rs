//! `hftz demo`: the whole loop in one process, and the proof that it is consistent.
//!
//! ```text
//! flow --> matching engine --> ITCH feed --blocks--> decoder --> rebuilt books
//!              |  first thread                          second thread  |
//!              +------------- content hash == content hash ------------+
//! ```
//!
//! The second thread sees nothing but the bytes of the feed. The books it ends with must be the engine's own.

mod rebuild;

use crate::feedgen::{FeedgenConfig, Venue};
use crate::replay::book_json;
use crate::run::{Control, Counter, Job, Outcome, Plan, Status};
use hftz_wire::itch::TYPES;
use rebuild::{Rebuilt, rebuild};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

/// Feed bytes handed over at once, and how many such blocks may wait: enough to ride out a stall of either thread.
const BLOCK: usize = 128 * 1024;
const DEPTH: usize = 8;
/// Symbols whose books are shown, and levels of each.
const SHOWN: usize = 8;
const LEVELS: usize = 5;

/// The JSON block of a demo run.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DemoConfig {
    /// Feed messages.
    count: u64,
    symbols: u16,
    seed: Value,
}

/// Validates a demo's configuration.
///
/// # Errors
/// One line that names the key and the rule.
pub fn plan(config: Value) -> Result<Plan, String> {
    let demo: DemoConfig = serde_json::from_value(config).map_err(|e| e.to_string())?;
    let feed = json!({"count": demo.count, "symbols": demo.symbols, "seed": demo.seed});
    let feed: FeedgenConfig = serde_json::from_value(feed).map_err(|e| e.to_string())?;
    feed.check()?;
    let venue = Box::new(Venue::new(&feed)?);
    Ok(Plan::Threaded(Box::new(Demo { count: demo.count, venue })))
}

struct Demo {
    count: u64,
    venue: Box<Venue>,
}

impl Job for Demo {
    fn run(self: Box<Self>, control: Control<'_>) -> Outcome {
        let mut venue = self.venue;
        control.show(Counter::Goal, self.count);
        let (sender, blocks) = sync_channel(DEPTH);
        let (spent, reuse) = sync_channel(DEPTH + 1);
        let (generating, rebuilt) = std::thread::scope(|scope| {
            let rebuilder = std::thread::Builder::new().name("hftz-rebuild".into());
            let rebuilder = rebuilder.spawn_scoped(scope, move || rebuild(&blocks, &spent));
            let generating = generate(&mut venue, sender, &reuse, control);
            (generating, rebuilder.map(std::thread::ScopedJoinHandle::join))
        });
        match rebuilt {
            Ok(Ok(rebuilt)) => outcome(&venue, generating, &rebuilt, control),
            Ok(Err(_)) => Outcome::failed(Status::Failed, "internal error: the rebuilding thread panicked", Map::new()),
            Err(error) => Outcome::failed(Status::Failed, format!("cannot start a thread: {error}"), Map::new()),
        }
    }
}

/// Runs the venue to the end of its day, block by block; the time it took, without the time it waited for the other side.
fn generate(
    venue: &mut Venue,
    blocks: SyncSender<Vec<u8>>,
    reuse: &Receiver<Vec<u8>>,
    control: Control<'_>,
) -> Duration {
    let mut busy = Duration::ZERO;
    let mut open = true;
    while open {
        let began = Instant::now();
        while open && venue.pending().len() < BLOCK {
            open = venue.step();
        }
        if control.stopped() {
            venue.close();
            open = false;
        }
        let mut block: Vec<u8> = reuse.try_recv().unwrap_or_default();
        block.clear();
        block.extend_from_slice(venue.pending());
        venue.consume(usize::MAX);
        busy += began.elapsed();
        if blocks.send(block).is_err() {
            break;
        }
        control.show(Counter::Messages, venue.publisher().messages());
        control.show(Counter::LiveOrders, u64::from(venue.engine().live_orders()));
        control.show(Counter::ClockNs, venue.time_ns());
        control.tick();
    }
    busy
}

fn outcome(venue: &Venue, generating: Duration, rebuilt: &Rebuilt, control: Control<'_>) -> Outcome {
    let elapsed_ns = control.tick();
    let engine = venue.engine();
    let queues = rebuilt.books.queues();
    let (engine_hash, feed_hash) = (format!("{:016x}", engine.books_hash()), queues.hash().to_string());
    let agree = engine_hash == feed_hash;
    let messages = venue.publisher().messages();
    let by_type = TYPES.iter().map(|&(kind, ..)| (kind, venue.publisher().messages_of(kind)));
    let by_type: Map<String, Value> =
        by_type.filter(|entry| entry.1 > 0).map(|(kind, count)| (char::from(kind).to_string(), json!(count))).collect();
    let symbols = rebuilt.books.locates().take(SHOWN);
    let books: Vec<Value> =
        symbols.map(|locate| book_json(&rebuilt.books, &queues, &rebuilt.directory, locate, LEVELS)).collect();
    let figures = json!({
        "messages": messages,
        "byType": by_type,
        "bytes": rebuilt.bytes,
        "symbols": rebuilt.directory.known(),
        "orders": venue.commands(),
        "trades": engine.trades(),
        "liveOrders": rebuilt.books.live(),
        "firstNs": rebuilt.first_ns,
        "lastNs": rebuilt.last_ns,
        "elapsedNs": elapsed_ns,
        "stages": [
            stage("generate, match, publish", messages, generating),
            stage("decode, rebuild books", messages, rebuilt.busy),
        ],
        "anomalies": rebuilt.books.anomalies().total(),
        "books": books,
        "engineHash": engine_hash,
        "hash": feed_hash,
        "booksAgree": agree,
    });
    let Value::Object(figures) = figures else { return Outcome::done(Map::new()) };
    if let Some(error) = &rebuilt.error {
        return Outcome::failed(Status::CheckFailed, format!("the feed does not decode: {error}"), figures);
    }
    if !agree {
        return Outcome::failed(Status::CheckFailed, "the rebuilt books are not the engine's books", figures);
    }
    if control.stopped() {
        return Outcome::failed(Status::Interrupted, "interrupted", figures);
    }
    Outcome::done(figures)
}

/// One line of the table: work per message on that thread, waiting for the other one left out.
fn stage(name: &str, messages: u64, busy: Duration) -> Value {
    let busy_ns = u64::try_from(busy.as_nanos()).unwrap_or(u64::MAX).max(1);
    #[allow(clippy::cast_precision_loss)]
    let per_message = busy_ns as f64 / messages.max(1) as f64;
    let per_second = u128::from(messages) * 1_000_000_000 / u128::from(busy_ns);
    json!({
        "stage": name,
        "busyNs": busy_ns,
        "nsPerMessage": (per_message * 10.0).round() / 10.0,
        "messagesPerSec": u64::try_from(per_second).unwrap_or(u64::MAX),
    })
}
