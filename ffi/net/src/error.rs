//! What can go wrong with a network address or a socket, said so that the user can mend it.

use std::fmt;
use std::io;

/// A failed network operation: what was tried, why it failed, and what may help.
#[derive(Debug)]
pub struct NetError {
    /// What was tried, with the address: `cannot join 239.1.1.1 on lo`.
    pub what: String,
    /// The system's answer; `None` when the text itself is at fault.
    pub source: Option<io::Error>,
    /// What may help.
    pub hint: Option<String>,
}

impl NetError {
    /// A fault in what the user wrote.
    #[must_use]
    pub fn text(what: impl Into<String>) -> Self {
        Self { what: what.into(), source: None, hint: None }
    }

    /// A refusal of the system.
    #[must_use]
    pub fn system(what: impl Into<String>, source: io::Error) -> Self {
        let hint = match source.raw_os_error() {
            Some(libc::ENETUNREACH | libc::ENODEV) => {
                Some("there is no route for this address; name an interface, for example ?iface=lo".to_owned())
            }
            Some(libc::EADDRNOTAVAIL) => Some("no interface of this machine has this address".to_owned()),
            Some(libc::EADDRINUSE) => Some("another program uses this port".to_owned()),
            _ => None,
        };
        Self { what: what.into(), source: Some(source), hint }
    }

    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for NetError {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(&self.what)?;
        match &self.source {
            Some(cause) => write!(to, ": {}", words(cause)),
            None => Ok(()),
        }
    }
}

/// The operating system's words without Rust's "(os error 2)".
#[must_use]
pub fn words(error: &io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(end) => text[..end].to_string(),
        None => text,
    }
}

impl std::error::Error for NetError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|cause| cause as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_of_the_system_is_said_without_its_number() {
        let error = NetError::system("cannot receive", io::Error::from_raw_os_error(libc::EADDRNOTAVAIL));
        assert_eq!(error.to_string(), "cannot receive: Cannot assign requested address");
    }
}
