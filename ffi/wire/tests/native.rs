//! The native order-entry protocol: bytes by hand, round trips, and input that somebody spoiled.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use hftz_isa::V3;
use hftz_model::{
    AuctionKind, Command, CommandKind, Event, MassAction, Reason, ReportKind, Side, TimeInForce, TradingState,
};
use hftz_wire::native::{self, Error, ErrorKind, Stop};
use proptest::prelude::*;
use proptest::strategy::ValueTree;

fn bytes(command: &Command) -> Vec<u8> {
    let mut out = vec![0xAA; native::MAX_MESSAGE_BYTES];
    let length = native::write(command, &mut out).unwrap();
    assert!(out[length..].iter().all(|&byte| byte == 0xAA), "written beyond its length");
    out.truncate(length);
    out
}

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<_> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(core::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

#[test]
fn each_message_lies_as_in_the_table() {
    let new = Command::limit(0x0102, Side::Buy, 7, 10_050, 100)
        .with_account(5)
        .with_display(9)
        .with_time_in_force(TimeInForce::Ioc);
    assert_eq!(bytes(&new), hex("4e 42 0201 00 01 0500 0700000000000000 4227000000000000 64000000 09000000"));

    let stop = Command::stop_limit(3, Side::Sell, 8, 90, 80, 10).good_till(77).with_minimum(4);
    let stop = Command { self_trade: 2, ..stop };
    let head = "4c 53 0300 03 06 0000 0800000000000000 5000000000000000 0a000000 00000000";
    let tail = "5a00000000000000 4d00000000000000 04000000 02 00 0000 0000000000000000";
    assert_eq!(bytes(&stop), hex(&format!("{head}{tail}")));

    assert_eq!(bytes(&Command::cancel(1, 7, 40)), hex("43 00 0100 28000000 0700000000000000"));
    let replace = Command::replace(1, 7, -1, 40).with_display(3).with_flags(Command::TOTAL);
    assert_eq!(bytes(&replace), hex("55 01 0100 03000000 0700000000000000 ffffffffffffffff 28000000 00000000"));
    let mass = Command { scope: 7, symbol: 2, account: 3, session: 4, ..Command::mass_cancel(MassAction::Block) };
    assert_eq!(bytes(&mass), hex("4b 07 0200 0300 01 00 0400 000000000000"));
    let state = Command::state(9, TradingState::Auction, AuctionKind::Opening, 500);
    assert_eq!(bytes(&state), hex("54 51 0900 4f 000000 f401000000000000"));
    assert_eq!(bytes(&Command::clock(1)), hex("5a 00000000000000 0100000000000000"));
}

#[test]
fn a_report_lies_as_in_the_table() {
    let event = Event {
        tag: Event::TYPE,
        kind: ReportKind::Fill,
        symbol: 1,
        side: b'S',
        reason: Reason::None,
        account: 2,
        sequence: 12,
        order_id: 7,
        price: 10_050,
        quantity: 40,
        open: 60,
        match_number: 3,
    };
    let expected = hex(
        "45 46 0100 53 00 0200 0c00000000000000 0700000000000000 4227000000000000 28000000 3c000000 0300000000000000",
    );
    assert_eq!(native::write_report(&event).to_vec(), expected);
    assert_eq!(event.words().map(u64::to_le_bytes).concat(), expected);
    assert_eq!(native::read_report(expected[..].try_into().unwrap(), 0), Ok(event));
}

#[test]
fn a_byte_that_is_no_type_names_its_offset() {
    let mut input = bytes(&Command::clock(1));
    input.push(b'?');
    let mut out = [Command::empty(CommandKind::Clock); 4];
    let progress = decode(&input, 1000, &mut out);
    let error = Error { offset: 1016, kind: ErrorKind::UnknownType(b'?') };
    assert_eq!((progress.consumed, progress.filled, progress.stop), (16, 1, Stop::Error(error)));
    assert_eq!(error.to_string(), "offset 1016: unknown message type '?' (0x3f)");
    assert_eq!(native::finish(&input[16..], 1016), Some(error));
}

#[test]
fn a_message_cut_off_at_the_end_of_the_input_says_how_much_is_missing() {
    let input = bytes(&Command::cancel(1, 2, 3));
    let mut out = [Command::empty(CommandKind::Clock); 4];
    for length in 1..input.len() {
        let progress = decode(&input[..length], 0, &mut out);
        assert_eq!((progress.consumed, progress.filled, progress.stop), (0, 0, Stop::MoreInput));
        let error = native::finish(&input[..length], 0).unwrap();
        assert_eq!(error.kind, ErrorKind::Truncated { have: length as u32, need: 16 });
    }
    assert_eq!(native::finish(&[], 0), None);
}

#[test]
fn a_value_outside_its_table_is_carried_as_sent() {
    let mut input = bytes(&Command::limit(1, Side::Buy, 7, 100, 5));
    (input[1], input[4], input[5]) = (b'X', 99, 77);
    let command = native::read(&input).unwrap();
    assert_eq!((command.side, command.order_kind, command.time_in_force), (b'X', 99, 77));
}

#[test]
fn a_report_outside_its_table_is_an_error_with_its_offset() {
    let mut report = [0; native::REPORT_BYTES];
    assert_eq!(native::read_report(&report, 5).unwrap_err().kind, ErrorKind::UnknownType(0));
    (report[0], report[1]) = (b'E', b'?');
    assert_eq!(native::read_report(&report, 5).unwrap_err().kind, ErrorKind::UnknownReport(b'?'));
    (report[1], report[5]) = (b'A', 21);
    assert_eq!(native::read_report(&report, 48).unwrap_err().to_string(), "offset 48: unknown reason 21");
}

#[test]
fn a_message_that_does_not_fit_is_not_written() {
    let mut out = [0xAA; 15];
    assert_eq!(native::write(&Command::clock(1), &mut out), None);
    assert_eq!(out, [0xAA; 15]);
}

/// A command with only the fields its message carries.
fn carried(kind: CommandKind, raw: Command) -> Command {
    let none = Command::empty(kind);
    let Command { symbol, order_id, price, quantity, display, .. } = raw;
    match kind {
        CommandKind::New => Command { kind, trigger: 0, time_ns: 0, minimum: 0, self_trade: 0, ..long(raw) },
        CommandKind::NewLong => long(raw),
        CommandKind::Cancel => Command { symbol, order_id, quantity, ..none },
        CommandKind::Replace => Command { symbol, order_id, price, quantity, display, flags: raw.flags, ..none },
        CommandKind::MassCancel => {
            Command { scope: raw.scope, then: raw.then, symbol, account: raw.account, session: raw.session, ..none }
        }
        CommandKind::State => Command { symbol, price, state: raw.state, auction: raw.auction, ..none },
        CommandKind::Clock => Command { time_ns: raw.time_ns, ..none },
    }
}

fn long(raw: Command) -> Command {
    Command { kind: CommandKind::NewLong, flags: 0, scope: 0, then: 0, session: 0, state: 0, auction: 0, ..raw }
}

/// By both builds, which say the same.
fn decode(input: &[u8], base: u64, out: &mut [Command]) -> native::Progress {
    let mut wide = out.to_vec();
    let progress = native::decode_batch(input, base, out);
    assert_eq!(native::decode_batch_on(V3::find(), input, base, &mut wide), progress);
    assert_eq!(wide[..progress.filled], out[..progress.filled]);
    progress
}

prop_compose! {
    fn any_command()(
        kind in proptest::sample::select(CommandKind::ALL),
        bytes in any::<[u8; 9]>(),
        (symbol, account, session) in any::<(u16, u16, u16)>(),
        (order_id, price, quantity, display) in any::<(u64, i64, u32, u32)>(),
        (trigger, time_ns, minimum) in any::<(i64, u64, u32)>(),
    ) -> Command {
        let [side, order_kind, time_in_force, self_trade, flags, scope, then, state, auction] = bytes;
        carried(kind, Command {
            kind, side, symbol, order_kind, time_in_force, account, order_id, price, quantity, display, trigger, time_ns,
            minimum, self_trade, flags, scope, then, session, state, auction, reserved: 0,
        })
    }
}

proptest! {
    #[test]
    fn every_command_comes_back_from_its_bytes(commands in proptest::collection::vec(any_command(), 0..20), size in 1usize..8) {
        let input: Vec<u8> = commands.iter().flat_map(bytes).collect();
        let (mut at, mut read) = (0, Vec::new());
        let mut out = vec![Command::empty(CommandKind::Clock); size];
        loop {
            let progress = decode(&input[at..], at as u64, &mut out);
            read.extend_from_slice(&out[..progress.filled]);
            at += progress.consumed;
            if progress.stop != Stop::OutFull {
                prop_assert_eq!(progress.stop, Stop::MoreInput);
                break;
            }
        }
        prop_assert_eq!(at, input.len());
        prop_assert_eq!(read, commands);
    }

    #[test]
    fn any_bytes_are_read_or_named_and_what_is_read_writes_back(input in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut out = [Command::empty(CommandKind::Clock); 16];
        let progress = decode(&input, 0, &mut out);
        // 200 bytes hold at most 12 messages.
        prop_assert_eq!(native::whole(&input), progress.consumed);
        let mut at = 0;
        for command in &out[..progress.filled] {
            let again = bytes(command);
            prop_assert_eq!(native::read(&again), Some(*command));
            at += again.len();
        }
        prop_assert_eq!(at, progress.consumed);
        if let Stop::Error(error) = progress.stop {
            prop_assert_eq!(error.offset, progress.consumed as u64);
        }
    }
}

/// Real messages with bytes changed, cut out and put in: what a broken client sends.
#[test]
fn spoiled_streams_never_panic_and_never_lose_their_place() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let streams = proptest::collection::vec(any_command(), 1..30);
    let spoils = proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0u8..3), 0..12);
    for _ in 0..2000 {
        let (commands, spoils) = (&streams, &spoils).new_tree(&mut runner).unwrap().current();
        let mut input: Vec<u8> = commands.iter().flat_map(bytes).collect();
        for (index, byte, how) in spoils {
            let at = index.index(input.len());
            match how {
                0 => input[at] = byte,
                1 => drop(input.remove(at)),
                _ => input.insert(at, byte),
            }
            if input.is_empty() {
                break;
            }
        }
        let mut out = [Command::empty(CommandKind::Clock); 64];
        let progress = decode(&input, 0, &mut out);
        let mut at = 0;
        for command in &out[..progress.filled] {
            assert_eq!(native::read(&input[at..]), Some(*command), "a batch reads what one message alone says");
            at += native::bytes_of(command.kind);
        }
        assert_eq!(at, progress.consumed);
        let rest = native::finish(&input[progress.consumed..], progress.consumed as u64);
        match progress.stop {
            Stop::Error(error) => assert_eq!(rest, Some(error)),
            Stop::MoreInput => assert!(rest.is_none_or(|error| matches!(error.kind, ErrorKind::Truncated { .. }))),
            Stop::OutFull => assert_eq!(progress.filled, out.len()),
        }
    }
}
