//! Takes the snapshots of an exchange: a second engine, on a thread of its own, that follows the log.
//!
//! It does nothing until enough commands have gathered, then catches up, saves its state and goes to sleep. The matching thread
//! never stops for it. It starts from what the directory holds and not from the engine that trades, so each snapshot is also a
//! rehearsal of the recovery it is for; checkpoints that it passes are compared as a recovery would.

use super::super::market::{Market, Origin};
use super::super::terms::Terms;
use super::entry::{self, Checkpoint, Entry};
use hftz_book::matching::Sink;
use hftz_journal::{Follower, Record, Taken, Watermark};
use hftz_model::Event;
use serde::Serialize;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::JoinHandle;
use std::time::Duration;

/// How often the log is looked at.
const NAP: Duration = Duration::from_millis(20);

/// Commands applied together: they stay in the first-level cache.
const BURST: usize = 128;

/// What became of the snapshots of a run.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Kept {
    pub taken: u64,
    /// The record whose state the newest one holds.
    pub sequence: u64,
    /// Bytes of the newest one.
    pub bytes: u64,
    /// Older snapshots and segments of the log that were removed.
    pub removed: u64,
    /// Why there are no more.
    pub trouble: Option<String>,
}

impl Kept {
    fn count(&mut self, taken: &Taken) {
        self.taken += 1;
        self.sequence = taken.sequence;
        self.bytes = taken.bytes;
        self.removed += taken.removed as u64;
    }
}

/// The thread; it ends when this is dropped.
pub struct Keeper {
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<Kept>>,
}

impl Keeper {
    /// Takes a snapshot after each `every` commands.
    ///
    /// # Errors
    /// When there can be no more threads.
    pub fn start(follower: Follower, watermark: Watermark, terms: Terms, every: u64) -> std::io::Result<Self> {
        let over = Arc::new(AtomicBool::new(false));
        let work = Work { follower, watermark, terms, every, over: Arc::clone(&over) };
        let thread = std::thread::Builder::new().name("hftz-snapshots".into()).spawn(move || work.run())?;
        Ok(Self { over, thread: Some(thread) })
    }

    /// Ends the thread, after the snapshot that it is writing.
    pub fn stop(&mut self) -> Option<Kept> {
        self.over.store(true, Relaxed);
        let thread = self.thread.take()?;
        thread.thread().unpark();
        let fell = |_| Kept { trouble: Some("the thread fell".into()), ..Kept::default() };
        Some(thread.join().unwrap_or_else(fell))
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        // Nobody asked how it ended.
        let _ = self.stop();
    }
}

struct Work {
    follower: Follower,
    watermark: Watermark,
    terms: Terms,
    every: u64,
    over: Arc<AtomicBool>,
}

impl Work {
    fn run(mut self) -> Kept {
        hftz_velox::host::give_way();
        let mut kept = Kept::default();
        if let Err(why) = self.keep(&mut kept) {
            kept.trouble = Some(why);
        }
        kept
    }

    fn keep(&mut self, kept: &mut Kept) -> Result<(), String> {
        let newest = self.follower.newest(u64::MAX).map_err(|error| error.to_string())?;
        let mut last = newest.map_or(0, |snapshot| snapshot.at.sequence);
        // Memory for a second engine only when there is work for it.
        let mut market = None;
        while !self.over.load(Relaxed) {
            if self.watermark.appended().saturating_sub(last) < self.every {
                std::thread::park_timeout(NAP);
                continue;
            }
            let mut current = match market.take() {
                Some(market) => market,
                None => self.begin()?,
            };
            self.catch_up(&mut current)?;
            if !self.over.load(Relaxed) {
                let taken = self.follower.write(&current.saved()).map_err(|error| error.to_string())?;
                last = taken.sequence;
                kept.count(&taken);
            }
            market = Some(current);
        }
        Ok(())
    }

    /// A market in the state of the newest snapshot that can be used, or in that before the first command.
    fn begin(&mut self) -> Result<Market, String> {
        let mut below = u64::MAX;
        while let Some(snapshot) = self.follower.newest(below).map_err(|error| error.to_string())? {
            if let Ok(market) = self.fresh()?.restored(&snapshot.state) {
                self.follower.begin_at(snapshot.at);
                return Ok(market);
            }
            below = snapshot.at.sequence;
        }
        self.fresh()
    }

    fn fresh(&self) -> Result<Market, String> {
        Market::new(&self.terms).map(|(market, _)| market).map_err(|refusal| refusal.text)
    }

    /// A burst at a time, as the trading engine takes the orders of a file: a fifth fewer instructions each than one by one.
    fn catch_up(&mut self, market: &mut Market) -> Result<(), String> {
        let mut burst = Vec::with_capacity(BURST);
        let mut wrong = None;
        let each = |record: Record<'_>| {
            let entry = entry::read(record.kind, record.payload);
            if let Some(Entry::Command(command, Origin::House)) = entry {
                burst.push(command);
                if burst.len() < BURST {
                    return ControlFlow::Continue(());
                }
            }
            market.apply_all(&burst, &mut Nobody);
            burst.clear();
            match entry {
                Some(Entry::Command(_, Origin::House)) => {}
                Some(Entry::Command(command, origin)) => market.apply(&command, origin, &mut Nobody),
                Some(Entry::Checkpoint(expected)) if expected == Checkpoint::of(market.engine()) => {}
                Some(Entry::Checkpoint(_)) => wrong = Some(format!("record {}: another state", record.sequence)),
                None => wrong = Some(format!("record {} is not an exchange's", record.sequence)),
            }
            if wrong.is_some() || self.over.load(Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        self.follower.follow(each).map_err(|error| error.to_string())?;
        market.apply_all(&burst, &mut Nobody);
        wrong.map_or(Ok(()), Err)
    }
}

/// Everything was reported when it was traded.
struct Nobody;

impl Sink for Nobody {
    fn report(&mut self, _event: &Event) {}
}
