//! Why a packet holds no datagram for us.

use core::fmt;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// A link type that is not read.
    LinkType { link: u32 },
    /// Another protocol than IPv4 (0 when a loopback header named the family).
    NotIpv4 { ethertype: u16 },
    /// Another protocol than UDP.
    NotUdp { protocol: u8 },
    /// A fragment of a larger datagram.
    Fragment,
    /// A header or its payload is longer than what was captured: `need` bytes, `have` are there.
    CutShort { have: u32, need: u32 },
    /// An IPv4 header with an impossible version, header length or total length.
    BadIpv4,
    /// A UDP length below 8 or beyond the IPv4 payload.
    BadUdp { length: u16 },
}

impl Refusal {
    /// Whether the packet is damaged or cut, as opposed to being something else.
    #[must_use]
    pub const fn is_damage(&self) -> bool {
        matches!(self, Self::CutShort { .. } | Self::BadIpv4 | Self::BadUdp { .. })
    }

    /// A stable, machine-readable name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::LinkType { .. } => "link-type",
            Self::NotIpv4 { .. } => "not-ipv4",
            Self::NotUdp { .. } => "not-udp",
            Self::Fragment => "fragment",
            Self::CutShort { .. } => "cut-short",
            Self::BadIpv4 => "bad-ipv4",
            Self::BadUdp { .. } => "bad-udp",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LinkType { link } => write!(to, "link type {link} is not read"),
            Self::NotIpv4 { ethertype } => write!(to, "not IPv4 (ethertype 0x{ethertype:04x})"),
            Self::NotUdp { protocol } => write!(to, "not UDP (IP protocol {protocol})"),
            Self::Fragment => write!(to, "a fragment of a larger datagram"),
            Self::CutShort { have, need } => write!(to, "cut short: {need} bytes belong to it, {have} were captured"),
            Self::BadIpv4 => write!(to, "an impossible IPv4 header"),
            Self::BadUdp { length } => write!(to, "an impossible UDP length of {length}"),
        }
    }
}

impl core::error::Error for Refusal {}
