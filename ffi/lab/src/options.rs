//! What a suite may be told: numbers by name, and when to stop. A suite reads what it knows, anything left over is an error.

use std::cell::RefCell;
use std::collections::BTreeMap;

/// The error of a suite that was stopped between rounds.
pub const STOPPED: &str = "stopped";

/// What the caller said.
pub struct Options<'a> {
    given: RefCell<BTreeMap<String, u64>>,
    stop: &'a dyn Fn() -> bool,
}

impl<'a> Options<'a> {
    /// Numbers by name; `stop` is asked between rounds.
    pub fn new(given: impl IntoIterator<Item = (String, u64)>, stop: &'a dyn Fn() -> bool) -> Self {
        Self { given: RefCell::new(given.into_iter().collect()), stop }
    }

    /// The number given, or the default.
    pub fn number(&self, name: &str, default: u64) -> u64 {
        self.given.borrow_mut().remove(name).unwrap_or(default)
    }

    /// Whether somebody wants this to end.
    #[must_use]
    pub fn stopped(&self) -> bool {
        (self.stop)()
    }

    /// To be asked between rounds.
    ///
    /// # Errors
    /// [`STOPPED`] when somebody wants this to end.
    pub fn go_on(&self) -> Result<(), String> {
        if self.stopped() { Err(STOPPED.to_owned()) } else { Ok(()) }
    }

    /// # Errors
    /// When something was given that the suite did not ask for.
    pub fn finish(&self) -> Result<(), String> {
        self.given.borrow().keys().next().map_or(Ok(()), |name| Err(format!("no option --{name}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_suite_asked_for_is_an_error() {
        let options = Options::new([("rounds".to_owned(), 3), ("colour".to_owned(), 1)], &|| false);
        assert_eq!((options.number("rounds", 9), options.number("rate", 7)), (3, 7));
        assert_eq!(options.finish(), Err("no option --colour".to_owned()));
        assert_eq!(Options::new([], &|| true).go_on(), Err(STOPPED.to_owned()));
    }
}
