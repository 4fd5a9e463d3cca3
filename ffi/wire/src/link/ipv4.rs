//! IPv4 (RFC 791).

use core::net::Ipv4Addr;

use super::Refusal;
use crate::bytes::{array, be16};

/// A whole, unfragmented IPv4 packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ipv4<'a> {
    pub source: Ipv4Addr,
    pub destination: Ipv4Addr,
    /// 17 UDP, 6 TCP.
    pub protocol: u8,
    /// What the total length bounds, without options and padding.
    pub payload: &'a [u8],
}

impl<'a> Ipv4<'a> {
    pub fn of(data: &'a [u8]) -> Result<Self, Refusal> {
        let have = data.len() as u32;
        let Some(header) = data.first_chunk::<20>() else { return Err(Refusal::CutShort { have, need: 20 }) };
        let header_bytes = usize::from(header[0] & 15) * 4;
        let total = usize::from(be16(header, 2));
        if header[0] >> 4 != 4 || header_bytes < 20 || total < header_bytes {
            return Err(Refusal::BadIpv4);
        }
        // "More fragments", or an offset other than 0.
        if be16(header, 6) & 0x3fff != 0 {
            return Err(Refusal::Fragment);
        }
        let Some(whole) = data.get(..total) else { return Err(Refusal::CutShort { have, need: total as u32 }) };
        Ok(Self {
            source: Ipv4Addr::from(array::<20, 4>(header, 12)),
            destination: Ipv4Addr::from(array::<20, 4>(header, 16)),
            protocol: header[9],
            payload: &whole[header_bytes..],
        })
    }
}
