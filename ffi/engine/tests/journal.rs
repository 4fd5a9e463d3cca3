//! An exchange with a journal: what it says, what it finds again, what it refuses.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod journal_support;

use hftz_engine::run::Status;
use hftz_model::{Command, Side};
use hftz_wire::native;
use journal_support::{Folder, again, exchange, orders, run};
use serde_json::{Value, json};
use std::path::Path;

#[test]
fn a_journal_changes_no_report_and_gives_every_one_again() {
    let folder = Folder::new("again");
    let input = orders(&folder, "orders", 20_000);
    let plain = exchange(&input, &folder.file("plain"), Value::Null);
    for durability in ["none", "async", "group"] {
        let path = folder.file(durability);
        let logged = exchange(&input, &folder.file("logged"), json!({"path": path, "durability": durability}));
        assert_eq!((logged.status, &logged.result["hash"]), (Status::Done, &plain.result["hash"]));
        assert!(folder.bytes("logged") == folder.bytes("plain"));
        let repeated = again(&path, &folder.file("again"));
        assert_eq!((repeated.status, &repeated.result["hash"]), (Status::Done, &plain.result["hash"]));
        assert_eq!(repeated.result["checkpoints"], 1);
        assert!(folder.bytes("again") == folder.bytes("plain"));
    }
}

#[test]
fn a_file_is_logged_and_reported_alike_on_one_thread_and_on_two_up_to_where_it_is_broken() {
    let folder = Folder::new("threads");
    let native = std::fs::read(orders(&folder, "orders", 20_000)).unwrap();
    let line = |n: u64| {
        let (side, price) = if n.is_multiple_of(2) { ("buy", 100 + n % 7) } else { ("sell", 103 + n % 5) };
        format!(
            "{{\"type\":\"new\",\"symbol\":1,\"side\":\"{side}\",\"id\":{n},\"price\":{price},\"quantity\":{}}}\n\n",
            n % 9 + 1
        )
    };
    let text: Vec<u8> = (1..3000).flat_map(|n| line(n).into_bytes()).collect();
    let inputs = [("native", native), ("ndjson", text)];
    for (format, orders) in inputs {
        for (name, end, status) in [("whole", &b""[..], Status::Done), ("broken", b"?\n", Status::Failed)] {
            std::fs::write(folder.file("input"), [&orders[..], end].concat()).unwrap();
            let mut seen = Vec::new();
            for (threads, durability) in [(1, "none"), (2, "none"), (2, "async"), (2, "group")] {
                let path = folder.file(&format!("{format}-{name}-{threads}-{durability}"));
                let (reports, feed) = (folder.file("reports"), format!("itch+file:{}", folder.file("feed")));
                let done = run(&json!({
                    "run": "match", "input": folder.file("input"), "reports": reports, "publish": [feed], "threads": threads,
                    "format": format, "capacity": 10_000, "journal": {"path": path, "durability": durability},
                }));
                assert_eq!((done.status, &done.result["threads"]), (status, &json!(threads)), "{:?}", done.error);
                let repeated = again(&path, &folder.file("again"));
                assert_eq!((repeated.status, &repeated.result["hash"]), (Status::Done, &done.result["hash"]));
                let heard = ["hash", "orders", "reports", "trades"].map(|key| done.result[key].clone());
                let records = done.result["journal"]["bytes"].clone();
                seen.push((
                    folder.bytes("reports"),
                    folder.bytes("feed"),
                    heard,
                    (durability == "none").then_some(records),
                ));
            }
            assert!(seen[0].0.len() > 100_000);
            assert!(seen[1] == seen[0], "{format} {name}");
            assert!(seen.iter().all(|one| (&one.0, &one.1, &one.2) == (&seen[0].0, &seen[0].1, &seen[0].2)));
        }
    }
}

#[test]
fn a_day_in_many_runs_gives_the_reports_of_one() {
    let folder = Folder::new("runs");
    let input = orders(&folder, "orders", 20_000);
    exchange(&input, &folder.file("plain"), Value::Null);
    let bytes = std::fs::read(&input).unwrap();
    let (path, mut all, mut at) = (folder.file("log"), Vec::new(), 0);
    for part in 0..5 {
        // Any place is a good one to stop, if it is between two messages.
        let mut end = at;
        while end < bytes.len() && (end < (part + 1) * bytes.len() / 5) {
            end += hftz_wire::native::length_of(bytes[end]).unwrap();
        }
        let piece = folder.file("piece");
        std::fs::write(&piece, &bytes[at..end]).unwrap();
        at = end;
        let done = exchange(&piece, &folder.file("reports"), json!({"path": path, "recover": true, "verify": true}));
        assert_eq!((done.status, done.error), (Status::Done, None));
        all.extend(folder.bytes("reports"));
    }
    assert_eq!(at, bytes.len());
    assert!(all == folder.bytes("plain"));
}

#[test]
fn a_feed_goes_on_behind_its_end_with_the_same_numbers() {
    let folder = Folder::new("feed");
    let halves = [orders(&folder, "first", 5_000), folder.file("second")];
    let later = Command::limit(1, Side::Buy, 1 << 40, 10_000, 7);
    let mut bytes = [0; native::MAX_MESSAGE_BYTES];
    let length = native::write(&later, &mut bytes).unwrap();
    std::fs::write(&halves[1], &bytes[..length]).unwrap();
    let day = |input: &str, feed: &str| {
        let feed = format!("itch+file:{}", folder.file(feed));
        let journal = json!({"path": folder.file("log"), "recover": true});
        let config = json!({"run": "match", "input": input, "reports": "none", "publish": [feed], "journal": journal});
        let done = run(&config);
        assert_eq!((done.status, &done.error), (Status::Done, &None));
        done.result
    };
    day(&halves[0], "one");
    let second = day(&halves[1], "two");
    // What was said of the end of the first day has its numbers for ever.
    let (one, two) = (folder.bytes("one"), folder.bytes("two"));
    assert!(one.len() > 100_000 && two.len() > one.len() && two.starts_with(&one));
    let rebuilt = run(&json!({"run": "replay", "input": folder.file("two"), "hash": true}));
    assert_eq!(rebuilt.result["hash"], second["booksHash"]);
    assert_eq!(rebuilt.result["anomalies"], json!({}));
}

#[test]
fn lines_are_kept_as_they_came() {
    let folder = Folder::new("lines");
    let line = r#"{ "type":"new", "symbol":1, "side":"buy", "id":7, "price":10050, "quantity":100 }"#;
    let (input, path) = (folder.file("orders"), folder.file("log"));
    std::fs::write(&input, format!("{line}\n")).unwrap();
    let config =
        json!({"run": "match", "input": input, "format": "ndjson", "reports": "none", "journal": {"path": path}});
    assert_eq!(run(&config).status, Status::Done);
    let log = std::fs::read(Path::new(&path).join("log-0000000001")).unwrap();
    assert!(log.windows(line.len()).any(|window| window == line.as_bytes()));
}

#[test]
fn a_log_cut_anywhere_in_its_last_record_recovers_what_comes_before() {
    let folder = Folder::new("torn");
    let input = folder.file("orders");
    let mut bytes = Vec::new();
    let mut message = [0; hftz_wire::native::MAX_MESSAGE_BYTES];
    for id in 1..=3 {
        let command = hftz_model::Command::limit(1, hftz_model::Side::Buy, id, 10_000, 5);
        let length = hftz_wire::native::write(&command, &mut message).unwrap();
        bytes.extend_from_slice(&message[..length]);
    }
    std::fs::write(&input, &bytes).unwrap();
    let path = folder.file("log");
    // Without a promise there is no mark in the log, so its end is a tail that may be torn anywhere.
    exchange(&input, "none", json!({"path": path, "durability": "none"}));
    let (log, identity) = (Path::new(&path).join("log-0000000001"), Path::new(&path).join("identity"));
    let (whole, name) = (std::fs::read(&log).unwrap(), std::fs::read(&identity).unwrap());
    let end = whole.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    let (mut seen, mut sound) = (std::collections::BTreeSet::new(), 0);
    for cut in (end - 60)..end {
        std::fs::remove_dir_all(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        std::fs::write(&identity, &name).unwrap();
        std::fs::write(&log, &whole[..cut]).unwrap();
        let back = exchange("/dev/null", "none", json!({"path": path, "recover": true, "durability": "none"}));
        assert_eq!((back.status, back.error), (Status::Done, None), "cut at {cut}");
        let recovered = &back.result["journal"]["recovered"];
        seen.insert(recovered["records"].as_u64().unwrap());
        sound += usize::from(!recovered["report"].as_str().unwrap().contains("torn tail"));
    }
    assert!(seen.contains(&3) && seen.contains(&2), "{seen:?}");
    // Only a cut between two records leaves nothing torn.
    assert_eq!(sound, 1);
}

#[test]
fn what_cannot_be_begun_is_refused_before_any_file_is_cut() {
    let folder = Folder::new("refused");
    let input = orders(&folder, "orders", 2_000);
    let (path, reports) = (folder.file("log"), folder.file("reports"));
    exchange(&input, &reports, json!({"path": path}));
    let before = folder.bytes("reports");
    let twice = exchange(&input, &reports, json!({"path": path}));
    assert_eq!(twice.status, Status::Usage);
    assert!(twice.error.unwrap().contains("is not empty") && twice.hint.unwrap().contains("--recover"));
    assert!(folder.bytes("reports") == before);
    std::fs::write(folder.0.join("notes"), "x").unwrap();
    let elsewhere = folder.file(".");
    let foreign = exchange(&input, "none", json!({"path": elsewhere}));
    assert_eq!(foreign.status, Status::Usage);
    assert!(foreign.error.unwrap().contains("not a journal") && foreign.hint.unwrap().contains("missing or empty"));
    assert_eq!(again(&elsewhere, "none").status, Status::Usage);
}

#[test]
fn a_missing_journal_is_an_empty_one() {
    let folder = Folder::new("missing");
    let done = exchange("/dev/null", "none", json!({"path": folder.file("new"), "recover": true}));
    assert_eq!(done.status, Status::Done);
    assert!(done.result["journal"]["recovered"]["report"].as_str().unwrap().contains("starting empty"));
}

#[test]
fn damage_to_what_was_durable_is_refused_until_it_is_forced() {
    let folder = Folder::new("damaged");
    let input = orders(&folder, "orders", 2_000);
    let path = folder.file("log");
    exchange(&input, "none", json!({"path": path}));
    let log = Path::new(&path).join("log-0000000001");
    let mut bytes = std::fs::read(&log).unwrap();
    bytes[20_000] ^= 1;
    std::fs::write(&log, &bytes).unwrap();
    let refused = exchange("/dev/null", "none", json!({"path": path, "recover": true}));
    assert_eq!(refused.status, Status::Failed);
    assert!(refused.error.unwrap().contains("damaged") && refused.hint.unwrap().contains("--force"));
    assert!(std::fs::read(&log).unwrap() == bytes, "nothing is changed");
    let forced = exchange("/dev/null", "none", json!({"path": path, "recover": true, "force": true}));
    assert_eq!((forced.status, forced.error), (Status::Done, None));
}
