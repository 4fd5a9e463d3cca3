//! What clients of the native protocol may ask for, and what only the operator may (rule 17).

use crate::exchange_support::{Exchange, free_port, limit, order, read_reports, replay_of, result_of, scratch};
use hftz_engine::run::Status;
use hftz_model::{AuctionKind, Command, MassAction, Reason, ReportKind, Side, TradingState};
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;

/// Segments of a journal: a new one is not to take long where many tests share a disk.
const SMALL: u32 = 1 << 20;

fn mass_cancel(session: u16, scope: u8, then: MassAction) -> Vec<u8> {
    order(&Command { session, scope, ..Command::mass_cancel(then) })
}

#[test]
fn a_client_cancels_its_own_session_and_neither_halts_nor_blocks_nor_sets_the_clock() {
    let port = free_port();
    let exchange = Exchange::start(&json!({"listen": [format!("native+tcp://127.0.0.1:{port}")], "reports": "none"}));
    let (mut seller, mut buyer) = (exchange.connect(port), exchange.connect(port));
    seller.write_all(&limit(1, Side::Sell, 1, 100)).unwrap();
    read_reports(&mut seller, 1);
    // Who has no session yet has nothing to cancel; everything is everything of one's own.
    buyer.write_all(&mass_cancel(0, 0, MassAction::Cancel)).unwrap();
    buyer.write_all(&order(&Command::limit(1, Side::Buy, 2 << 48 | 1, 9_000, 5))).unwrap();
    buyer.write_all(&mass_cancel(0, 0, MassAction::Cancel)).unwrap();
    let told = read_reports(&mut buyer, 2);
    assert_eq!((told[1].kind, told[1].reason), (ReportKind::Cancelled, Reason::MassCancel));
    // The operator's: the end of the day, the kill switch, the clock.
    buyer.write_all(&order(&Command::state(1, TradingState::Closed, AuctionKind::Other, 0))).unwrap();
    buyer.write_all(&mass_cancel(0, 0, MassAction::Block)).unwrap();
    buyer.write_all(&order(&Command::clock(86_399_999_999_999))).unwrap();
    let refused = read_reports(&mut buyer, 2);
    assert!(refused.iter().all(|report| (report.kind, report.reason) == (ReportKind::Rejected, Reason::Malformed)));
    seller.write_all(&limit(1, Side::Sell, 2, 100)).unwrap();
    assert_eq!(read_reports(&mut seller, 1)[0].kind, ReportKind::Accepted);
    // Another's session is nobody else's to cancel.
    buyer.write_all(&mass_cancel(1, Command::BY_SESSION, MassAction::Cancel)).unwrap();
    buyer.read_to_end(&mut Vec::new()).unwrap();
    let (_, result) = exchange.stop();
    assert_eq!((result["live"].as_u64(), result["clients"]["cutForeign"].as_u64()), (Some(2), Some(1)));
}

#[test]
fn the_operator_halts_blocks_and_cancels_at_a_door_of_its_own_and_the_journal_knows() {
    let directory = scratch("operator");
    let (port, socket, journal) = (free_port(), directory.join("operator.sock"), directory.join("j"));
    let listen = [format!("native+tcp://127.0.0.1:{port}"), format!("operator+unix://{}", socket.display())];
    let exchange = Exchange::start(
        &json!({"listen": listen, "reports": "none", "journal": {"path": journal, "segmentBytes": SMALL}}),
    );
    let (mut client, mut operator) = (exchange.connect(port), exchange.connect_unix(&socket));
    assert_eq!(std::fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
    let mut number = 0;
    // Whoever hears something first knows that what was sent before it is done.
    let mut order_is = |client: &mut TcpStream, reason| {
        number += 1;
        client.write_all(&limit(1, Side::Buy, number, 5)).unwrap();
        assert_eq!(read_reports(client, 1)[0].reason, reason);
    };
    let mut says = |bytes: Vec<u8>| {
        // A cancel of nothing is answered behind it.
        operator.write_all(&[bytes, order(&Command::cancel(1, 99, 0))].concat()).unwrap();
        assert_eq!(read_reports(&mut operator, 1)[0].reason, Reason::UnknownOrder);
    };
    let state = |state| order(&Command::state(1, state, AuctionKind::Other, 0));
    order_is(&mut client, Reason::None);
    says(state(TradingState::Halted));
    order_is(&mut client, Reason::Halted);
    says(state(TradingState::Trading));
    order_is(&mut client, Reason::None);
    says(order(&Command::cancel(1, 1 << 48 | 1, 0)));
    assert_eq!(read_reports(&mut client, 1)[0].reason, Reason::Requested);
    says(mass_cancel(0, 0, MassAction::Block));
    assert_eq!(read_reports(&mut client, 1)[0].reason, Reason::MassCancel);
    order_is(&mut client, Reason::KillSwitch);
    says(mass_cancel(0, 0, MassAction::Unblock));
    order_is(&mut client, Reason::None);
    let (_, result) = exchange.stop();
    assert_eq!(result["live"], 1);
    let (_, replayed) = replay_of(&json!({"journal": journal, "reports": "none"}));
    assert_eq!(replayed["hash"], result["hash"]);
    std::fs::remove_dir_all(directory).unwrap();
}

#[test]
fn an_order_that_is_sent_again_after_a_lost_connection_or_a_crash_never_trades_twice() {
    let directory = scratch("again");
    let journal = directory.join("j");
    let port = free_port();
    let start = |recover: bool| {
        Exchange::start(&json!({
            "listen": [format!("native+tcp://127.0.0.1:{port}")], "reports": "none",
            "journal": {"path": journal, "recover": recover, "snapshotEvery": 3, "segmentBytes": SMALL},
        }))
    };
    let exchange = start(false);
    let mut client = exchange.connect(port);
    client
        .write_all(&[limit(1, Side::Sell, 5, 10), limit(1, Side::Buy, 6, 10), limit(1, Side::Buy, 6, 10)].concat())
        .unwrap();
    let told = read_reports(&mut client, 5);
    assert_eq!((told[3].kind, told[4].reason), (ReportKind::Fill, Reason::DuplicateId));
    drop(client);
    exchange.until_clients(0);
    // Neither what has traded nor what never was below it; the numbers of other sessions are their own.
    let reasons = |exchange: &Exchange, fresh: u64| {
        let mut client = exchange.connect(port);
        let old = [limit(1, Side::Buy, 6, 10), limit(1, Side::Buy, 2, 10)].concat();
        client.write_all(&[old, limit(3, Side::Sell, fresh, 1), limit(3, Side::Sell, fresh, 1)].concat()).unwrap();
        read_reports(&mut client, 4).iter().map(|report| report.reason).collect::<Vec<_>>()
    };
    let expected = [Reason::DuplicateId, Reason::DuplicateId, Reason::None, Reason::DuplicateId];
    assert_eq!(reasons(&exchange, 0), expected);
    exchange.until_clients(0);
    let mut before = exchange.stop().1;
    for fresh in 1..3 {
        let exchange = start(true);
        assert_eq!(reasons(&exchange, fresh), expected);
        exchange.until_clients(0);
        let (_, after) = exchange.stop();
        assert_eq!(after["journal"]["recovered"]["hash"], before["hash"]);
        before = after;
    }
    // The whole log leads to the state of its snapshots, the numbers of the sessions among it.
    let (status, verified) = result_of(&json!({
        "input": "/dev/null", "reports": "none", "journal": {"path": journal, "recover": true, "verify": true},
    }));
    assert_eq!((status, &verified["hash"]), (Status::Done, &before["hash"]));
    let (_, replayed) = replay_of(&json!({"journal": journal, "reports": "none"}));
    assert_eq!(replayed["hash"], before["hash"]);
    std::fs::remove_dir_all(directory).unwrap();
}
