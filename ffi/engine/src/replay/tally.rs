//! Counts of what went wrong, by rule, each with the place where it first did.

use serde_json::{Map, Value, json};

/// Rules broken so far. A handful of kinds at most, so a short list searched in order beats any map.
#[derive(Clone, Default, Debug)]
pub struct Tally {
    entries: Vec<Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    rule: &'static str,
    count: u64,
    first_offset: u64,
    text: String,
}

impl Tally {
    /// Counts one. `text` is asked for only at the first of its kind.
    pub fn add(&mut self, rule: &'static str, offset: u64, text: impl FnOnce() -> String) {
        match self.entries.iter_mut().find(|entry| entry.rule == rule) {
            Some(entry) => entry.count += 1,
            None => self.entries.push(Entry { rule, count: 1, first_offset: offset, text: text() }),
        }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// `{rule: {count, firstOffset, first}}`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let entries = self
            .entries
            .iter()
            .map(|e| (e.rule.to_string(), json!({"count": e.count, "firstOffset": e.first_offset, "first": e.text})));
        Value::Object(entries.collect::<Map<_, _>>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_place_of_each_rule_is_kept() {
        let mut tally = Tally::default();
        tally.add("zero-length", 10, || "at ten".into());
        tally.add("zero-length", 20, || unreachable!());
        tally.add("truncated", 30, || "at thirty".into());
        assert_eq!(tally.to_json()["zero-length"], json!({"count": 2, "firstOffset": 10, "first": "at ten"}));
    }
}
