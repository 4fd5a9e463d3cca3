//! `hftz match` as a service, through real sockets on loopback: every path gives the same reports, and no client harms another.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod exchange_ouch;
mod exchange_rights;
mod exchange_shm;
mod exchange_support;

use exchange_support::{Exchange, free_port, limit, order, read_reports, result_of, scratch};
use hftz_engine::run::Status;
use hftz_model::{Command, CommandKind, Event, ReportKind, Side};
use hftz_wire::native;
use serde_json::json;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream, UdpSocket};
use std::os::unix::net::UnixStream;

/// Commands of a seeded walk: orders around one price in session `session`, cancels and replaces of earlier ones.
fn flow(session: u64, count: u64) -> Vec<u8> {
    let mut seed = session + 1;
    let mut random = move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    let mut bytes = Vec::new();
    for n in 1..=count {
        let (dice, id) = (random() % 10, session << 48 | n);
        let earlier = session << 48 | (random() % n + 1);
        let side = if random() % 2 == 0 { Side::Buy } else { Side::Sell };
        let price = 10_000 + (random() % 21) as i64 - 10;
        let quantity = (random() % 100 + 1) as u32;
        let command = match dice {
            0 | 1 => Command::cancel(1, earlier, 0),
            2 => Command::replace(1, earlier, price, quantity),
            _ => Command::limit(1, side, id, price, quantity),
        };
        bytes.extend_from_slice(&order(&command));
    }
    bytes
}

fn hash(result: &serde_json::Value) -> (String, u64, u64) {
    let number = |key: &str| result[key].as_u64().unwrap();
    (result["hash"].as_str().unwrap().to_owned(), number("orders"), number("reports"))
}

#[test]
fn one_thread_two_threads_a_file_tcp_and_a_unix_socket_give_the_same_reports_and_hash() {
    let directory = scratch("paths");
    let orders = flow(3, 20_000);
    let input = directory.join("orders.bin");
    std::fs::write(&input, &orders).unwrap();
    let mut seen = Vec::new();
    for threads in [1, 2] {
        let reports = directory.join(format!("file-{threads}.bin"));
        let (status, result) =
            result_of(&json!({"run": "match", "input": input, "reports": reports, "threads": threads}));
        assert_eq!(status, Status::Done);
        seen.push((std::fs::read(&reports).unwrap(), hash(&result)));

        let port = free_port();
        let socket = directory.join(format!("{threads}.sock"));
        for through_tcp in [true, false] {
            let reports = directory.join(format!("socket-{threads}-{through_tcp}.bin"));
            let listen = [format!("native+tcp://127.0.0.1:{port}"), format!("native+unix://{}", socket.display())];
            let exchange = Exchange::start(&json!({"listen": listen, "reports": reports, "threads": threads}));
            let answer = if through_tcp {
                let mut stream = exchange.connect(port);
                let writer = stream.try_clone().unwrap();
                talk(&mut stream, writer, &orders, |stream| stream.shutdown(Shutdown::Write).unwrap())
            } else {
                let mut stream = exchange.connect_unix(&socket);
                let writer = stream.try_clone().unwrap();
                talk(&mut stream, writer, &orders, |stream| stream.shutdown(Shutdown::Write).unwrap())
            };
            let (status, result) = exchange.stop();
            assert_eq!(status, Status::Interrupted);
            let file = std::fs::read(&reports).unwrap();
            assert_eq!(answer, file, "the client hears what the file says");
            seen.push((file, hash(&result)));
        }
    }
    assert!(seen.iter().all(|one| *one == seen[0]));
    assert!(!seen[0].0.is_empty());
    std::fs::remove_dir_all(directory).unwrap();
}

#[test]
fn a_file_gives_the_same_whoever_listens_on_one_thread_and_on_two_up_to_where_it_is_broken() {
    let directory = scratch("direct");
    let (orders, input, broken) = (flow(3, 60_000), directory.join("orders.bin"), directory.join("broken.bin"));
    std::fs::write(&input, &orders).unwrap();
    std::fs::write(&broken, [&orders[..], b"?"].concat()).unwrap();
    let mut seen = Vec::new();
    for (threads, input, status) in
        [1, 2].into_iter().flat_map(|n| [(n, &input, Status::Done), (n, &broken, Status::Failed)])
    {
        let (reports, feed) = (directory.join("reports.bin"), directory.join("feed.itch"));
        let publish = [format!("itch+file:{}", feed.display())];
        let with_feed =
            json!({"run": "match", "input": input, "reports": reports, "publish": publish, "threads": threads});
        let (ended, heard) = result_of(&with_feed);
        let (file, feed) = (std::fs::read(&reports).unwrap(), std::fs::read(&feed).unwrap());
        let alone = result_of(&json!({"run": "match", "input": input, "reports": reports, "threads": threads}));
        assert_eq!(std::fs::read(&reports).unwrap(), file, "a feed beside the reports changes nothing in them");
        let quiet = result_of(&json!({"run": "match", "input": input, "reports": "none", "threads": threads}));
        assert_eq!(file.len() as u64, 48 * heard["reports"].as_u64().unwrap());
        for (other, result) in [alone, quiet] {
            assert_eq!((other, hash(&result)), (ended, hash(&heard)));
            assert_eq!((&result["rejects"], &result["trades"]), (&heard["rejects"], &heard["trades"]));
            assert_eq!(result["threads"], json!(threads));
        }
        assert_eq!(ended, status);
        seen.push((file, feed, hash(&heard)));
    }
    assert!(seen.iter().all(|one| *one == seen[0]));
    std::fs::remove_dir_all(directory).unwrap();
}

#[test]
fn reports_do_not_wait_for_orders_that_a_pipe_has_not_brought_yet() {
    let directory = scratch("pause");
    let (pipe, reports) = (directory.join("orders"), directory.join("reports"));
    for path in [&pipe, &reports] {
        let name = std::ffi::CString::new(path.to_str().unwrap()).unwrap();
        // SAFETY: a string that ends with its 0 and lives through the call.
        assert_eq!(unsafe { libc::mkfifo(name.as_ptr(), 0o600) }, 0);
    }
    for (threads, is_logged) in [(1, false), (2, false), (1, true), (2, true)] {
        let journal = json!({"path": directory.join(format!("journal-{threads}")), "durability": "group"});
        let mut config = json!({"run": "match", "input": pipe, "reports": reports, "threads": threads});
        if is_logged {
            config["journal"] = journal;
        }
        let running = std::thread::spawn(move || result_of(&config));
        let mut answers = std::fs::File::open(&reports).unwrap();
        let mut orders = std::fs::File::options().write(true).open(&pipe).unwrap();
        for n in 1..50 {
            orders.write_all(&limit(1, Side::Sell, n, 100)).unwrap();
            assert_eq!(read_reports(&mut answers, 1)[0].kind, ReportKind::Accepted);
        }
        drop(orders);
        assert_eq!(running.join().unwrap().0, Status::Done);
    }
    std::fs::remove_dir_all(directory).unwrap();
}

/// Sends everything while it reads everything, until the exchange lets go.
fn talk<S: Read, W: Write + Send + 'static>(
    reader: &mut S,
    mut writer: W,
    orders: &[u8],
    end: impl FnOnce(&W) + Send + 'static,
) -> Vec<u8> {
    let orders = orders.to_vec();
    let sender = std::thread::spawn(move || {
        writer.write_all(&orders).unwrap();
        end(&writer);
    });
    let mut answer = Vec::new();
    reader.read_to_end(&mut answer).unwrap();
    sender.join().unwrap();
    answer
}

#[test]
fn reports_go_to_the_owner_of_the_order_and_rejections_to_the_sender() {
    let port = free_port();
    let exchange = Exchange::start(&json!({"listen": [format!("native+tcp://127.0.0.1:{port}")], "reports": "none"}));
    let (mut seller, mut buyer) = (exchange.connect(port), exchange.connect(port));
    seller.write_all(&limit(1, Side::Sell, 1, 100)).unwrap();
    assert_eq!(read_reports(&mut seller, 1)[0].kind, ReportKind::Accepted);
    buyer.write_all(&limit(2, Side::Buy, 1, 40)).unwrap();
    let bought = read_reports(&mut buyer, 2);
    assert_eq!((bought[0].kind, bought[1].kind), (ReportKind::Accepted, ReportKind::Fill));
    let sold = read_reports(&mut seller, 1)[0];
    assert_eq!((sold.kind, sold.order_id, sold.open), (ReportKind::Fill, 1 << 48 | 1, 60));
    buyer.write_all(&order(&Command::cancel(1, 2 << 48 | 99, 0))).unwrap();
    assert_eq!(read_reports(&mut buyer, 1)[0].kind, ReportKind::Rejected);
    exchange.stop();
}

#[test]
fn a_message_that_comes_byte_by_byte_is_one_message() {
    let port = free_port();
    let exchange = Exchange::start(&json!({"listen": [format!("native+tcp://127.0.0.1:{port}")], "reports": "none"}));
    let mut client = exchange.connect(port);
    client.set_nodelay(true).unwrap();
    for byte in [limit(1, Side::Buy, 1, 5), limit(1, Side::Buy, 2, 5)].concat() {
        client.write_all(&[byte]).unwrap();
    }
    assert_eq!(read_reports(&mut client, 2)[1].order_id, 1 << 48 | 2);
    client.write_all(&limit(1, Side::Buy, 3, 5)[..31]).unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    assert_eq!(client.read(&mut [0]).unwrap(), 0, "half a message at the end is nothing");
    let (_, result) = exchange.stop();
    assert_eq!((result["live"].as_u64(), result["clients"]["halfMessages"].as_u64()), (Some(2), Some(1)));
}

#[test]
fn who_breaks_a_rule_is_cut_off_and_the_others_trade_on() {
    let port = free_port();
    let exchange = Exchange::start(&json!({"listen": [format!("native+tcp://127.0.0.1:{port}")], "reports": "none"}));
    let mut honest = exchange.connect(port);
    honest.write_all(&limit(1, Side::Buy, 1, 5)).unwrap();
    read_reports(&mut honest, 1);
    let mut babbler = exchange.connect(port);
    babbler.write_all(&[limit(2, Side::Buy, 1, 5), b"?".to_vec()].concat()).unwrap();
    babbler.read_to_end(&mut Vec::new()).unwrap();
    let mut thief = exchange.connect(port);
    thief.write_all(&order(&Command::cancel(1, 1 << 48 | 1, 0))).unwrap();
    thief.read_to_end(&mut Vec::new()).unwrap();
    honest.write_all(&order(&Command::cancel(1, 1 << 48 | 1, 0))).unwrap();
    assert_eq!(read_reports(&mut honest, 1)[0].kind, ReportKind::Cancelled);
    drop(honest);
    exchange.until_clients(0);
    let mut heir = exchange.connect(port);
    heir.write_all(&limit(1, Side::Buy, 9, 5)).unwrap();
    assert_eq!(read_reports(&mut heir, 1)[0].kind, ReportKind::Accepted, "a session is free once its owner has left");
    let (_, result) = exchange.stop();
    assert_eq!(
        (result["clients"]["cutMalformed"].as_u64(), result["clients"]["cutForeign"].as_u64()),
        (Some(1), Some(1))
    );
}

#[test]
fn who_never_reads_is_cut_off_while_another_is_answered() {
    let port = free_port();
    let exchange = Exchange::start(&json!({"listen": [format!("native+tcp://127.0.0.1:{port}")], "reports": "none"}));
    let mut deaf = exchange.connect(port);
    let flood = std::thread::spawn(move || {
        let orders = flow(7, 10_000);
        while deaf.write_all(&orders).is_ok() {}
    });
    let mut other = exchange.connect(port);
    for n in 1..=200 {
        other.write_all(&order(&Command::limit(2, Side::Buy, 2 << 48 | n, 10_000, 5))).unwrap();
        assert!(read_reports(&mut other, 1)[0].order_id == 2 << 48 | n);
    }
    flood.join().unwrap();
    let (_, result) = exchange.stop();
    assert_eq!(result["clients"]["cutSlow"].as_u64(), Some(1));
}

#[test]
fn ten_thousand_connects_leave_nothing_behind() {
    let port = free_port();
    let exchange = Exchange::start(&json!({"listen": [format!("native+tcp://127.0.0.1:{port}")], "reports": "none"}));
    let mut kept: std::collections::VecDeque<TcpStream> = std::collections::VecDeque::new();
    for n in 0..10_000_u32 {
        let mut stream = exchange.connect(port);
        // Some hang up at once, some in the middle of a message, some stay for a while.
        if n % 3 > 0 {
            let _ = stream.write_all(&limit(1, Side::Buy, 1, 5)[..usize::try_from(n % 31).unwrap()]);
            kept.push_back(stream);
        }
        if kept.len() > 300 {
            kept.pop_front();
        }
    }
    drop(kept);
    exchange.until_clients(0);
    let mut last = exchange.connect(port);
    last.write_all(&limit(1, Side::Buy, 1, 5)).unwrap();
    assert_eq!(read_reports(&mut last, 1)[0].kind, ReportKind::Accepted);
    let (_, result) = exchange.stop();
    assert!(result["clients"]["came"].as_u64().unwrap() > 10_000);
}

#[test]
fn datagrams_are_answered_to_their_sender() {
    let port = free_port();
    let exchange = Exchange::start(&json!({
        "listen": [format!("native+udp://127.0.0.1:{port}"), format!("native+tcp://127.0.0.1:{port}")], "reports": "none",
    }));
    drop(exchange.connect(port));
    let one = UdpSocket::bind("127.0.0.1:0").unwrap();
    let two = UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut buffer = [0; 2048];
    // Two orders and a half in one datagram: the half is nothing.
    let datagram =
        [limit(1, Side::Sell, 1, 10), limit(1, Side::Sell, 2, 10), limit(1, Side::Sell, 3, 10)[..9].to_vec()];
    one.send_to(&datagram.concat(), ("127.0.0.1", port)).unwrap();
    let mut got = 0;
    while got < 2 * 48 {
        got += one.recv(&mut buffer).unwrap();
    }
    two.send_to(&limit(2, Side::Buy, 1, 10), ("127.0.0.1", port)).unwrap();
    let count = one.recv(&mut buffer).unwrap();
    assert_eq!((count, event(&buffer).kind), (48, ReportKind::Fill));
    // Nonsense costs the rest of its datagram and nothing else: who sent it keeps its session, and hears of its order.
    two.send_to(&[limit(2, Side::Buy, 2, 4), b"?".to_vec(), limit(2, Side::Buy, 3, 4)].concat(), ("127.0.0.1", port))
        .unwrap();
    let mut heard = Vec::new();
    while heard.len() < 4 * 48 {
        let count = two.recv(&mut buffer).unwrap();
        heard.extend_from_slice(&buffer[..count]);
    }
    let kinds: Vec<_> = heard.chunks(48).map(|report| event(report).kind).collect();
    assert_eq!(kinds, [ReportKind::Accepted, ReportKind::Fill, ReportKind::Accepted, ReportKind::Fill]);
    two.send_to(&order(&Command::empty(CommandKind::Clock)), ("127.0.0.1", port)).unwrap();
    let (_, result) = exchange.stop();
    assert_eq!(result["trades"].as_u64(), Some(2));
    let clients = &result["clients"];
    assert_eq!((clients["cutMalformed"].as_u64(), clients["came"].as_u64()), (Some(0), Some(3)));
    assert_eq!((clients["halfMessages"].as_u64(), clients["datagramsMalformed"].as_u64()), (Some(1), Some(1)));
}

fn event(bytes: &[u8]) -> Event {
    native::read_report(bytes.first_chunk().unwrap(), 0).unwrap()
}

#[test]
fn a_place_that_is_taken_is_refused_by_name() {
    let port = free_port();
    let listen = json!([format!("native+tcp://127.0.0.1:{port}")]);
    let first = Exchange::start(&json!({"listen": listen, "reports": "none"}));
    drop(first.connect(port));
    let (status, error, _) = exchange_support::refusal_of(&json!({"listen": listen, "reports": "none"}));
    assert_eq!(status, Status::Failed);
    assert!(error.contains(&format!("tcp://127.0.0.1:{port}")), "{error}");
    first.stop();
}

#[test]
fn a_socket_left_over_from_a_killed_process_is_taken_over() {
    let directory = scratch("left-over");
    let path = directory.join("left.sock");
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    let exchange =
        Exchange::start(&json!({"listen": [format!("native+unix://{}", path.display())], "reports": "none"}));
    let mut client: UnixStream = exchange.connect_unix(&path);
    client.write_all(&limit(1, Side::Buy, 1, 5)).unwrap();
    assert_eq!(read_reports(&mut client, 1)[0].kind, ReportKind::Accepted);
    exchange.stop();
    assert!(!path.exists());
    std::fs::remove_dir_all(directory).unwrap();
}
