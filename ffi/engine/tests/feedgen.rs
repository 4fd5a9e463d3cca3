//! Whole feedgen runs: the same bytes on every way out, books that can be rebuilt, counts that are met.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use hftz_book::matching::{Engine, Settings};
use hftz_engine::publish::{Names, Publisher};
use hftz_engine::run::{Counter, Outcome, Run, Status};
use hftz_model::{Command, CommandKind};
use hftz_net::{Endpoint, MoldReceiver, Settings as ReceiverSettings};
use hftz_wire::capture::{Reader, Step};
use hftz_wire::itch::{Records, view::View};
use hftz_wire::{link, mold, native};
use serde_json::{Value, json};
use std::io::Read;
use std::time::{Duration, Instant};
use support::{Scratch, replay};

fn open(config: Value) -> Run {
    let mut config = config;
    config["run"] = json!("feedgen");
    let mut run = Run::new(hftz_engine::plan(config.to_string().as_bytes()).unwrap());
    run.start().unwrap();
    run
}

fn end(mut run: Run) -> Outcome {
    while !run.page().finished() {
        std::thread::yield_now();
    }
    run.outcome().unwrap()
}

/// Runs to the end and returns what was written and the result.
fn generate(name: &str, config: Value) -> (Vec<u8>, Outcome) {
    let file = Scratch::new(name, b"");
    let mut config = config;
    config["to"] = json!(file.path());
    let outcome = end(open(config));
    (std::fs::read(file.path()).unwrap(), outcome)
}

fn feed(name: &str, config: Value) -> Vec<u8> {
    let (bytes, outcome) = generate(name, config);
    assert_eq!(outcome.status, Status::Done, "{:?}", outcome.error);
    bytes
}

fn messages(framed: &[u8]) -> Vec<&[u8]> {
    Records::new(framed, 0).map(|record| record.unwrap().1).collect()
}

/// Message types, system events by their code in lower case.
fn types(framed: &[u8]) -> String {
    let kind = |message: &&[u8]| match View::of(message).unwrap() {
        View::SystemEvent(event) => char::from(event.event_code().to_ascii_lowercase()),
        other => char::from(other.bytes()[0]),
    };
    messages(framed).iter().map(kind).collect()
}

#[test]
fn one_seed_gives_one_feed_at_any_rate_and_another_seed_another() {
    let config = json!({"count": 20_000, "seed": 7});
    let whole = feed("seed-a", config.clone());
    assert!(feed("seed-b", config) == whole);
    assert!(feed("seed-paced", json!({"count": 20_000, "seed": 7, "rate": 400_000})) == whole);
    assert!(feed("seed-text", json!({"count": 20_000, "seed": "7"})) == whole);
    assert!(feed("seed-other", json!({"count": 20_000, "seed": 8})) != whole);
}

/// 64-bit FNV-1a.
fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xCBF2_9CE4_8422_2325, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3))
}

/// Committed: a faster flow, engine or encoder may not change a byte. A new rule of the flow may, and then says so.
#[test]
fn a_seed_gives_the_bytes_that_it_gave_in_every_release() {
    let golden = [
        ("zi", 8, 0x90C8_E034_6CA7_D9C0_u64),
        ("zi", 300, 0x3975_863D_23EE_615B),
        ("poisson", 8, 0x60F0_952E_77F2_2D37),
        ("hawkes", 8, 0x599A_DF6D_509E_F547),
    ];
    for (model, symbols, expected) in golden {
        let bytes = feed("golden", json!({"count": 60_000, "seed": 7, "symbols": symbols, "model": model}));
        assert_eq!(fingerprint(&bytes), expected, "{model}, {symbols} symbols: {:#018X}", fingerprint(&bytes));
    }
}

#[test]
fn a_count_is_met_exactly_and_leaves_a_whole_day() {
    for count in (38..120).chain([500, 1_000, 1_085, 2_000, 4_321, 12_000]) {
        let bytes = feed("count", json!({"count": count, "seed": count}));
        let types = types(&bytes);
        assert_eq!(types.len(), count, "count {count}");
        assert!(
            types.starts_with(&format!("o{}{}{}s", "R".repeat(8), "H".repeat(8), "Y".repeat(8))),
            "{count}: {types}"
        );
        assert!(types.ends_with("mec") && types.contains("qH"), "{count}: {types}");
        let times: Vec<u64> = messages(&bytes).iter().map(|m| be48(&m[5..11])).collect();
        assert!(times.is_sorted() && times[0] == 34_190_000_000_000);
    }
}

fn be48(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

#[test]
fn the_smallest_day_is_its_frame_alone() {
    assert_eq!(types(&feed("frame", json!({"count": 10, "symbols": 1}))), "oRHYsqHmec");
    let refused = hftz_engine::plan(json!({"run": "feedgen", "count": 9, "symbols": 1}).to_string().as_bytes());
    assert!(refused.err().unwrap().contains("at least 10 messages"));
}

#[test]
fn the_books_of_the_feed_are_the_engines_books() {
    for model in ["zi", "poisson", "hawkes"] {
        for (symbols, count) in [(1, 60_000), (8, 60_000), (400, 120_000)] {
            let file = Scratch::new(&format!("books-{model}-{symbols}"), b"");
            let made = end(open(json!({"count": count, "symbols": symbols, "model": model, "to": file.path()})));
            let read = replay(file.path(), json!({"hash": true}));
            assert_eq!(read.status, Status::Done);
            assert_eq!(read.result["hash"], made.result["hash"], "{model} {symbols}");
            assert_eq!(read.result["anomalies"], json!({}), "{model} {symbols}");
            assert_eq!(read.result["messages"], json!(count));
            assert_eq!(read.result["byType"], made.result["byType"]);
            assert_eq!(read.result["liveOrders"], made.result["liveOrders"]);
            assert!(["x86-64-v2", "x86-64-v3"].contains(&made.result["isa"].as_str().unwrap()));
        }
    }
}

#[test]
fn every_order_message_and_an_opening_cross_occur() {
    let (_, outcome) = generate("types", json!({"count": 60_000}));
    let by_type = outcome.result["byType"].as_object().unwrap();
    for kind in ["S", "R", "H", "Y", "A", "F", "E", "C", "X", "D", "U", "Q"] {
        assert!(by_type.get(kind).and_then(Value::as_u64).is_some_and(|n| n > 0), "{kind} of {by_type:?}");
    }
}

#[test]
fn the_zero_intelligence_venue_keeps_68_orders_a_side() {
    let (_, outcome) = generate("zi", json!({"count": 250_000, "symbols": 40, "pure": true, "sizes": "unit"}));
    let live = outcome.result["liveOrders"].as_f64().unwrap() / 80.0;
    // 5424 orders in all, with a standard deviation of about their root: 0.92 a side.
    assert!((64.0..72.0).contains(&live), "{live} orders a side");
}

#[test]
fn the_orders_of_a_feed_make_the_same_feed_again() {
    let config = json!({"count": 30_000, "seed": 7});
    let whole = feed("orders-feed", config.clone());
    let mut of_orders = config;
    of_orders["orders"] = json!(true);
    let orders = feed("orders", of_orders);
    let mut engine = Engine::new(&Settings::default()).unwrap();
    let mut publisher = Publisher::new(Names::default());
    let (mut batch, mut rest, mut kinds) = ([Command::empty(CommandKind::New); 64], &orders[..], String::new());
    loop {
        let done = native::decode_batch(rest, 0, &mut batch);
        for command in &batch[..done.filled] {
            engine.apply(command, &mut publisher);
            let kind = char::from(command.kind.byte());
            kinds.extend((!kinds.contains(kind)).then_some(kind));
        }
        rest = &rest[done.consumed..];
        if done.filled == 0 {
            break;
        }
    }
    assert!(rest.is_empty());
    publisher.finish();
    assert!(publisher.framed() == whole);
    assert_eq!(kinds.len(), 5, "clocks, states, orders, cancels and replaces: {kinds}");
}

#[test]
fn a_capture_carries_the_same_feed_in_full_packets() {
    let config = json!({"count": 30_000, "seed": 3});
    let whole = feed("capture-feed", config.clone());
    let file = std::env::temp_dir().join(format!("hftz-feedgen-{}.pcap", std::process::id()));
    let mut of_capture = config;
    of_capture["to"] = json!(file.to_str().unwrap());
    let outcome = end(open(of_capture.clone()));
    let bytes = std::fs::read(&file).unwrap();
    let again = end(open(of_capture));
    assert!(bytes == std::fs::read(&file).unwrap(), "a capture is the same every time");
    std::fs::remove_file(&file).unwrap();
    assert_eq!((outcome.status, again.status), (Status::Done, Status::Done));
    let (mut reader, mut at, mut feed, mut expected, mut packets, mut largest) =
        (Reader::new(), 0, Vec::new(), 1, 0, 0);
    let mut ended = false;
    while at < bytes.len() {
        match reader.next(&bytes[at..], at as u64).unwrap() {
            Step::Packet { packet, bytes } => {
                at += bytes;
                packets += 1;
                let datagram = link::datagram(&packet).unwrap();
                largest = largest.max(datagram.payload.len());
                let packet = mold::Packet::decode(datagram.payload).unwrap();
                assert_eq!(packet.header.sequence, expected);
                expected += u64::from(packet.header.messages());
                ended = packet.header.kind() == mold::Kind::EndOfSession;
                feed.extend_from_slice(packet.blocks);
            }
            Step::Pass { bytes } => at += bytes,
            Step::More { .. } => break,
        }
    }
    assert!(feed == whole && ended);
    assert_eq!(outcome.result["packets"], json!(packets));
    assert!(largest > 1400 && largest <= 1472, "{largest}");
}

#[test]
fn a_feed_by_multicast_arrives_whole_although_packets_are_lost() {
    let config = json!({"count": 60_000, "seed": 5});
    let whole = feed("udp-feed", config.clone());
    let ports = [(); 2].map(|()| std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port());
    let to = format!("udp://239.255.78.1:{}?iface=lo&request=127.0.0.1:{}", ports[0], ports[1]);
    // A buffer of a few packets: most of a feed at full speed is lost at first.
    let endpoint = Endpoint { buffer_bytes: 16 << 10, ..Endpoint::parse(&to).unwrap() };
    let mut receiver = MoldReceiver::open(&endpoint, ReceiverSettings::default()).unwrap();
    let mut sent = config;
    sent["to"] = json!(to);
    let run = open(sent);
    let (mut got, begun) = (Vec::new(), Instant::now());
    while !receiver.receive(&mut got, Duration::from_millis(20)).unwrap() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", receiver.statistics());
    }
    assert!(got == whole);
    assert!(receiver.dropped() > 0 && receiver.statistics().lost == 0, "{:?}", receiver.statistics());
    run.page().request_stop();
    let outcome = end(run);
    let network = &outcome.result["network"];
    assert!(network["retransmission"]["messages"].as_u64().unwrap() >= receiver.statistics().recovered);
}

#[test]
fn a_rate_is_held_on_its_schedule_and_lateness_is_reported() {
    let (bytes, outcome) = generate("rate", json!({"rate": 50_000, "durationNs": 300_000_000_u64}));
    assert_eq!(messages(&bytes).len(), 15_000, "rate times duration");
    let elapsed = outcome.result["elapsedNs"].as_u64().unwrap();
    assert!(elapsed >= 299_000_000, "the last message was due after {elapsed} ns");
    assert_eq!(outcome.result["offeredPerSec"], json!(50_000.0));
    assert_eq!(outcome.result["dropped"], json!(0));
    let lateness = &outcome.result["lateness"];
    assert!(lateness["maxNs"].as_u64() >= lateness["p99Ns"].as_u64());
    assert!(lateness["p99Ns"].as_u64() >= lateness["p50Ns"].as_u64());
}

#[test]
fn a_slow_feed_shows_what_has_left_not_what_is_ready() {
    let file = Scratch::new("slow", b"");
    let run = open(json!({"count": 1_000, "rate": 0.5, "to": file.path()}));
    let shown = |counter| run.page().get(counter) as usize;
    while shown(Counter::BytesOut) == 0 {
        std::thread::yield_now();
    }
    // Both counters are from before or after the next departure, two seconds on, but for an instant.
    let agree = (0..100).any(|_| {
        let (count, bytes) = (shown(Counter::Messages), shown(Counter::BytesOut));
        messages(&std::fs::read(file.path()).unwrap()[..bytes]).len() == count
    });
    assert!(agree, "{} messages in {} bytes", shown(Counter::Messages), shown(Counter::BytesOut));
}

#[test]
fn a_burst_crowds_the_feed_in_model_time_and_the_schedule_on_the_clock() {
    let burst = json!({"factor": 10, "lengthNs": 10_000_000, "everyNs": 100_000_000});
    let config = json!({"rate": 20_000, "durationNs": 300_000_000, "seed": 7, "burst": burst});
    let (bytes, outcome) = generate("burst", config);
    // 190 ms of work in every 100 ms.
    assert_eq!(messages(&bytes).len(), 11_400);
    assert_eq!(outcome.result["offeredPerSec"], json!(38_000.0));
    assert!(outcome.result["elapsedNs"].as_u64().unwrap() >= 299_000_000);
    assert_eq!(outcome.result["dropped"], json!(0));
    let whole = feed("burst-free", json!({"count": 11_400, "seed": 7, "burst": burst}));
    assert!(whole == bytes, "the rate changes no byte, bursts or not");
    let calm = feed("burst-calm", json!({"count": 11_400, "seed": 7}));
    let times = |bytes: &[u8]| messages(bytes).iter().map(|m| be48(&m[5..11])).collect::<Vec<_>>();
    let kinds = |bytes: &[u8]| messages(bytes).iter().map(|m| m[0]).collect::<Vec<_>>();
    assert!(kinds(&calm) == kinds(&bytes), "a burst moves messages and makes none");
    let open = 34_200_000_000_000;
    let (mut within, mut all) = (0, 0);
    for time in times(&bytes).into_iter().filter(|time| *time > open) {
        all += 1;
        within += u64::from((time - open) % 100_000_000 < 10_000_000);
    }
    // Ten of nineteen are in a burst, which takes a tenth of the time.
    let share = within as f64 / all as f64;
    assert!((share - 10.0 / 19.0).abs() < 0.05, "{share}");
}

#[test]
fn a_duration_alone_ends_a_run_with_a_whole_day() {
    let (bytes, outcome) = generate("duration", json!({"durationNs": 30_000_000}));
    assert_eq!(outcome.status, Status::Done);
    assert!(types(&bytes).ends_with("mec"));
    assert_eq!(outcome.result["messages"], json!(messages(&bytes).len()));
}

#[test]
fn a_stop_ends_the_day_in_order() {
    for rate in [json!(null), json!(1000), json!(0.5)] {
        let file = Scratch::new("stop", b"");
        let run = open(json!({"count": 4_000_000_000_u64, "rate": rate, "to": file.path()}));
        while run.page().get(hftz_engine::run::Counter::Messages) == 0.0 {
            std::thread::yield_now();
        }
        run.page().request_stop();
        let outcome = end(run);
        assert_eq!(outcome.status, Status::Interrupted);
        let bytes = std::fs::read(file.path()).unwrap();
        assert!(types(&bytes).ends_with("mec"), "rate {rate}");
        assert_eq!(outcome.result["messages"], json!(messages(&bytes).len()), "everything that was made was written");
    }
}

#[test]
fn a_reader_that_goes_away_is_an_outcome_of_its_own() {
    let path = std::env::temp_dir().join(format!("hftz-feedgen-{}.fifo", std::process::id()));
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let run = open(json!({"count": 4_000_000_000_u64, "to": path.to_str().unwrap()}));
    let mut head = vec![0; 5_000];
    std::fs::File::open(&path).unwrap().read_exact(&mut head).unwrap();
    let outcome = end(run);
    std::fs::remove_file(&path).unwrap();
    assert_eq!(outcome.status, Status::BrokenPipe);
    assert!(head == feed("head", json!({"count": 4_000_000, "durationNs": 20_000_000}))[..5_000]);
}

#[test]
fn a_full_disk_and_a_missing_folder_are_named() {
    let full = end(open(json!({"count": 100_000, "to": "/dev/full"})));
    assert_eq!(full.status, Status::Failed);
    let error = full.error.unwrap();
    assert!(error.contains("/dev/full") && error.contains("after 0 bytes") && error.contains("No space"), "{error}");
    let missing = end(open(json!({"count": 100, "to": "/nonexistent/feed.itch"})));
    assert!(missing.error.unwrap().contains("/nonexistent/feed.itch"));
}
