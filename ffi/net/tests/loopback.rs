//! Real sockets on the loopback interface: multicast without a route, retransmission, drops, wrong addresses.
#![allow(clippy::unwrap_used)]

use hftz_net::{Endpoint, Join, MoldReceiver, MoldSender, SenderOptions, Settings, UdpReceiver, UdpSender};
use hftz_wire::mold::Session;
use std::net::SocketAddrV4;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(20);
const WAIT: Duration = Duration::from_millis(50);

/// A port that nothing used a moment ago.
fn free_port() -> u16 {
    UdpReceiver::bind("127.0.0.1:0".parse().unwrap(), 4096).unwrap().local().unwrap().port()
}

fn group(last: u8) -> Endpoint {
    Endpoint::parse(&format!("udp://239.255.77.{last}:{}?iface=lo", free_port())).unwrap()
}

fn framed(numbers: std::ops::Range<u32>) -> Vec<u8> {
    numbers.flat_map(|n| [&[0, 36][..], &n.to_be_bytes(), &[9; 32]].concat()).collect()
}

fn options() -> SenderOptions {
    SenderOptions { linger: Duration::ZERO, ..SenderOptions::default() }
}

fn drain(receiver: &mut MoldReceiver, out: &mut Vec<u8>) {
    let begun = Instant::now();
    while !receiver.receive(out, WAIT).unwrap() {
        assert!(begun.elapsed() < PATIENCE, "{:?}", receiver.statistics());
    }
}

#[test]
fn a_session_travels_by_multicast_on_loopback() {
    let endpoint = group(1);
    let mut receiver = MoldReceiver::open(&endpoint, Settings::default()).unwrap();
    let mut sender = MoldSender::open(&endpoint, &options()).unwrap();
    let sent = framed(0..10_000);
    sender.write(&sent).unwrap();
    let summary = sender.finish(|| false).unwrap();
    let mut got = Vec::new();
    drain(&mut receiver, &mut got);
    assert!(got == sent);
    assert_eq!((summary.messages, receiver.statistics().messages, receiver.dropped()), (10_000, 10_000, 0));
    // 38 messages of 38 bytes and the header make 1464 of 1472 bytes.
    assert_eq!(summary.packets, 10_000_u64.div_ceil(38));
}

#[test]
fn everything_lost_is_recovered_while_the_sender_lingers() {
    let mut endpoint = group(3);
    endpoint.request = Some(SocketAddrV4::new([127, 0, 0, 1].into(), free_port()));
    let linger = SenderOptions { linger: Duration::from_secs(2), ..options() };
    let mut sender = MoldSender::open(&endpoint, &linger).unwrap();
    let mut receiver =
        MoldReceiver::open(&Endpoint { buffer_bytes: 64 << 10, ..endpoint }, Settings::default()).unwrap();
    let sent = framed(0..50_000);
    sender.write(&sent).unwrap();
    sender.flush().unwrap();
    let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let hurry = std::sync::Arc::clone(&stop);
    let ending =
        std::thread::spawn(move || sender.finish(|| hurry.load(std::sync::atomic::Ordering::Relaxed)).unwrap());
    let mut got = Vec::new();
    drain(&mut receiver, &mut got);
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    let summary = ending.join().unwrap();
    assert!(got == sent);
    let statistics = receiver.statistics();
    assert!(receiver.dropped() > 0 && statistics.recovered > 0, "{statistics:?}");
    assert_eq!(statistics.lost, 0);
    assert!(summary.retransmission.unwrap().messages >= statistics.recovered);
}

#[test]
fn an_idle_session_sends_heartbeats_that_reveal_a_lost_tail() {
    let mut endpoint = group(4);
    endpoint.request = Some(SocketAddrV4::new([127, 0, 0, 1].into(), free_port()));
    let mut sender = MoldSender::open(&endpoint, &SenderOptions { heartbeat: Duration::ZERO, ..options() }).unwrap();
    // Sent before anybody listens.
    sender.write(&framed(0..100)).unwrap();
    sender.flush().unwrap();
    let mut receiver = MoldReceiver::open(&endpoint, Settings::default()).unwrap();
    sender.idle().unwrap();
    let (mut got, begun) = (Vec::new(), Instant::now());
    while got.len() < framed(0..100).len() && begun.elapsed() < PATIENCE {
        receiver.receive(&mut got, WAIT).unwrap();
    }
    assert!(got == framed(0..100));
    assert_eq!((receiver.statistics().heartbeats, receiver.statistics().recovered), (1, 100));
}

#[test]
fn a_group_hears_nothing_of_another_group_on_its_port() {
    let (one, mut other) = (group(5), group(6));
    other.address.set_port(one.address.port());
    let settings = Settings { join: Join::Current, ..Settings::default() };
    let mut receiver = MoldReceiver::open(&one, settings).unwrap();
    // Joined by another program on this host, so that the datagrams reach the machine.
    let _neighbour = UdpReceiver::open(&other).unwrap();
    let session = |name| SenderOptions { session: Session::new(name).unwrap(), ..options() };
    let mut wrong = MoldSender::open(&other, &session("WRONG")).unwrap();
    wrong.write(&framed(0..10)).unwrap();
    wrong.finish(|| true).unwrap();
    let mut right = MoldSender::open(&one, &session("RIGHT")).unwrap();
    right.write(&framed(0..10)).unwrap();
    right.finish(|| true).unwrap();
    let mut got = Vec::new();
    drain(&mut receiver, &mut got);
    assert_eq!((receiver.statistics().sessions, receiver.statistics().foreign), (1, 0));
    assert!(got == framed(0..10));
}

#[test]
fn unicast_works_and_a_peer_that_is_not_there_is_counted() {
    let endpoint = Endpoint::parse(&format!("udp://127.0.0.1:{}", free_port())).unwrap();
    let mut nobody = MoldSender::open(&endpoint, &options()).unwrap();
    for numbers in [0..1, 1..2, 2..3, 3..4] {
        nobody.write(&framed(numbers)).unwrap();
        nobody.flush().unwrap();
    }
    assert!(nobody.summary().refused > 0);
    let mut receiver = MoldReceiver::open(&endpoint, Settings::default()).unwrap();
    let mut sender = MoldSender::open(&endpoint, &options()).unwrap();
    sender.write(&framed(0..500)).unwrap();
    sender.finish(|| true).unwrap();
    let mut got = Vec::new();
    drain(&mut receiver, &mut got);
    assert!(got == framed(0..500));
}

#[test]
fn the_buffer_that_was_granted_is_known() {
    let receiver = UdpReceiver::open(&group(7)).unwrap();
    let grant = receiver.buffer();
    assert_eq!(grant.asked, 8 << 20);
    assert!(grant.got > 0 && grant.got <= grant.asked);
}

#[test]
fn a_missing_interface_and_a_taken_port_are_named() {
    let error = UdpSender::open(&Endpoint::parse("udp://239.255.77.8:9999?iface=nosuch0").unwrap()).unwrap_err();
    assert!(error.to_string().contains("\"nosuch0\""), "{error}");
    let taken = UdpReceiver::bind("127.0.0.1:0".parse().unwrap(), 4096).unwrap();
    let endpoint = Endpoint::new(taken.local().unwrap());
    let error = UdpReceiver::open(&endpoint).unwrap_err();
    assert!(error.to_string().contains("127.0.0.1") && error.hint.is_some(), "{error}");
}

#[test]
fn a_message_longer_than_a_packet_is_refused() {
    let mut sender = MoldSender::open(&group(9), &options()).unwrap();
    let record = [&2000_u16.to_be_bytes()[..], &[0; 2000]].concat();
    assert_eq!(sender.write(&record).unwrap_err().kind(), std::io::ErrorKind::InvalidInput);
}
