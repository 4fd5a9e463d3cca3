//! Writes UDP payloads as a pcap file that any tool reads: nanoseconds, Ethernet, correct checksums.

use alloc::vec::Vec;
use core::net::{Ipv4Addr, SocketAddrV4};

const ETHERNET_BYTES: usize = 14;
const IPV4_BYTES: usize = 20;
const UDP_BYTES: usize = 8;
/// The largest UDP payload over IPv4, bytes.
const MAX_PAYLOAD_BYTES: usize = 65_535 - IPV4_BYTES - UDP_BYTES;

/// The file header: little-endian, nanoseconds, Ethernet.
#[must_use]
pub fn file_header() -> [u8; 24] {
    let mut header = [0; 24];
    header[..4].copy_from_slice(&0xa1b2_3c4d_u32.to_le_bytes());
    header[4..6].copy_from_slice(&2u16.to_le_bytes());
    header[6..8].copy_from_slice(&4u16.to_le_bytes());
    header[16..20].copy_from_slice(&262_144u32.to_le_bytes());
    header[20..].copy_from_slice(&1u32.to_le_bytes());
    header
}

/// Wraps payloads of one flow into packet records.
#[derive(Clone, Debug)]
pub struct UdpWriter {
    /// Everything in front of the payload, with the fields that do not change filled in.
    frame: [u8; ETHERNET_BYTES + IPV4_BYTES + UDP_BYTES],
    source: SocketAddrV4,
    destination: SocketAddrV4,
    identification: u16,
}

impl UdpWriter {
    /// A flow from `source` to `destination`; a multicast group gets its own Ethernet address (RFC 1112).
    #[must_use]
    pub fn new(source: SocketAddrV4, destination: SocketAddrV4) -> Self {
        let mut frame = [0; ETHERNET_BYTES + IPV4_BYTES + UDP_BYTES];
        frame[..6].copy_from_slice(&ethernet_address(*destination.ip()));
        frame[6..12].copy_from_slice(&ethernet_address(*source.ip()));
        frame[12..14].copy_from_slice(&0x0800u16.to_be_bytes());
        // Version and header length; do not fragment; time to live; UDP.
        frame[14] = 0x45;
        frame[20] = 0x40;
        frame[22] = 16;
        frame[23] = 17;
        frame[26..30].copy_from_slice(&source.ip().octets());
        frame[30..34].copy_from_slice(&destination.ip().octets());
        frame[34..36].copy_from_slice(&source.port().to_be_bytes());
        frame[36..38].copy_from_slice(&destination.port().to_be_bytes());
        Self { frame, source, destination, identification: 0 }
    }

    /// Appends one packet record; false, with nothing appended, when the payload is longer than UDP carries.
    /// `time_ns` counts from 1970; seconds beyond 32 bits are cut off, as the format has no more.
    pub fn packet(&mut self, time_ns: u64, payload: &[u8], to: &mut Vec<u8>) -> bool {
        if payload.len() > MAX_PAYLOAD_BYTES {
            return false;
        }
        let udp_bytes = (UDP_BYTES + payload.len()) as u16;
        let frame = &mut self.frame;
        frame[16..18].copy_from_slice(&(IPV4_BYTES as u16 + udp_bytes).to_be_bytes());
        frame[18..20].copy_from_slice(&self.identification.to_be_bytes());
        self.identification = self.identification.wrapping_add(1);
        frame[24..26].fill(0);
        let header_checksum = !fold(sum(&frame[14..34]));
        frame[24..26].copy_from_slice(&header_checksum.to_be_bytes());
        frame[38..40].copy_from_slice(&udp_bytes.to_be_bytes());
        frame[40..42].fill(0);
        let pseudo = sum(&self.source.ip().octets()) + sum(&self.destination.ip().octets()) + 17 + u64::from(udp_bytes);
        // A sum of 0 is sent as all ones: 0 would say that there is no checksum (RFC 768).
        let checksum = match !fold(pseudo + sum(&frame[34..]) + sum(payload)) {
            0 => u16::MAX,
            checksum => checksum,
        };
        frame[40..42].copy_from_slice(&checksum.to_be_bytes());

        let length = (frame.len() + payload.len()) as u32;
        for word in [(time_ns / 1_000_000_000) as u32, (time_ns % 1_000_000_000) as u32, length, length] {
            to.extend_from_slice(&word.to_le_bytes());
        }
        to.extend_from_slice(frame);
        to.extend_from_slice(payload);
        true
    }
}

/// The group's address for multicast, else a locally administered one made of the IP address.
fn ethernet_address(ip: Ipv4Addr) -> [u8; 6] {
    let [a, b, c, d] = ip.octets();
    if ip.is_multicast() { [0x01, 0x00, 0x5e, b & 0x7f, c, d] } else { [0x02, 0x00, a, b, c, d] }
}

/// Sum of big-endian 16-bit words, an odd last byte padded with 0. A carry never leaves the 64 bits: folding comes after.
fn sum(bytes: &[u8]) -> u64 {
    let mut words = bytes.chunks_exact(2);
    let whole: u64 = words.by_ref().map(|word| u64::from(u16::from_be_bytes([word[0], word[1]]))).sum();
    whole + words.remainder().first().map_or(0, |&last| u64::from(last) << 8)
}

/// One's complement sum in 16 bits.
fn fold(mut sum: u64) -> u16 {
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum as u16
}
