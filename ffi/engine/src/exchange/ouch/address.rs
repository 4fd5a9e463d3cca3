//! Where OUCH clients find the exchange: `ouch+tcp://127.0.0.1:7001?v=42&users=users.csv`.

use super::super::table;
use hftz_gateway::{Users, Version};
use hftz_net::parse_address;
use std::net::SocketAddrV4;

const SCHEME: &str = "ouch+tcp://";

/// A listener and its rules.
#[derive(Clone, Debug)]
pub struct OuchAddress {
    pub at: SocketAddrV4,
    pub version: Version,
    pub users: Users,
}

impl OuchAddress {
    /// Whether a `--listen` means OUCH.
    #[must_use]
    pub fn is_meant(text: &str) -> bool {
        text.starts_with("ouch+")
    }

    /// # Errors
    /// One line that names the part and what it should be, or the table of users that cannot be read. Port 0 means any.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = |what: String| format!("cannot listen on {text}: {what}");
        let shape = || format!("cannot listen on \"{text}\": write {SCHEME}HOST:PORT?v=42|50&users=FILE");
        let rest = text.strip_prefix(SCHEME).ok_or_else(shape)?;
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let at = parse_address(place).map_err(|error| wrong(error.to_string()))?;
        let mut address = Self { at, version: Version::V42, users: Users::Anyone };
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("v", version)) => {
                    address.version = version
                        .parse()
                        .ok()
                        .and_then(Version::from_number)
                        .ok_or_else(|| wrong(format!("v is 42 or 50, for OUCH 4.2 or 5.0, not \"{version}\"")))?;
                }
                Some(("users", path)) => {
                    let table = table::read(path).map_err(wrong)?;
                    address.users = Users::parse(&table).map_err(|e| wrong(format!("{path}: {e}")))?;
                }
                _ => return Err(wrong(format!("\"{pair}\" is neither v=42|50 nor users=FILE"))),
            }
        }
        Ok(address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_the_version_and_who_may_log_in() {
        let plain = OuchAddress::parse("ouch+tcp://127.0.0.1:7001").unwrap();
        assert_eq!((plain.at.port(), plain.version), (7001, Version::V42));
        assert_eq!(OuchAddress::parse("ouch+tcp://127.0.0.1:0?v=50").unwrap().version, Version::V50);
        let wrong = |text: &str| OuchAddress::parse(text).unwrap_err();
        assert!(wrong("ouch+udp://127.0.0.1:1").contains("ouch+tcp://HOST:PORT"));
        assert!(wrong("ouch+tcp://127.0.0.1:1?v=43").contains("42 or 50"));
        assert!(wrong("ouch+tcp://127.0.0.1:1?x=1").contains("\"x=1\""));
        assert!(wrong("ouch+tcp://127.0.0.1:1?users=/none").contains("/none"));
    }
}
