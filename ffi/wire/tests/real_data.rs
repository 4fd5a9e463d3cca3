//! Real captures and files: Nasdaq packets of 2023-08-22, LOBSTER samples, a day file with zero lengths.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::fs;
use std::path::Path;

use hftz_model::{Delta, Side};
use hftz_wire::capture::{Reader, Step};
use hftz_wire::itch::view::View;
use hftz_wire::itch::{Decoder, ErrorKind, Records, Stop, TypeCounts, count_batch};
use hftz_wire::mold::{Kind, Packet};
use hftz_wire::{link, lobster, text};
use support::data::data;
use support::naive_decode;

/// Block areas of all MoldUDP64 packets in a capture; panics on anything that is not one.
fn blocks_of(path: &Path) -> Vec<Vec<u8>> {
    let file = fs::read(path).unwrap();
    let (mut reader, mut at, mut blocks) = (Reader::new(), 0, Vec::new());
    loop {
        match reader.next(&file[at..], at as u64).unwrap() {
            Step::Packet { packet, bytes } => {
                let datagram = link::datagram(&packet).unwrap();
                assert_eq!(datagram.payload.len() + 42, packet.data.len() - vlan_bytes(packet.data));
                let mold = Packet::decode(datagram.payload).unwrap();
                assert_eq!((mold.header.kind(), mold.trailing), (Kind::Data, 0));
                assert_eq!(mold.messages().count(), usize::from(mold.header.count));
                blocks.push(mold.blocks.to_vec());
                at += bytes;
            }
            Step::Pass { bytes } => at += bytes,
            Step::More { .. } => {
                reader.finish(&file[at..], at as u64).unwrap();
                return blocks;
            }
        }
    }
}

fn vlan_bytes(frame: &[u8]) -> usize {
    if frame[12..14] == [0x81, 0] { 4 } else { 0 }
}

#[test]
fn every_real_nasdaq_message_decodes() {
    let Some(data) = data() else { return };
    let folder = data.join("itch50/nasdaq-2023-08-22");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.push(data.join("itch50/multiple-packets.pcap"));
    let mut counts = TypeCounts::new();
    let decoder = Decoder::new();
    let mut out = vec![Delta::default(); 64];
    let mut lines = Vec::new();
    for blocks in paths.iter().flat_map(|path| blocks_of(path)) {
        let done = decoder.decode_batch(&blocks, 0, &mut out);
        assert_eq!((done.consumed, done.stop, done.trailing), (blocks.len(), Stop::MoreInput, 0));
        assert_eq!(out[..done.filled], naive_decode(&blocks).deltas);
        counts.add_batch(&out[..done.filled]);
        for record in Records::new(&blocks, 0) {
            text::push_ndjson(&mut lines, &View::of(record.unwrap().1).unwrap());
        }
    }
    let types = (0..=255).filter(|&kind| counts.of(kind) > 0).count();
    // 110 messages of 15 types in the captures kept beside the repository; a fuller set has more.
    assert!(counts.total() >= 110 && types >= 15, "{} messages of {types} types", counts.total());
    assert_eq!(lines.iter().filter(|&&byte| byte == b'\n').count() as u64, counts.total());
    assert!(!lines.windows(2).any(|pair| pair == b"\\u"), "real fields are printable");
}

#[test]
fn a_file_of_zero_lengths_is_an_error_at_offset_0() {
    let Some(data) = data() else { return };
    let file = fs::read(data.join("negative/zero-length-prefixes.itch")).unwrap();
    let done = Decoder::new().decode_batch(&file, 0, &mut [Delta::default(); 8]);
    let Stop::Error(error) = done.stop else { panic!("no error") };
    assert_eq!((done.consumed, done.filled, error.offset, error.kind), (0, 0, 0, ErrorKind::ZeroLength));
    assert_eq!(count_batch(&file, 0, &mut TypeCounts::new()).stop, done.stop);
}

#[test]
fn every_lobster_row_reads_and_writes_back_as_it_was() {
    let Some(data) = data() else { return };
    let mut rows = 0;
    for entry in fs::read_dir(data.join("lobster")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let file = fs::read(&path).unwrap();
        let mut rest = &file[..];
        while let Some((line, bytes)) = lobster::split_line(rest) {
            rest = &rest[bytes..];
            rows += 1;
            let text = std::str::from_utf8(line).unwrap();
            if name.contains("message") {
                let row = lobster::parse_message(line).unwrap();
                let side = if row.side == Side::Buy { 1 } else { -1 };
                let tail = format!(",{},{},{},{},{side}", row.kind as u8, row.order, row.size, row.price);
                assert_eq!(text.split_once(',').unwrap().1, &tail[1..]);
                let time = format!("{}.{:09}", row.time_ns / 1_000_000_000, row.time_ns % 1_000_000_000);
                // One row of the samples has twelve decimals, the last three left behind by a float.
                let decimals = text.find(',').unwrap().min(text.find('.').map_or(usize::MAX, |point| point + 10));
                assert_eq!(time.trim_end_matches('0').trim_end_matches('.'), &text[..decimals]);
            } else if name.contains("orderbook") {
                let depth = lobster::levels(line).unwrap();
                let (mut asks, mut bids) = (vec![None; depth], vec![None; depth]);
                lobster::parse_book(line, &mut asks, &mut bids).unwrap();
                let written: Vec<_> =
                    asks.iter().zip(&bids).flat_map(|(ask, bid)| [ask.unwrap(), bid.unwrap()]).collect();
                let written: Vec<_> = written.iter().map(|level| format!("{},{}", level.price, level.size)).collect();
                assert_eq!(written.join(","), text);
            }
        }
    }
    assert!(rows > 100_000, "{rows} rows");
}
