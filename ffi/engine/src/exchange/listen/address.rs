//! Where clients find the exchange: `native+tcp://127.0.0.1:7001`.

use hftz_net::parse_address;
use std::net::SocketAddrV4;
use std::path::PathBuf;

/// A protocol at a place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Address {
    /// `native+tcp://HOST:PORT`
    Tcp(SocketAddrV4),
    /// `native+udp://HOST:PORT`
    Udp(SocketAddrV4),
    /// `native+unix://PATH`
    Unix(PathBuf),
    /// `native+shm://PATH`: the same in memory that a socket there hands over.
    Shared(PathBuf),
    /// `operator+unix://PATH`: the native protocol with what only the operator may send.
    Operator(PathBuf),
}

impl Address {
    /// # Errors
    /// One line that names the part and what it should be. Port 0 means any.
    pub fn parse(text: &str) -> Result<Self, String> {
        let address = |rest: &str| parse_address(rest).map_err(|error| format!("cannot listen on {text}: {error}"));
        match text.split_once("://") {
            Some(("native+tcp", rest)) => address(rest).map(Self::Tcp),
            Some(("native+udp", rest)) => address(rest).map(Self::Udp),
            Some(("native+unix", rest)) if !rest.is_empty() => Ok(Self::Unix(rest.into())),
            Some(("native+shm", rest)) if !rest.is_empty() => Ok(Self::Shared(rest.into())),
            Some(("operator+unix", rest)) if !rest.is_empty() => Ok(Self::Operator(rest.into())),
            _ => Err(format!(
                "cannot listen on \"{text}\": write ouch+tcp://HOST:PORT, native+tcp://HOST:PORT, native+udp://HOST:PORT, \
                 native+unix://PATH, native+shm://PATH or operator+unix://PATH"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_protocol_and_a_place() {
        let there = "127.0.0.1:7001".parse().unwrap();
        assert_eq!(Address::parse("native+tcp://127.0.0.1:7001"), Ok(Address::Tcp(there)));
        assert_eq!(Address::parse("native+udp://localhost:7001"), Ok(Address::Udp(there)));
        assert_eq!(Address::parse("native+unix:///tmp/x"), Ok(Address::Unix("/tmp/x".into())));
        assert_eq!(Address::parse("native+shm:///tmp/x"), Ok(Address::Shared("/tmp/x".into())));
        assert_eq!(Address::parse("operator+unix:///tmp/x"), Ok(Address::Operator("/tmp/x".into())));
        for nowhere in ["native+unix://", "native+shm://"] {
            assert!(Address::parse(nowhere).unwrap_err().contains("native+unix://PATH, native+shm://PATH"));
        }
        assert!(Address::parse("tcp://127.0.0.1:1").unwrap_err().contains("native+tcp"));
        assert!(Address::parse("native+tcp://127.0.0.1").unwrap_err().contains("port"));
    }
}
