//! Snapshots of an exchange: taken while it serves, loaded by the next recovery, and worth as much as the log they stand for.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod journal_support;

use hftz_engine::run::{Outcome, Run, Status};
use journal_support::{Folder, again, exchange, orders, run};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Snapshots in a journal, the oldest first.
fn snapshots(journal: &str) -> Vec<PathBuf> {
    let files = std::fs::read_dir(journal).into_iter().flatten().map(|entry| entry.unwrap().path());
    let is_snapshot = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap();
        name.starts_with("snapshot-") && path.extension().is_none()
    };
    let mut found: Vec<PathBuf> = files.filter(is_snapshot).collect();
    found.sort();
    found
}

/// Recovers the journal and serves nobody until there is another snapshot in it.
fn serve_until_snapshot(folder: &Folder, journal: &str, more: Value) -> Outcome {
    let newest = snapshots(journal).pop();
    let mut log = json!({"path": journal, "recover": true, "snapshotEvery": 1});
    log.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let socket = format!("native+unix://{}", folder.file("socket"));
    let config = json!({"run": "match", "input": "-", "listen": [socket], "reports": "none", "capacity": 10_000, "journal": log});
    let mut run = Run::new(hftz_engine::plan(config.to_string().as_bytes()).unwrap());
    run.start().unwrap();
    let begun = Instant::now();
    while snapshots(journal).pop() == newest && !run.page().finished() {
        assert!(begun.elapsed() < Duration::from_secs(300), "no snapshot came");
        std::thread::yield_now();
    }
    run.page().request_stop();
    while !run.page().finished() {
        std::thread::yield_now();
    }
    run.outcome().unwrap()
}

/// A day in two halves with a snapshot between them.
struct Day {
    folder: Folder,
    journal: String,
    halves: [String; 2],
    plain: Outcome,
}

impl Day {
    fn new(name: &str) -> Self {
        let folder = Folder::new(name);
        let input = orders(&folder, "orders", 20_000);
        let plain = exchange(&input, &folder.file("plain"), Value::Null);
        let bytes = std::fs::read(&input).unwrap();
        let mut middle = 0;
        while middle < bytes.len() / 2 {
            middle += hftz_wire::native::length_of(bytes[middle]).unwrap();
        }
        let halves = ["first", "second"].map(|half| folder.file(half));
        std::fs::write(&halves[0], &bytes[..middle]).unwrap();
        std::fs::write(&halves[1], &bytes[middle..]).unwrap();
        let journal = folder.file("log");
        let day = Self { folder, journal, halves, plain };
        exchange(&day.halves[0], &day.folder.file("one"), json!({"path": day.journal, "snapshotEvery": 0}));
        day
    }

    fn recover(&self, input: &str, reports: &str, more: Value) -> Outcome {
        let mut log = json!({"path": self.journal, "recover": true, "snapshotEvery": 0});
        log.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let reports = if reports == "none" { reports.into() } else { self.folder.file(reports) };
        exchange(input, &reports, log)
    }
}

#[test]
fn a_recovery_loads_the_newest_snapshot_and_goes_on_as_if_nothing_had_happened() {
    let day = Day::new("loads");
    let served = serve_until_snapshot(&day.folder, &day.journal, json!({}));
    assert_eq!(served.status, Status::Interrupted, "{:?}", served.error);
    let kept = &served.result["journal"]["snapshots"];
    assert!(kept["taken"].as_u64().unwrap() >= 1 && kept["trouble"].is_null(), "{kept}");
    let second = day.recover(&day.halves[1], "two", json!({}));
    assert_eq!((second.status, second.error), (Status::Done, None));
    let recovered = &second.result["journal"]["recovered"];
    assert!(recovered["snapshot"].as_u64().unwrap() >= 10_000, "{recovered}");
    assert!(recovered["records"].as_u64().unwrap() < 10, "only the tail is replayed: {recovered}");
    assert_eq!(second.result["hash"], day.plain.result["hash"]);
    let reports = [day.folder.bytes("one"), day.folder.bytes("two")].concat();
    assert!(reports == day.folder.bytes("plain"));
    // The log is still whole, leads to the snapshot's state on the way, and gives every report again.
    let verified = day.recover("/dev/null", "none", json!({"verify": true}));
    assert_eq!(verified.result["hash"], day.plain.result["hash"]);
    let recovered = &verified.result["journal"]["recovered"];
    assert!(recovered["snapshot"].is_null() && recovered["checkpoints"].as_u64().unwrap() >= 3, "{recovered}");
    let repeated = again(&day.journal, &day.folder.file("again"));
    assert_eq!((repeated.status, &repeated.result["firstReport"]), (Status::Done, &json!(1)));
    assert!(day.folder.bytes("again") == reports);
}

#[test]
fn a_damaged_snapshot_is_passed_over_and_named() {
    let day = Day::new("damaged");
    // A run may take another snapshot, of its last record, while it ends; then there is nothing left to take for the next.
    while snapshots(&day.journal).len() < 2 {
        serve_until_snapshot(&day.folder, &day.journal, json!({}));
    }
    let [.., older, newest] = &snapshots(&day.journal)[..] else { unreachable!("there are two") };
    let mut bytes = std::fs::read(newest).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(newest, bytes).unwrap();
    let back = day.recover("/dev/null", "none", json!({}));
    let recovered = &back.result["journal"]["recovered"];
    let named = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    let report = recovered["report"].as_str().unwrap();
    assert!(report.contains(&format!("{} is passed over: the checksum", named(newest))), "{report}");
    assert_eq!(recovered["snapshot"].as_u64(), named(older)["snapshot-".len()..].parse().ok());
    for path in snapshots(&day.journal) {
        std::fs::write(path, "short").unwrap();
    }
    let from_start = day.recover("/dev/null", "none", json!({}));
    assert!(from_start.result["journal"]["recovered"]["snapshot"].is_null());
    assert_eq!(from_start.result["hash"], back.result["hash"]);
}

#[test]
fn a_snapshot_that_is_whole_but_of_other_books_is_found_out_by_verify() {
    let day = Day::new("foreign");
    serve_until_snapshot(&day.folder, &day.journal, json!({}));
    let newest = snapshots(&day.journal).pop().unwrap();
    // The same books under a lie: another engine time, which no hash knows, and every checksum made good again.
    let mut bytes = std::fs::read(&newest).unwrap();
    let word = |bytes: &[u8], at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap()) as usize;
    let state = 80 + word(&bytes, 48);
    bytes[state + 4 + 4 + 4 + 16] ^= 1;
    let sum = crc32c(&bytes[state..]);
    bytes[68..72].copy_from_slice(&sum.to_le_bytes());
    let sum = crc32c(&bytes[..72]);
    bytes[72..76].copy_from_slice(&sum.to_le_bytes());
    std::fs::write(&newest, &bytes).unwrap();
    let verified = day.recover("/dev/null", "none", json!({"verify": true}));
    assert_eq!(verified.status, Status::CheckFailed, "{:?}", verified.error);
    assert!(verified.error.unwrap().contains("does not lead to the state of the snapshot"));
}

#[test]
fn what_is_not_retained_is_named_and_the_rest_is_as_good() {
    let day = Day::new("retained");
    // Each run begins a segment, so there is something to drop.
    let served = serve_until_snapshot(&day.folder, &day.journal, json!({"retain": 1}));
    assert!(served.result["journal"]["snapshots"]["removed"].as_u64().unwrap() >= 1, "{:?}", served.result["journal"]);
    assert!(!Path::new(&day.journal).join("log-0000000001").exists());
    let second = day.recover(&day.halves[1], "two", json!({"verify": true}));
    assert_eq!((second.status, second.error), (Status::Done, None));
    assert_eq!(second.result["hash"], day.plain.result["hash"]);
    let repeated = again(&day.journal, &day.folder.file("again"));
    assert_eq!((repeated.status, repeated.error), (Status::Done, None));
    let first = repeated.result["firstReport"].as_u64().unwrap() as usize;
    assert!(first > 1 && repeated.result["journal"].as_str().unwrap().contains("starts from the snapshot of record"));
    assert!(day.folder.bytes("again") == day.folder.bytes("plain")[(first - 1) * hftz_wire::native::REPORT_BYTES..]);
    let publish = format!("itch+file:{}", day.folder.file("feed"));
    let config = json!({"run": "match", "input": "/dev/null", "reports": "none", "publish": [publish],
        "journal": {"path": day.journal, "recover": true}});
    let refused = run(&config);
    assert_eq!(refused.status, Status::Failed);
    assert!(refused.error.unwrap().contains("it is retained from record"));
}

#[test]
fn risk_limits_are_the_journals_and_refuse_the_same_orders_again() {
    let folder = Folder::new("risk");
    let input = orders(&folder, "orders", 20_000);
    let (limits, path) = (folder.file("limits.csv"), folder.file("log"));
    let table = "account,quantity,notional,openNotional,messagesPerSecond\n*,300,,40000000,900\n";
    std::fs::write(&limits, table).unwrap();
    let of = |input: &str, reports: &str, risk: &str, journal: Value| {
        let config = json!({"run": "match", "input": input, "reports": reports, "risk": risk, "journal": journal});
        run(&config)
    };
    let log = json!({"path": path, "snapshotEvery": 0});
    let done = of(&input, &folder.file("reports"), &limits, log);
    let rejected = |report: &&[u8]| report[1] == b'J' && report[5] == 17;
    let reports = folder.bytes("reports");
    assert!(reports.chunks(hftz_wire::native::REPORT_BYTES).filter(rejected).count() > 100);
    assert!(again(&path, &folder.file("again")).result["hash"] == done.result["hash"]);
    assert!(folder.bytes("again") == reports);
    serve_until_snapshot(&folder, &path, json!({}));
    let other = folder.file("other.csv");
    std::fs::write(&other, table.replace("300", "1")).unwrap();
    let back = of("/dev/null", "none", &other, json!({"path": path, "recover": true, "verify": true}));
    let recovered = &back.result["journal"]["recovered"];
    assert_eq!(
        (back.status, &recovered["overruled"], &back.result["hash"]),
        (Status::Done, &json!(["risk"]), &done.result["hash"])
    );
    assert!(
        recovered["checkpoints"].as_u64().unwrap() >= 2,
        "the snapshot's counts are those of the replay: {recovered}"
    );
    std::fs::write(&other, "account,quantity\n").unwrap();
    let wrong = json!({"run": "match", "input": input, "risk": other});
    let refused = hftz_engine::plan(wrong.to_string().as_bytes()).err().unwrap();
    assert!(format!("{refused:?}").contains("other.csv: line 1: the header must be"), "{refused:?}");
}

/// CRC-32C, bit by bit.
fn crc32c(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| (sum >> 1) ^ (0x82F6_3B78 & (sum & 1).wrapping_neg()))
    })
}
