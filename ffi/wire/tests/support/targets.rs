//! One function per decoder that takes any bytes and panics when the decoder breaks a promise.
//!
//! Returning an error is keeping the promise. Shared by the seeded-mutation test and by the `cargo fuzz` targets.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use hftz_model::{Command, CommandKind, Delta};
use hftz_wire::capture::{Packet, Reader, Step};
use hftz_wire::itch::view::View;
use hftz_wire::itch::{self, Decoder, Handler, Records, Stop, TypeCounts, count_batch, dispatch, view};
use hftz_wire::ouch::{Appendage, v42, v50};
use hftz_wire::soup::{self, LoginAccepted, LoginRequest, Sender};
use hftz_wire::{detect, link, lobster, mold, native, text};

/// Takes any bytes.
pub type Target = fn(&[u8]);

/// Name and function of every target.
pub const TARGETS: [(&str, Target); 10] = [
    ("itch", itch_framed),
    ("message", itch_message),
    ("mold", mold_datagram),
    ("capture", capture_file),
    ("link", link_layers),
    ("lobster", lobster_rows),
    ("native", native_messages),
    ("soup", soup_stream),
    ("ouch", ouch_message),
    ("detect", detect_head),
];

/// Counts what it is called for.
#[derive(Default)]
struct Adds(u64);

impl Handler for Adds {
    fn add_order(&mut self, _: u64, _: view::AddOrder<'_>) {
        self.0 += 1;
    }
}

/// Framed ITCH: every way to walk agrees on messages, counts, trailing bytes and the error.
pub fn itch_framed(input: &[u8]) {
    // The first byte chooses the size of a batch; the rest is the input.
    let Some((&size, input)) = input.split_first() else { return };
    let mut batches = [Delta::default(); 256];
    let batch = 1 + usize::from(size);
    let walk = |decoder: Decoder, out: &mut [Delta]| {
        let (mut at, mut deltas, mut trailing) = (0, Vec::new(), 0);
        loop {
            let done = decoder.decode_batch(&input[at..], at as u64, out);
            deltas.extend_from_slice(&out[..done.filled]);
            at += done.consumed;
            trailing += done.trailing;
            if done.stop != Stop::OutFull {
                return (at, deltas, trailing, done.stop);
            }
        }
    };
    let fast = walk(Decoder::new(), &mut batches[..batch]);
    assert_eq!(fast, walk(Decoder::portable(), &mut batches));
    let (consumed, deltas, trailing, stop) = fast;
    let mut counts = TypeCounts::new();
    let counted = count_batch(input, 0, &mut counts);
    assert_eq!((counted.consumed, counted.trailing, counted.stop), (consumed, trailing, stop));
    assert_eq!((counted.messages, counts.total()), (deltas.len() as u64, deltas.len() as u64));
    let mut adds = Adds::default();
    assert_eq!(dispatch(input, 0, &mut adds), counted);
    assert_eq!(adds.0, counts.of(b'A'));
    let mut records = Records::new(input, 0);
    for delta in &deltas {
        let (offset, message) = records.next().unwrap().unwrap();
        assert_eq!((offset, message[0]), (delta.offset, delta.kind));
        assert_eq!(naive_fields(message), (delta.locate, delta.time_ns));
    }
    match stop {
        Stop::Error(error) => {
            assert_eq!(records.next(), Some(Err(error)));
            assert_eq!(error.offset, consumed as u64);
            assert!(error.record_bytes().unwrap() <= input.len() - consumed);
        }
        Stop::MoreInput | Stop::OutFull => {
            assert_eq!(records.next(), None);
            assert_eq!(itch::finish(&input[consumed..], 0).is_ok(), consumed == input.len());
        }
    }
}

fn naive_fields(message: &[u8]) -> (u16, u64) {
    let number = |from: usize, to: usize| message[from..to].iter().fold(0u64, |n, &byte| n << 8 | u64::from(byte));
    (number(1, 3) as u16, number(5, 11))
}

/// One message: a view or a refusal, and one line of valid text.
pub fn itch_message(message: &[u8]) {
    let Ok(view) = View::of(message) else { return };
    assert_eq!(view.bytes()[..], message[..usize::from(itch::length_of(message[0]).unwrap())]);
    let (mut json, mut csv) = (Vec::new(), Vec::new());
    text::push_ndjson(&mut json, &view);
    text::push_csv(&mut csv, &view);
    for line in [json, csv] {
        assert!(line.len() <= text::MAX_LINE_BYTES);
        let (end, line) = line.split_last().unwrap();
        assert_eq!(*end, b'\n');
        assert!(line.iter().all(|byte| (b' '..=b'~').contains(byte)));
    }
}

/// A datagram: as a packet it gives exactly the blocks it promises; as a request it survives writing.
pub fn mold_datagram(datagram: &[u8]) {
    match mold::Packet::decode(datagram) {
        Ok(packet) => {
            assert_eq!(packet.messages().count(), usize::from(packet.header.messages()));
            assert_eq!(mold::HEADER_BYTES + packet.blocks.len() + packet.trailing, datagram.len());
            let blocks: Vec<u8> =
                packet.messages().flat_map(|m| [&(m.len() as u16).to_be_bytes(), m].concat()).collect();
            assert_eq!(blocks, packet.blocks);
            let header = packet.header;
            let mut builder = mold::Builder::new(header.session, header.sequence, datagram.len());
            if datagram.len() <= mold::MAX_PAYLOAD_BYTES && header.count != mold::END_OF_SESSION {
                assert_eq!(builder.push_framed(packet.blocks), packet.blocks.len());
                assert_eq!(*builder.packet(), datagram[..datagram.len() - packet.trailing]);
            }
        }
        Err(error) => assert!(error.offset <= datagram.len() as u64),
    }
    if let Ok(request) = mold::Request::decode(datagram) {
        assert_eq!(request.encode(), datagram);
    }
}

/// A capture file through a window that grows in odd steps: always onward, packets inside the file, the same end.
pub fn capture_file(file: &[u8]) {
    // The first byte is the step.
    let Some((&step, file)) = file.split_first() else { return };
    let (mut reader, mut at, mut end) = (Reader::new(), 0, 0);
    loop {
        match reader.next(&file[at..end], at as u64) {
            Ok(Step::Packet { packet, bytes }) => {
                assert_eq!(packet.data, &file[packet.offset as usize..][..packet.data.len()]);
                let _ = link::datagram(&packet).map(|datagram| mold_datagram(datagram.payload));
                at += bytes;
            }
            Ok(Step::Pass { bytes }) => {
                assert!(bytes > 0);
                at += bytes;
            }
            Ok(Step::More { need }) => {
                assert!(need > end - at);
                if end == file.len() {
                    let _ = reader.finish(&file[at..], at as u64);
                    return;
                }
                end = (end + 1 + usize::from(step)).min(file.len());
            }
            Err(error) => {
                assert!(error.offset >= at as u64);
                let Some(bytes) = error.record_bytes() else { return };
                at += bytes;
            }
        }
        assert!(at <= end);
    }
}

/// A packet of every link type: a payload inside it or a refusal.
pub fn link_layers(data: &[u8]) {
    for link in [0, 1, 12, 14, 101, 108, 113, 147, 228, 276] {
        let packet = Packet { time_ns: None, link, original: 0, offset: 0, data };
        match link::datagram(&packet) {
            Ok(datagram) => {
                let range = data.as_ptr_range();
                let payload = datagram.payload.as_ptr_range();
                assert!(range.start <= payload.start && payload.end <= range.end);
            }
            Err(refusal) => assert!(!refusal.to_string().is_empty()),
        }
    }
}

/// LOBSTER lines as messages and as books.
pub fn lobster_rows(mut input: &[u8]) {
    while let Some((line, bytes)) = lobster::split_line(input) {
        assert!(bytes > line.len());
        if let Err(error) = lobster::parse_message(line) {
            assert!(error.at as usize <= line.len() && error.column > 0);
        }
        if let Ok(levels) = lobster::levels(line) {
            let (mut asks, mut bids) = (vec![None; levels], vec![None; levels]);
            if let Err(error) = lobster::parse_book(line, &mut asks, &mut bids) {
                assert!(error.at as usize <= line.len() && error.column > 0);
            }
        }
        input = &input[bytes..];
    }
    let _ = lobster::parse_message(input);
}

/// Native order entry: decoded, written and decoded again.
pub fn native_messages(input: &[u8]) {
    let mut commands = vec![Command::empty(CommandKind::Clock); 16];
    let done = native::decode_batch(input, 0, &mut commands);
    let mut written = [0; native::MAX_MESSAGE_BYTES];
    for command in &commands[..done.filled] {
        let bytes = native::write(command, &mut written).unwrap();
        assert_eq!(native::read(&written[..bytes]).as_ref(), Some(command));
    }
    if let Some(Ok(event)) = input.first_chunk().map(|report| native::read_report(report, 0)) {
        assert!(native::read_report(&native::write_report(&event), 0).is_ok());
    }
}

/// A SoupBinTCP stream of either side: whole packets write back as they were, and nothing is taken beyond the limit.
pub fn soup_stream(input: &[u8]) {
    // The first byte chooses the side.
    let Some((&side, input)) = input.split_first() else { return };
    let sender = if side % 2 == 0 { Sender::Client } else { Sender::Server };
    let (mut at, mut written) = (0, Vec::new());
    loop {
        match soup::Packet::next(&input[at..], at as u64, sender, 1000) {
            Ok(Some((packet, used))) => {
                assert!(packet.payload.len() <= 1000);
                assert!(packet.write(&mut written));
                at += used;
                assert_eq!(written, input[..at]);
                if let Ok(login) = LoginRequest::decode(packet.payload, 0) {
                    let mut again = Vec::new();
                    login.encode(&mut again);
                    assert_eq!(LoginRequest::decode(&again, 0), Ok(login));
                }
                if let Ok(accepted) = LoginAccepted::decode(packet.payload, 0) {
                    assert_eq!(LoginAccepted::decode(&accepted.encode(), 0), Ok(accepted));
                }
            }
            Ok(None) => return,
            Err(error) => {
                assert!(error.offset >= at as u64 && error.offset < input.len() as u64);
                return;
            }
        }
    }
}

/// An OUCH message of either version and direction: what is taken writes back as it was.
pub fn ouch_message(message: &[u8]) {
    macro_rules! both_ways {
        ($($Direction:ty)*) => {
            $(match <$Direction>::of(message) {
                Ok((view, rest)) => {
                    let mut again = Vec::new();
                    view.encode_again(&mut again);
                    again.extend_from_slice(rest);
                    assert_eq!(again, message);
                    let options: usize = Appendage::of(rest).options().map(|option| 2 + option.value.len()).sum();
                    assert_eq!(options, rest.len().saturating_sub(2));
                }
                Err(error) => {
                    assert!(usize::from(error.offset) <= message.len());
                    assert!(!error.to_string().is_empty());
                }
            })*
        };
    }
    both_ways!(v42::Inbound<'_> v42::Outbound<'_> v50::Inbound<'_> v50::Outbound<'_>);
}

/// The head of any file.
pub fn detect_head(head: &[u8]) {
    let format = detect(head);
    if head.starts_with(b"\xd4\xc3\xb2\xa1") {
        assert_eq!(format, Some(hftz_wire::Format::Pcap));
    }
}
