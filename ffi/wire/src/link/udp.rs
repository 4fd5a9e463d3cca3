//! UDP (RFC 768). Checksums are not verified: network cards that fill them in late leave wrong ones in honest captures.

use core::net::SocketAddrV4;

use super::{Ipv4, Refusal};
use crate::bytes::be16;

const PROTOCOL: u8 = 17;

/// A UDP datagram.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Datagram<'a> {
    pub source: SocketAddrV4,
    pub destination: SocketAddrV4,
    pub payload: &'a [u8],
}

impl<'a> Datagram<'a> {
    pub fn of(packet: &Ipv4<'a>) -> Result<Self, Refusal> {
        if packet.protocol != PROTOCOL {
            return Err(Refusal::NotUdp { protocol: packet.protocol });
        }
        let have = packet.payload.len() as u32;
        let Some(header) = packet.payload.first_chunk::<8>() else { return Err(Refusal::CutShort { have, need: 8 }) };
        let length = be16(header, 4);
        let Some(payload) = packet.payload.get(8..usize::from(length)) else { return Err(Refusal::BadUdp { length }) };
        Ok(Self {
            source: SocketAddrV4::new(packet.source, be16(header, 0)),
            destination: SocketAddrV4::new(packet.destination, be16(header, 2)),
            payload,
        })
    }
}
