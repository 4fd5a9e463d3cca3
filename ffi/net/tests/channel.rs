//! A session over a channel that loses, repeats and reorders, on a virtual clock: whatever it does, every message is delivered
//! once and in order, or reported as lost.
#![allow(clippy::unwrap_used)]

use hftz_net::{Join, Reassembly, Settings, Store};
use hftz_wire::mold::{Builder, HEADER_BYTES, Request, Session};
use proptest::prelude::*;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

const SESSION: Session = Session(*b"CHANNEL   ");
const PACKETS_APART_NS: u64 = 100_000;
const END_APART_NS: u64 = 50_000_000;
const PATIENCE_NS: u64 = 3_600_000_000_000;

#[derive(Clone, Copy, Debug)]
struct Channel {
    seed: u64,
    /// Of 100.
    loss: u64,
    repeat: u64,
    jitter_ns: u64,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Arrival {
    AtReceiver(Vec<u8>),
    AtServer(Vec<u8>),
    /// The sender's next packet is due.
    Send,
    Wake,
}

struct World {
    channel: Channel,
    queue: BinaryHeap<Reverse<(u64, u64, Arrival)>>,
    random: u64,
    ties: u64,
}

impl World {
    fn random(&mut self, bound: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random % bound
    }

    fn at(&mut self, time: u64, arrival: Arrival) {
        self.ties += 1;
        self.queue.push(Reverse((time, self.ties, arrival)));
    }

    fn carry(&mut self, now: u64, make: impl Fn() -> Arrival) {
        let copies = 1 + u64::from(self.random(100) < self.channel.repeat);
        for _ in 0..copies {
            if self.random(100) >= self.channel.loss {
                let delay = 50_000 + self.random(self.channel.jitter_ns + 1);
                self.at(now + delay, make());
            }
        }
    }
}

fn packets(world: &mut World, count: usize) -> Vec<Vec<u8>> {
    let mut builder = Builder::new(SESSION, 1, 300);
    let mut number = 0_u32;
    let mut packets = Vec::new();
    for _ in 0..count {
        for _ in 0..=world.random(12) {
            let mut message = number.to_be_bytes().to_vec();
            message.resize(4 + world.random(30) as usize, 7);
            if builder.push(&message).is_err() {
                break;
            }
            number += 1;
        }
        packets.push(builder.packet().to_vec());
        builder.advance();
    }
    packets.push(builder.end_of_session().to_vec());
    packets
}

struct Outcome {
    sent: Vec<u8>,
    delivered: Vec<u8>,
    machine: Reassembly,
}

fn run(channel: Channel, settings: Settings, count: usize, store_bytes: usize) -> Outcome {
    let mut world = World { channel, queue: BinaryHeap::new(), random: channel.seed | 1, ties: 0 };
    let packets = packets(&mut world, count);
    let mut store = Store::new(SESSION, store_bytes, 300);
    let mut machine = Reassembly::new(settings);
    let (mut sent, mut delivered, mut next) = (Vec::new(), Vec::new(), 0);
    world.at(0, Arrival::Send);
    while let Some(Reverse((now, _, arrival))) = world.queue.pop() {
        assert!(now < PATIENCE_NS, "the session never ended: {:?}", machine.statistics());
        match arrival {
            Arrival::Send => {
                let packet = &packets[next.min(packets.len() - 1)];
                let blocks = &packet[HEADER_BYTES..];
                if next + 1 < packets.len() {
                    let sequence = u64::from_be_bytes(packet[10..18].try_into().unwrap());
                    store.push(sequence, u16::from_be_bytes([packet[18], packet[19]]), blocks);
                    sent.extend_from_slice(blocks);
                }
                world.carry(now, || Arrival::AtReceiver(packet.clone()));
                next += 1;
                world.at(now + if next < packets.len() { PACKETS_APART_NS } else { END_APART_NS }, Arrival::Send);
            }
            Arrival::AtServer(request) => {
                store.answer(&Request::decode(&request).unwrap(), |packet| {
                    world.carry(now, || Arrival::AtReceiver(packet.to_vec()));
                });
            }
            Arrival::AtReceiver(datagram) => machine.datagram(&datagram, now, &mut delivered),
            Arrival::Wake => {}
        }
        if let Some(request) = machine.poll(now, &mut delivered) {
            world.carry(now, || Arrival::AtServer(request.encode().to_vec()));
        }
        if let Some(deadline) = machine.deadline_ns() {
            world.at(deadline.max(now + 1), Arrival::Wake);
        }
        if machine.finished() && next >= packets.len() {
            break;
        }
    }
    Outcome { sent, delivered, machine }
}

fn messages(framed: &[u8]) -> Vec<&[u8]> {
    let (mut rest, mut found) = (framed, Vec::new());
    while !rest.is_empty() {
        let (message, after) = rest[2..].split_at(usize::from(u16::from_be_bytes([rest[0], rest[1]])));
        found.push(message);
        rest = after;
    }
    found
}

fn channels() -> impl Strategy<Value = Channel> {
    (any::<u64>(), 0..40_u64, 0..30_u64, prop_oneof![Just(0), 0..400_000_u64, 0..5_000_000_u64])
        .prop_map(|(seed, loss, repeat, jitter_ns)| Channel { seed, loss, repeat, jitter_ns })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_message_is_delivered_once_and_in_order_when_requests_are_answered(
        channel in channels(),
        count in 1..400_usize,
        chunk in 1..2000_u16,
        hold_bytes in prop_oneof![Just(64 << 20), 0..4000_usize],
    ) {
        // Patience without end: a channel this bad swallows many requests in a row.
        let settings = Settings { tries: 10_000, chunk, hold_bytes, ..Settings::default() };
        let Outcome { sent, delivered, machine } = run(channel, settings, count, 1 << 20);
        prop_assert!(delivered == sent);
        let statistics = machine.statistics();
        prop_assert_eq!(statistics.messages, messages(&sent).len() as u64);
        prop_assert_eq!((statistics.lost, statistics.malformed, statistics.foreign), (0, 0, 0));
        if channel.loss == 0 && channel.jitter_ns < PACKETS_APART_NS {
            prop_assert_eq!((statistics.gaps, statistics.requests), (0, 0));
        }
    }

    #[test]
    fn without_a_server_what_is_missing_is_reported_and_the_rest_is_in_order(channel in channels(), count in 1..400_usize) {
        let settings = Settings { requests: false, ..Settings::default() };
        let Outcome { sent, delivered, machine } = run(channel, settings, count, 0);
        let statistics = machine.statistics();
        prop_assert_eq!(statistics.requests, 0);
        let lost = |number: u64| statistics.lost_ranges.iter().any(|(first, last)| (*first..=*last).contains(&number));
        let kept: Vec<&[u8]> =
            messages(&sent).into_iter().zip(1..).filter(|(_, number)| !lost(*number)).map(|(message, _)| message).collect();
        prop_assert_eq!(statistics.lost + statistics.messages, messages(&sent).len() as u64);
        prop_assert!(messages(&delivered) == kept);
    }
}

#[test]
fn what_the_server_no_longer_has_is_reported_with_its_range() {
    // Nothing but the last 128 KiB can be asked for, and the receiver hears only the end of the session.
    let channel = Channel { seed: 5, loss: 0, repeat: 0, jitter_ns: 0 };
    let mut world = World { channel, queue: BinaryHeap::new(), random: 5, ties: 0 };
    let packets = packets(&mut world, 2000);
    let mut store = Store::new(SESSION, 0, 300);
    for packet in &packets[..packets.len() - 1] {
        let header: [u8; 20] = packet[..20].try_into().unwrap();
        let sequence = u64::from_be_bytes(header[10..18].try_into().unwrap());
        store.push(sequence, u16::from_be_bytes([header[18], header[19]]), &packet[20..]);
    }
    let (oldest, next) = store.range();
    assert!(oldest > 1);
    let mut machine = Reassembly::new(Settings::default());
    let (mut out, mut now) = (Vec::new(), 0);
    machine.datagram(packets.last().unwrap(), now, &mut out);
    let mut asked = 0;
    while !machine.finished() {
        now = machine.deadline_ns().unwrap();
        if let Some(request) = machine.poll(now, &mut out) {
            asked += 1;
            assert!(store.answer(&request, |_| {}).unanswered);
        }
    }
    assert_eq!(asked, 5, "five tries, then it is given up");
    assert_eq!(machine.statistics().lost_ranges, [(1, next - 1)]);
    assert!(out.is_empty());
}

#[test]
fn a_late_joiner_may_begin_with_what_it_hears_first() {
    let packet = |sequence: u64| {
        let mut builder = Builder::new(SESSION, sequence, 1472);
        builder.push(b"x").unwrap();
        builder.packet().to_vec()
    };
    let mut machine = Reassembly::new(Settings { join: Join::Current, ..Settings::default() });
    let mut out = Vec::new();
    machine.datagram(&packet(500), 0, &mut out);
    machine.datagram(&packet(501), 0, &mut out);
    assert_eq!(out, b"\0\x01x\0\x01x");
    assert_eq!((machine.deadline_ns(), machine.statistics().messages), (None, 2));
}

#[test]
fn a_new_session_waits_until_the_old_one_is_silent() {
    let packet = |session: &[u8; 10], sequence: u64| {
        let mut builder = Builder::new(Session(*session), sequence, 1472);
        builder.push(&session[..1]).unwrap();
        builder.packet().to_vec()
    };
    let mut machine = Reassembly::new(Settings::default());
    let mut out = Vec::new();
    machine.datagram(&packet(b"A         ", 1), 0, &mut out);
    machine.datagram(&packet(b"B         ", 1), 1_000_000_000, &mut out);
    assert_eq!((machine.statistics().foreign, out.len()), (1, 3));
    machine.datagram(&packet(b"B         ", 1), 4_000_000_000, &mut out);
    assert_eq!(out, b"\0\x01A\0\x01B");
    assert_eq!(machine.statistics().sessions, 2);
}

#[test]
fn a_long_gap_is_asked_for_chunk_by_chunk_without_waiting_between_them() {
    let mut builder = Builder::new(SESSION, 1, 300);
    let mut store = Store::new(SESSION, 1 << 20, 300);
    for _ in 0..1000 {
        (0..10).for_each(|_| builder.push(b"message").unwrap());
        store.push(builder.sequence(), builder.count(), &builder.packet()[HEADER_BYTES..]);
        builder.advance();
    }
    let settings = Settings { chunk: 500, ..Settings::default() };
    let (mut machine, mut out) = (Reassembly::new(settings), Vec::new());
    machine.datagram(&builder.end_of_session(), 0, &mut out);
    let now = settings.reorder_ns;
    while let Some(request) = machine.poll(now, &mut out) {
        store.answer(&request, |packet| machine.datagram(packet, now, &mut out));
    }
    assert!(machine.finished());
    let statistics = machine.statistics();
    assert_eq!((statistics.gaps, statistics.requests, statistics.recovered), (1, 20, 10_000));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn hostile_datagrams_are_counted_and_break_nothing(
        datagrams in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..80), any::<bool>()), 0..60),
    ) {
        let mut machine = Reassembly::new(Settings { hold_bytes: 4096, ..Settings::default() });
        let (mut out, mut now) = (Vec::new(), 0);
        for (mut datagram, ours) in datagrams {
            if ours && datagram.len() >= 20 {
                // Ours in name, with small numbers, so that the paths behind the header are reached.
                datagram[..10].copy_from_slice(&SESSION.0);
                datagram[10..17].fill(0);
                datagram[18] = 0;
                datagram[19] %= 4;
            }
            now += 300_000_000;
            machine.datagram(&datagram, now, &mut out);
            machine.poll(now, &mut out);
        }
        machine.close(now, &mut out);
        prop_assert_eq!(messages(&out).len() as u64, machine.statistics().messages);
    }
}
