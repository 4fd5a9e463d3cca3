//! `--name value` pairs; a suite reads what it knows, anything left over is an error.

use std::cell::RefCell;
use std::collections::BTreeMap;

/// What the command line said.
pub struct Options {
    pub json: bool,
    given: RefCell<BTreeMap<String, String>>,
}

impl Options {
    pub fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let (mut json, mut given) = (false, BTreeMap::new());
        while let Some(argument) = arguments.next() {
            match argument.strip_prefix("--") {
                Some("json") => json = true,
                Some(name) => {
                    let value = arguments.next().ok_or_else(|| format!("--{name} needs a value"))?;
                    given.insert(name.to_owned(), value);
                }
                None => return Err(format!("what is '{argument}'?")),
            }
        }
        Ok(Self { json, given: RefCell::new(given) })
    }

    /// A whole number (`5000000`, `1M`, `100k`), or the default.
    pub fn number(&self, name: &str, default: u64) -> Result<u64, String> {
        let Some(text) = self.given.borrow_mut().remove(name) else { return Ok(default) };
        let (digits, unit) = match text.as_bytes().last() {
            Some(b'k') => (&text[..text.len() - 1], 1_000),
            Some(b'M') => (&text[..text.len() - 1], 1_000_000),
            _ => (&text[..], 1),
        };
        digits.parse().ok().and_then(|number: u64| number.checked_mul(unit)).ok_or(format!("--{name}: not a number"))
    }

    /// An error when something was given that the suite did not ask for.
    pub fn finish(&self) -> Result<(), String> {
        self.given.borrow().keys().next().map_or(Ok(()), |name| Err(format!("no option --{name}")))
    }
}
