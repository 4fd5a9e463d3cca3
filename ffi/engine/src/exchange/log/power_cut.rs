//! The power cut, driven through the whole service: rings, matching thread, log, recovery. Every report that reached a client is found
//! again, at its place and byte for byte; no order is traded twice.
//!
//! The disk forgets what was not synced, all of it or any sectors; it may fail at any operation, also in the middle of one and of
//! a recovery. Each round goes on with the journal that the round before left behind. A hundred rounds; `HFTZ_LONG=1`: thousands.

use super::super::bell::Bell;
use super::super::config::{DurabilityName, LogConfig, MatchConfig, OrderFormat};
use super::super::desk::Desk;
use super::super::lane::{self, ClientId, Outbound, Progress};
use super::super::outputs::Outputs;
use super::super::terms::Terms;
use super::super::trader::{Clients, Trader};
use super::recovery::{Recovery, intent, replay};
use super::support::disk::{Disk, Files};
use super::support::random::Random;
use crate::run::{Control, PageBox};
use hftz_book::matching::Engine;
use hftz_journal::{History, Intent, Storage};
use hftz_model::{Command, CommandKind, Event, ReportKind, Side};
use hftz_ring::spsc::Consumer;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;

/// A client whose numbers rise.
const SOMEBODY: ClientId = ClientId(1 << 14);

fn config() -> MatchConfig {
    let served = vec!["native+unix:///never-opened".to_owned()];
    MatchConfig { listen: served, capacity: 5000, ..MatchConfig::reporting("none", OrderFormat::Native) }
}

fn log(verify: bool, snapshot_every: u64, retain: u64) -> LogConfig {
    LogConfig {
        path: String::new(),
        recover: true,
        verify,
        force: false,
        durability: DurabilityName::Group,
        commit_bytes: 4096,
        commit_delay_ns: 0,
        segment_bytes: 64 << 10,
        snapshot_every,
        retain,
    }
}

/// What clients know.
#[derive(Default)]
struct Clientele {
    reports: Vec<Event>,
    /// Orders entered, whatever became of them.
    entered: u64,
}

impl Clientele {
    fn order(&mut self, random: &mut Random) -> Command {
        if self.entered > 0 && random.chance(4) {
            let order_id = 1 + random.below(self.entered);
            return Command { order_id, symbol: 1, ..Command::empty(CommandKind::Cancel) };
        }
        self.entered += 1;
        let side = if random.chance(2) { Side::Buy } else { Side::Sell };
        Command::limit(1, side, self.entered, 1000 + random.below(20) as i64, 1 + random.below(50) as u32)
    }

    /// Compares with what a journal leads to, from its first record; clients then ask for what they missed.
    fn compare(&mut self, storage: Arc<dyn Storage>) -> u64 {
        let whole = Intent { force: false, verify: true, from_start: true };
        let history = History::open_in(storage, whole).unwrap();
        if history.config().is_empty() {
            assert!(self.reports.is_empty());
            return Engine::new(&hftz_book::matching::Settings::default()).unwrap().state_hash();
        }
        let terms = Terms::from_bytes(history.config()).unwrap();
        let mut desk = Desk::new(&config(), &terms).unwrap();
        replay(&history, &mut desk, &mut |desk, command, origin, _| desk.repeat(command, origin), &mut |_| Ok(()))
            .unwrap();
        let found: Vec<Event> = desk.client_reports().iter().map(|outbound| outbound.event).collect();
        assert!(found.len() >= self.reports.len(), "{} of {} reports are lost", found.len(), self.reports.len());
        assert!(found[..self.reports.len()] == self.reports[..], "a report is another");
        let mut accepted = HashSet::new();
        let orders = found.iter().filter(|report| report.kind == ReportKind::Accepted);
        orders.for_each(|report| assert!(accepted.insert(report.order_id), "order {} twice", report.order_id));
        self.reports = found;
        desk.engine().state_hash()
    }

    fn hear(&mut self, ring: &mut Consumer<Outbound>) {
        ring.drain(usize::MAX, |outbound| {
            // Refused for want of room: no place in the log, no number.
            if outbound.event.sequence > 0 {
                assert_eq!(outbound.event.sequence, self.reports.len() as u64 + 1);
                self.reports.push(outbound.event);
            }
        });
    }
}

/// Trades until the power is gone, or until it is taken away.
fn trade(desk: Desk, clientele: &mut Clientele, random: &mut Random) -> Trader {
    let (mut inlet, outlet) = lane::inbound(true, false).unwrap();
    let (ring, mut to_clients) = lane::outbound().unwrap();
    let clients = Clients { ring, brokers: None, bell: Arc::new(Bell::default()), progress: Progress::default() };
    let outputs = Outputs::open(&config()).unwrap();
    let mut trader = Trader::new(desk, outputs, outlet, Some(clients), Instant::now());
    let page = PageBox::new();
    for _ in 0..1 + random.below(40) {
        for _ in 0..random.below(100).min(inlet.free() as u64) {
            inlet.push(clientele.order(random), 0, SOMEBODY, &[]);
        }
        let stepped = trader.step(Control::new(&page), &|| false);
        // A thread that has nothing else to do waits for the log.
        let waited = if random.chance(2) { trader.wait() } else { Ok(()) };
        if stepped.is_err() || waited.is_err() {
            break;
        }
        clientele.hear(&mut to_clients);
    }
    trader
}

fn round(files: Files, clientele: &mut Clientele, random: &mut Random) -> Files {
    let disk = Arc::new(Disk::new(files));
    let hash = clientele.compare(disk.clone());
    let log = log(random.chance(3), if random.chance(2) { 1 + random.below(300) } else { 0 }, 0);
    let given = Terms::of(&config()).unwrap();
    let history = History::open_in(disk.clone(), intent(&config(), &log)).unwrap();
    let recovery = Recovery::over(history, &config(), &log, &given).unwrap();
    if random.chance(2) {
        disk.set_fuse(1 + random.below(60), random.next());
    }
    let resumed = recovery.resume(&log, &mut |desk, command, origin, _| desk.repeat(command, origin), &mut |_| Ok(()));
    let Ok(desk) = resumed else { return disk.after_power_cut(random.next()) };
    assert_eq!(desk.engine().state_hash(), hash, "a recovery and a replay of all disagree");
    let trader = trade(desk, clientele, random);
    // The threads of the log are still at work.
    let files = disk.after_power_cut(random.next());
    drop(trader);
    files
}

#[test]
fn every_report_that_left_is_found_after_a_power_cut_and_no_order_is_there_twice() {
    let (days, most) = if std::env::var_os("HFTZ_LONG").is_some() { (600, 12) } else { (25, 4) };
    let mut told = 0;
    for seed in 0..days {
        let mut random = Random::new(seed);
        let (mut files, mut clientele) = (Files::new(), Clientele::default());
        for _ in 0..most {
            files = round(files, &mut clientele, &mut random);
        }
        clientele.compare(Arc::new(Disk::new(files)));
        told += clientele.reports.len();
    }
    assert!(told > 10_000, "only {told} reports");
}
