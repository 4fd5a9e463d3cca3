//! OUCH and native clients of one exchange.

use super::{Client, order};
use crate::exchange_support::{Exchange, free_port, limit, read_reports, replay_of, result_of, scratch};
use hftz_engine::run::Status;
use hftz_model::{Command, MassAction, ReportKind, Side};
use serde_json::json;
use std::io::{Read, Write};
use std::net::UdpSocket;

#[test]
fn ouch_and_native_clients_trade_with_each_other_on_one_thread_and_on_two_and_the_journal_gives_the_same() {
    for threads in [1, 2] {
        let folder = scratch(&format!("mixed-{threads}"));
        let ports = [free_port(), free_port(), free_port(), free_port()];
        let listen = [
            format!("ouch+tcp://127.0.0.1:{}", ports[0]),
            format!("ouch+tcp://127.0.0.1:{}?v=50", ports[1]),
            format!("native+tcp://127.0.0.1:{}", ports[2]),
            format!("native+udp://127.0.0.1:{}", ports[3]),
        ];
        let (journal, reports) = (folder.join("j"), folder.join("reports"));
        let exchange = Exchange::start(&json!({
            "listen": listen, "reports": reports, "threads": threads, "journal": {"path": journal, "segmentBytes": 1 << 20},
        }));
        let (mut alice, _) = Client::log_in(&exchange, ports[0], "alice", 1);
        let (mut carol, _) = Client::log_in(&exchange, ports[1], "carol", 1);
        assert_eq!(carol.types(1), "S");
        let mut native = exchange.connect(ports[2]);
        native.write_all(&limit(7, Side::Sell, 1, 100)).unwrap();
        assert_eq!(read_reports(&mut native, 1)[0].kind, ReportKind::Accepted);
        alice.send(&order(1, b'B', 40));
        assert_eq!(alice.types(3), "SAE");
        let sold = read_reports(&mut native, 1)[0];
        assert_eq!((sold.kind, sold.open), (ReportKind::Fill, 60));
        // What is left of the native order is bought through a datagram, from both.
        alice.send(&order(2, b'S', 30));
        assert_eq!(alice.types(1), "A");
        let peer = UdpSocket::bind("127.0.0.1:0").unwrap();
        peer.send_to(&limit(8, Side::Buy, 1, 90), ("127.0.0.1", ports[3])).unwrap();
        let mut datagram = [0; 1500];
        let mut told = 0;
        while told < 3 * 48 {
            told += peer.recv(&mut datagram).unwrap();
        }
        assert_eq!((alice.types(1).as_str(), read_reports(&mut native, 1)[0].open), ("E", 0));
        // A native client's mass cancel is for its own session: an OUCH order stays.
        alice.send(&order(3, b'S', 30));
        assert_eq!(alice.types(1), "A");
        let own =
            [limit(7, Side::Sell, 2, 5), crate::exchange_support::order(&Command::mass_cancel(MassAction::Cancel))];
        native.write_all(&own.concat()).unwrap();
        let told = read_reports(&mut native, 2);
        let told: Vec<_> = told.iter().map(|report| (report.kind, report.order_id)).collect();
        assert_eq!(told, [(ReportKind::Accepted, 7 << 48 | 2), (ReportKind::Cancelled, 7 << 48 | 2)]);
        // Nobody else may speak for an OUCH session.
        native.write_all(&limit(1 << 15, Side::Sell, 9, 1)).unwrap();
        assert_eq!(native.read(&mut [0]).unwrap(), 0);
        let (status, figures) = exchange.stop();
        assert_eq!((status, &figures["threads"]), (Status::Interrupted, &json!(threads)));
        // Two of OUCH, one connection, one sender of datagrams.
        assert_eq!(figures["clients"]["most"], 4);
        assert_eq!(
            (&figures["trades"], &figures["live"], &figures["clients"]["cutForeign"]),
            (&json!(3), &json!(1), &json!(1))
        );
        let again = folder.join("again");
        let replayed = replay_of(&json!({"journal": journal, "reports": again}));
        assert_eq!((&replayed.1["hash"], replayed.0), (&figures["hash"], Status::Done));
        assert_eq!(std::fs::read(&again).unwrap(), std::fs::read(&reports).unwrap());
        let (_, recovered) = result_of(&json!({
            "input": "/dev/null", "reports": "none", "journal": {"path": journal, "recover": true},
        }));
        assert_eq!(recovered["hash"], figures["hash"]);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
