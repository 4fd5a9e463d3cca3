//! Orders through shared memory: the same reports as by any other way, and nobody holds the exchange back.

mod raw;

use crate::exchange_support::{Exchange, limit, order, read_reports, refusal_of, replay_of, result_of, scratch};
use crate::{flow, hash};
use hftz_engine::run::Status;
use hftz_model::{Command, ReportKind, Side};
use hftz_net::SharedLine;
use raw::Raw;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering::{Relaxed, Release};

/// Where in a ring its ends lie: the position, and 8 bytes on the state.
const TAIL: usize = 128;
const HEAD: usize = 256;

fn place(name: &str) -> (PathBuf, PathBuf) {
    let directory = scratch(name);
    let path = directory.join("ring");
    (directory, path)
}

fn listening(path: &Path, more: &Value) -> Exchange {
    let mut config = json!({"listen": [format!("native+shm://{}", path.display())], "reports": "none"});
    if let (Value::Object(config), Value::Object(more)) = (&mut config, more) {
        config.extend(more.clone());
    }
    Exchange::start(&config)
}

fn join(exchange: &Exchange, path: &Path) -> SharedLine {
    exchange.until(|| SharedLine::join(path).ok())
}

/// Sends everything while it reads everything, in pieces of many lengths, until the exchange lets go.
fn talk(line: &mut SharedLine, orders: &[u8]) -> Vec<u8> {
    let (mut at, mut heard, mut buffer) = (0, Vec::new(), vec![0; 1 << 16]);
    while at < orders.len() {
        let end = orders.len().min(at + 1 + at % 1_777);
        at += line.send(&orders[at..end]);
        let count = line.receive(&mut buffer);
        heard.extend_from_slice(&buffer[..count]);
    }
    line.close();
    line.read_to_end(&mut heard).unwrap();
    heard
}

fn is_answered(line: &mut SharedLine, session: u64, number: u64) {
    line.write_all(&order(&Command::limit(1, Side::Buy, session << 48 | number, 9_000, 5))).unwrap();
    assert_eq!(read_reports(line, 1)[0].order_id, session << 48 | number);
}

#[test]
fn orders_through_shared_memory_give_the_reports_and_the_hash_of_a_file_and_the_journal_gives_them_again() {
    let (directory, path) = place("shm-paths");
    let (orders, input) = (flow(3, 20_000), directory.join("orders.bin"));
    std::fs::write(&input, &orders).unwrap();
    let reports = directory.join("file.bin");
    let (_, result) = result_of(&json!({"run": "match", "input": input, "reports": reports}));
    let expected = (std::fs::read(&reports).unwrap(), hash(&result));
    assert!(!expected.0.is_empty());
    for (threads, is_logged) in [(1, false), (2, false), (1, true), (2, true)] {
        let (reports, journal) = (directory.join("shm.bin"), directory.join(format!("journal-{threads}")));
        let mut more = json!({"reports": reports, "threads": threads});
        if is_logged {
            more["journal"] = json!({"path": journal, "durability": "none", "segmentBytes": 1 << 20});
        }
        let exchange = listening(&path, &more);
        let heard = talk(&mut join(&exchange, &path), &orders);
        let (status, result) = exchange.stop();
        assert_eq!(status, Status::Interrupted);
        assert_eq!(std::fs::read(&reports).unwrap(), heard, "the client hears what the file says");
        assert!((heard, hash(&result)) == expected);
        if is_logged {
            let again = directory.join("again.bin");
            let (status, _) = replay_of(&json!({"journal": journal, "reports": again}));
            assert_eq!((status, std::fs::read(&again).unwrap() == expected.0), (Status::Done, true));
        }
    }
    std::fs::remove_dir_all(directory).unwrap();
}

#[test]
fn the_place_is_its_owners_alone_is_taken_over_from_the_dead_and_refused_beside_the_living() {
    let (directory, path) = place("shm-place");
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    let exchange = listening(&path, &json!({}));
    is_answered(&mut join(&exchange, &path), 1, 1);
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let at = |scheme| json!({"listen": [format!("{scheme}://{}", path.display())], "reports": "none"});
    for scheme in ["native+shm", "native+unix", "operator+unix"] {
        let (status, error, hint) = refusal_of(&at(scheme));
        let expected = format!("cannot listen on {scheme}://{}: Address already in use", path.display());
        assert_eq!((status, error), (Status::Failed, expected));
        assert_eq!(hint.as_deref(), Some("another process listens there: end it, or choose another place"));
    }
    is_answered(&mut join(&exchange, &path), 2, 1);
    exchange.stop();
    assert!(!path.exists());
    std::fs::write(&path, "a letter").unwrap();
    let (status, error, hint) = refusal_of(&at("native+shm"));
    assert_eq!(status, Status::Failed);
    assert!(error.ends_with(&format!("{}: there is something else than a socket", path.display())), "{error}");
    assert_eq!(hint.as_deref(), Some("choose another place, or remove it if nobody needs it"));
    assert_eq!(std::fs::read(&path).unwrap(), b"a letter", "what is no socket is left alone");
    std::fs::remove_dir_all(directory).unwrap();
}

#[test]
fn half_a_message_at_the_end_is_nothing_and_the_rest_is_answered_before_the_goodbye() {
    let (directory, path) = place("shm-half");
    let exchange = listening(&path, &json!({}));
    let mut line = join(&exchange, &path);
    for byte in [limit(1, Side::Buy, 1, 5), limit(1, Side::Buy, 2, 5)[..31].to_vec()].concat() {
        line.write_all(&[byte]).unwrap();
    }
    line.close();
    let mut heard = Vec::new();
    line.read_to_end(&mut heard).unwrap();
    assert_eq!(heard.len(), 48);
    let (_, result) = exchange.stop();
    assert_eq!((result["live"].as_u64(), result["clients"]["halfMessages"].as_u64()), (Some(1), Some(1)));
    std::fs::remove_dir_all(directory).unwrap();
}

#[test]
fn an_exchange_that_sleeps_is_woken() {
    let (directory, path) = place("shm-sleep");
    let exchange = listening(&path, &json!({}));
    let (mut line, asleep) = (join(&exchange, &path), Raw::join(&path));
    for n in 1..20 {
        exchange.until(|| (asleep.word(128).load(Relaxed) != 0).then_some(()));
        is_answered(&mut line, 1, n);
    }
    exchange.stop();
    std::fs::remove_dir_all(directory).unwrap();
}

#[test]
fn who_writes_nonsense_is_cut_off_and_the_others_trade_on() {
    let (directory, path) = place("shm-nonsense");
    let exchange = listening(&path, &json!({}));
    let mut honest = join(&exchange, &path);
    is_answered(&mut honest, 1, 1);
    for nonsense in [b"?".to_vec(), order(&Command::cancel(1, 1 << 48 | 1, 0))] {
        let mut liar = join(&exchange, &path);
        liar.write_all(&nonsense).unwrap();
        liar.read_to_end(&mut Vec::new()).unwrap();
        assert!(liar.is_abandoned());
    }
    is_answered(&mut honest, 1, 2);
    let (_, result) = exchange.stop();
    let clients = &result["clients"];
    assert_eq!((clients["cutMalformed"].as_u64(), clients["cutForeign"].as_u64()), (Some(1), Some(1)));
    std::fs::remove_dir_all(directory).unwrap();
}

#[test]
fn whatever_a_client_writes_over_the_memory_the_others_are_answered() {
    let (directory, path) = place("shm-scribble");
    let exchange = listening(&path, &json!({}));
    let mut honest = join(&exchange, &path);
    let mut seed = 0x5EED_u64;
    let mut random = move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    for n in 1..=300 {
        let vandal = Raw::join(&path);
        let (commands, reports) = (vandal.commands(), vandal.reports());
        for _ in 0..random() % 64 {
            // Mostly where it hurts: the header, positions and states of both rings; else anywhere.
            let at = match random() % 8 {
                0 => (random() % 48) as usize * 8,
                1 => commands + TAIL,
                2 => reports + HEAD,
                3 => commands + (random() % 48) as usize * 8,
                4 => reports + (random() % 48) as usize * 8,
                5 => commands + 384 + (random() % 256) as usize * 8,
                _ => (random() % vandal.words() as u64) as usize * 8,
            };
            let value = match random() % 5 {
                0 => random() % (1 << 18),
                1 => 0_u64.wrapping_sub(random() % 64),
                2 => random() % 4,
                // Looks like orders.
                3 => u64::from_le_bytes(limit(9, Side::Buy, n, 5)[..8].try_into().unwrap()),
                _ => random(),
            };
            vandal.word(at).store(value, Release);
        }
        let _ = (&vandal.socket).write(&[0; 9]);
        is_answered(&mut honest, 1, n);
    }
    drop(honest);
    exchange.until_clients(0);
    let (_, result) = exchange.stop();
    assert_eq!(result["clients"]["came"].as_u64(), Some(301));
    std::fs::remove_dir_all(directory).unwrap();
}

#[test]
fn who_dies_with_orders_on_the_way_leaves_them_and_its_place_behind() {
    let (directory, path) = place("shm-death");
    let exchange = listening(&path, &json!({}));
    let message = limit(7, Side::Buy, 1, 5);
    let dying = exchange.until(|| path.exists().then(|| Raw::join(&path)));
    let ring = dying.commands();
    for (at, bytes) in message.chunks(8).enumerate() {
        dying.word(ring + 384 + 8 * at).store(u64::from_le_bytes(bytes.try_into().unwrap()), Relaxed);
    }
    dying.word(ring + TAIL).store(message.len() as u64, Release);
    exchange.until_clients(1);
    drop(dying);
    exchange.until_clients(0);
    let mut heir = join(&exchange, &path);
    heir.write_all(&order(&Command::cancel(1, 7 << 48 | 1, 0))).unwrap();
    // An order that is matched only now is told to whom its session belongs now.
    let mut heard = read_reports(&mut heir, 1);
    if heard[0].kind == ReportKind::Accepted {
        heard = read_reports(&mut heir, 1);
    }
    assert_eq!(heard[0].kind, ReportKind::Cancelled, "its order came through, its session is free");
    exchange.stop();
    std::fs::remove_dir_all(directory).unwrap();
}

#[test]
fn who_never_reads_is_cut_off_while_another_is_answered_and_the_engine_goes_on() {
    let (directory, path) = place("shm-deaf");
    let exchange = listening(&path, &json!({}));
    let mut deaf = join(&exchange, &path);
    let flood = std::thread::spawn(move || {
        let orders = flow(7, 10_000);
        while deaf.write_all(&orders).is_ok() {}
    });
    let mut other = join(&exchange, &path);
    (1..=200).for_each(|n| is_answered(&mut other, 2, n));
    flood.join().unwrap();
    let (_, result) = exchange.stop();
    assert_eq!(result["clients"]["cutSlow"].as_u64(), Some(1));
    std::fs::remove_dir_all(directory).unwrap();
}

#[test]
fn there_is_room_for_sixty_four_and_a_storm_of_connections_leaves_nothing_behind() {
    let (directory, path) = place("shm-storm");
    let exchange = listening(&path, &json!({}));
    let mut first = join(&exchange, &path);
    let others: Vec<_> = (1..64).map(|_| join(&exchange, &path)).collect();
    exchange.until_clients(64);
    assert!(SharedLine::join(&path).is_ok_and(|mut line| line.read(&mut [0]).is_ok_and(|count| count == 0)));
    drop(others);
    exchange.until_clients(1);
    for n in 0..2_000_u32 {
        let stream = UnixStream::connect(&path).unwrap();
        if n.is_multiple_of(10) {
            let _ = (&stream).write(&[1; 100]);
            is_answered(&mut first, 1, u64::from(n) + 1);
        }
    }
    drop(first);
    exchange.until_clients(0);
    exchange.stop();
    std::fs::remove_dir_all(directory).unwrap();
}
