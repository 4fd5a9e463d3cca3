//! Where a feed goes to or comes from: `udp://239.1.1.1:30001?iface=lo&request=127.0.0.1:30002`.
//!
//! One text form for senders and receivers, so that a user moves the same string from one command to the other. Every key
//! that is not known is an error with the nearest right spelling; nothing is ignored.

use crate::NetError;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddrV4};

/// A UDP address with what belongs to it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Endpoint {
    /// Group or host, and port.
    pub address: SocketAddrV4,
    /// Interface to send or join on; `None` leaves the choice to the system's routes.
    pub interface: Option<Interface>,
    /// Hops a multicast datagram may take (1: this network).
    pub ttl: u32,
    /// Where lost messages are asked for: the sender listens there, the receiver sends there.
    pub request: Option<SocketAddrV4>,
    /// Bytes of socket buffer to ask the system for.
    pub buffer_bytes: usize,
}

/// A network interface by name or by one of its addresses.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Interface {
    Name(String),
    Address(Ipv4Addr),
}

const PARAMETERS: [&str; 4] = ["iface", "ttl", "request", "rcvbuf"];
/// Socket buffer asked for when the text names none, bytes.
pub const DEFAULT_BUFFER_BYTES: usize = 8 << 20;
const SCHEME: &str = "udp://";

impl Endpoint {
    /// An endpoint with nothing but an address.
    #[must_use]
    pub const fn new(address: SocketAddrV4) -> Self {
        Self { address, interface: None, ttl: 1, request: None, buffer_bytes: DEFAULT_BUFFER_BYTES }
    }

    /// Whether `text` is meant as one of these.
    #[must_use]
    pub fn looks_like(text: &str) -> bool {
        text.starts_with(SCHEME)
    }

    /// Reads `udp://HOST:PORT[?key=value[&key=value...]]`; HOST is an IPv4 address or `localhost`.
    ///
    /// # Errors
    /// One line that names the part and what it should be.
    pub fn parse(text: &str) -> Result<Self, NetError> {
        let rest = text.strip_prefix(SCHEME).ok_or_else(|| {
            NetError::text(format!("\"{text}\" is no UDP address")).with_hint("write udp://HOST:PORT")
        })?;
        let (address, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut endpoint = Self::new(parse_address(address.trim_end_matches('/'))?);
        if endpoint.address.port() == 0 {
            return Err(NetError::text(format!("\"{address}\": the port must be 1 to 65535")));
        }
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            endpoint.set(key, value)?;
        }
        Ok(endpoint)
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), NetError> {
        let bad = |rule: &str| NetError::text(format!("{key}=\"{value}\": {rule}"));
        match key {
            "iface" => {
                let named =
                    |name: &str| (!name.is_empty() && name.len() < 16).then(|| Interface::Name(name.to_owned()));
                let address = value.parse().ok().map(Interface::Address);
                self.interface = Some(
                    address
                        .or_else(|| named(value))
                        .ok_or_else(|| bad("must name an interface or be one of its addresses"))?,
                );
            }
            "ttl" => {
                let ttl = value.parse().ok().filter(|ttl| (0..=255).contains(ttl));
                self.ttl = ttl.ok_or_else(|| bad("must be 0 to 255"))?;
            }
            "request" => self.request = Some(parse_address(value)?),
            "rcvbuf" => {
                let bytes = parse_bytes(value).filter(|bytes| (4096..=1 << 30).contains(bytes));
                self.buffer_bytes = bytes.ok_or_else(|| bad("must be 4KiB to 1GiB, for example 8MiB"))?;
            }
            _ => {
                let nearest = PARAMETERS.into_iter().min_by_key(|known| distance(key, known));
                // A word of which more than half is wrong was meant to be another.
                let near = nearest.filter(|known| distance(key, known) <= key.len() / 2);
                let known = near.map_or("there are".into(), |known| format!("did you mean {known}? There are"));
                let error = NetError::text(format!("unknown parameter \"{key}\" in a UDP address"));
                return Err(error.with_hint(format!("{known} {}", PARAMETERS.join(", "))));
            }
        }
        Ok(())
    }

    #[must_use]
    pub const fn is_multicast(&self) -> bool {
        self.address.ip().is_multicast()
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{SCHEME}{}", self.address)?;
        let mut separator = '?';
        let mut pair = |to: &mut fmt::Formatter<'_>, key: &str, value: &dyn fmt::Display| {
            let written = write!(to, "{separator}{key}={value}");
            separator = '&';
            written
        };
        match &self.interface {
            Some(Interface::Name(name)) => pair(to, "iface", name)?,
            Some(Interface::Address(address)) => pair(to, "iface", address)?,
            None => {}
        }
        if self.ttl != 1 {
            pair(to, "ttl", &self.ttl)?;
        }
        if let Some(request) = &self.request {
            pair(to, "request", request)?;
        }
        if self.buffer_bytes != DEFAULT_BUFFER_BYTES {
            pair(to, "rcvbuf", &self.buffer_bytes)?;
        }
        Ok(())
    }
}

/// Reads `HOST:PORT`; HOST is an IPv4 address or `localhost`. Port 0 is taken: it means any port to a listener.
///
/// # Errors
/// One line that names the part and what it should be.
pub fn parse_address(text: &str) -> Result<SocketAddrV4, NetError> {
    let fault = |rule: &str| NetError::text(format!("\"{text}\": {rule}"));
    let (host, port) = text.rsplit_once(':').ok_or_else(|| fault("the port is missing; write HOST:PORT"))?;
    if host.contains(':') || host.starts_with('[') {
        return Err(fault("IPv6 is not supported here; write an IPv4 address"));
    }
    let host = match host {
        "localhost" => Ipv4Addr::LOCALHOST,
        "" => return Err(fault("the host is missing; write HOST:PORT")),
        _ => host.parse().map_err(|_| fault("the host must be an IPv4 address such as 239.1.1.1"))?,
    };
    let port = port.parse().map_err(|_| fault("the port must be 1 to 65535"))?;
    Ok(SocketAddrV4::new(host, port))
}

/// Reads `8MiB`, `8M`, `64KiB` or plain bytes; all units are powers of 1024.
fn parse_bytes(text: &str) -> Option<usize> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let shift = match &text[digits..] {
        "" | "B" => 0,
        "K" | "KiB" => 10,
        "M" | "MiB" => 20,
        "G" | "GiB" => 30,
        _ => return None,
    };
    text[..digits].parse::<usize>().ok()?.checked_mul(1 << shift)
}

/// Edit distance (Levenshtein).
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, l) in left.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, r) in right.iter().enumerate() {
            let changed = diagonal + usize::from(l != *r);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_full_form_reads_and_prints_back() {
        let text = "udp://239.1.1.1:30001?iface=lo&ttl=3&request=127.0.0.1:30002&rcvbuf=65536";
        let endpoint = Endpoint::parse(text).unwrap();
        assert_eq!(endpoint.address, "239.1.1.1:30001".parse().unwrap());
        assert_eq!(endpoint.interface, Some(Interface::Name("lo".into())));
        assert_eq!((endpoint.ttl, endpoint.buffer_bytes), (3, 65536));
        assert_eq!(endpoint.request, "127.0.0.1:30002".parse().ok());
        assert!(endpoint.is_multicast());
        assert_eq!(endpoint.to_string(), text);
    }

    #[test]
    fn what_is_left_out_has_its_default() {
        let endpoint = Endpoint::parse("udp://localhost:7").unwrap();
        assert_eq!(endpoint, Endpoint::new("127.0.0.1:7".parse().unwrap()));
        assert_eq!((endpoint.ttl, endpoint.buffer_bytes), (1, 8 << 20));
        assert_eq!(endpoint.to_string(), "udp://127.0.0.1:7");
        assert_eq!(
            Endpoint::parse("udp://10.0.0.1:7?iface=10.0.0.9").unwrap().interface,
            Some(Interface::Address(Ipv4Addr::new(10, 0, 0, 9)))
        );
    }

    #[test]
    fn a_wrong_key_names_the_nearest_right_one() {
        let error = Endpoint::parse("udp://1.2.3.4:5?ifcae=lo").unwrap_err();
        assert!(error.to_string().contains("\"ifcae\""));
        assert!(error.hint.unwrap().contains("did you mean iface?"));
        let error = Endpoint::parse("udp://1.2.3.4:5?foo=1").unwrap_err();
        assert!(error.hint.unwrap().starts_with("there are iface"));
    }

    #[test]
    fn every_malformed_part_is_named() {
        for (text, said) in [
            ("tcp://1.2.3.4:5", "no UDP address"),
            ("udp://1.2.3.4", "port is missing"),
            ("udp://:5", "host is missing"),
            ("udp://example.org:5", "IPv4 address"),
            ("udp://[::1]:5", "IPv6"),
            ("udp://1.2.3.4:0", "1 to 65535"),
            ("udp://1.2.3.4:70000", "1 to 65535"),
            ("udp://1.2.3.4:5?ttl=256", "0 to 255"),
            ("udp://1.2.3.4:5?iface", "interface"),
            ("udp://1.2.3.4:5?request=x", "\"x\""),
            ("udp://1.2.3.4:5?rcvbuf=9E", "8MiB"),
            ("udp://1.2.3.4:5?rcvbuf=99999999999999999999G", "8MiB"),
        ] {
            let error = Endpoint::parse(text).unwrap_err().to_string();
            assert!(error.contains(said), "{text}: {error}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,60}", query in "[a-z=&?:0-9.KMGiB%]{0,60}") {
            let _ = Endpoint::parse(&text);
            if let Ok(endpoint) = Endpoint::parse(&format!("udp://1.2.3.4:5?{query}")) {
                proptest::prop_assert_eq!(Endpoint::parse(&endpoint.to_string()).unwrap(), endpoint);
            }
        }
    }

    #[test]
    fn sizes_read_in_binary_units() {
        assert_eq!(Endpoint::parse("udp://1.2.3.4:5?rcvbuf=2MiB").unwrap().buffer_bytes, 2 << 20);
        assert_eq!(Endpoint::parse("udp://1.2.3.4:5?rcvbuf=64K").unwrap().buffer_bytes, 64 << 10);
    }
}
