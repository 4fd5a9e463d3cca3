//! Layers around a datagram: link, VLAN tags, IPv4, UDP.
//!
//! Each step cuts its header off and bounds the rest by the length that the header states, so padding behind a short
//! Ethernet frame never reaches a payload. What is not for us (ARP, IPv6, TCP, fragments) and what is broken come back
//! as a [`Refusal`] that says which; exchange feeds set "do not fragment", so fragments are named, not reassembled.

mod ipv4;
mod refusal;
mod udp;

pub use ipv4::Ipv4;
pub use refusal::Refusal;
pub use udp::Datagram;

use crate::capture::Packet;

/// Link types of capture files (<https://www.tcpdump.org/linktypes.html>).
pub mod link_type {
    pub const BSD_LOOPBACK: u32 = 0;
    pub const ETHERNET: u32 = 1;
    /// Raw IP as some systems number it.
    pub const RAW_BSD: u32 = 12;
    pub const RAW_OPENBSD: u32 = 14;
    pub const RAW: u32 = 101;
    /// OpenBSD loopback: the family in network byte order.
    pub const LOOP: u32 = 108;
    pub const LINUX_SLL: u32 = 113;
    pub const RAW_IPV4: u32 = 228;
    pub const LINUX_SLL2: u32 = 276;
}

const ETHERTYPE_IPV4: u16 = 0x0800;
/// VLAN tags: 802.1Q, 802.1ad and the older number for stacked tags.
const ETHERTYPES_VLAN: [u16; 3] = [0x8100, 0x88a8, 0x9100];
/// Address family of IPv4, the same on every BSD.
const AF_INET: u32 = 2;

/// The UDP datagram in a captured packet.
pub fn datagram<'a>(packet: &Packet<'a>) -> Result<Datagram<'a>, Refusal> {
    Datagram::of(&Ipv4::of(network(packet.link, packet.data)?)?)
}

/// Cuts the link header and VLAN tags off: what remains begins with an IPv4 header.
pub fn network(link: u32, data: &[u8]) -> Result<&[u8], Refusal> {
    use link_type::{BSD_LOOPBACK, ETHERNET, LINUX_SLL, LINUX_SLL2, LOOP, RAW, RAW_BSD, RAW_IPV4, RAW_OPENBSD};
    match link {
        ETHERNET => {
            let (header, rest) = take::<14>(data)?;
            untag(u16::from_be_bytes([header[12], header[13]]), rest)
        }
        RAW | RAW_IPV4 | RAW_BSD | RAW_OPENBSD => Ok(data),
        LINUX_SLL => {
            let (header, rest) = take::<16>(data)?;
            untag(u16::from_be_bytes([header[14], header[15]]), rest)
        }
        LINUX_SLL2 => {
            let (header, rest) = take::<20>(data)?;
            untag(u16::from_be_bytes([header[0], header[1]]), rest)
        }
        BSD_LOOPBACK | LOOP => {
            let (&family, rest) = take::<4>(data)?;
            // In the byte order of whoever captured, which the file does not tell for sure: either will do.
            if u32::from_be_bytes(family) == AF_INET || u32::from_le_bytes(family) == AF_INET {
                Ok(rest)
            } else {
                Err(Refusal::NotIpv4 { ethertype: 0 })
            }
        }
        _ => Err(Refusal::LinkType { link }),
    }
}

fn untag(mut ethertype: u16, mut rest: &[u8]) -> Result<&[u8], Refusal> {
    while ETHERTYPES_VLAN.contains(&ethertype) {
        let (tag, inner) = take::<4>(rest)?;
        (ethertype, rest) = (u16::from_be_bytes([tag[2], tag[3]]), inner);
    }
    if ethertype == ETHERTYPE_IPV4 { Ok(rest) } else { Err(Refusal::NotIpv4 { ethertype }) }
}

/// Splits a header off.
fn take<const N: usize>(data: &[u8]) -> Result<(&[u8; N], &[u8]), Refusal> {
    data.split_first_chunk().ok_or(Refusal::CutShort { have: data.len() as u32, need: N as u32 })
}
