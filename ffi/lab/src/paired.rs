//! Ours and a peer in the same rounds: how many times as fast, with its spread.

use serde_json::{Value, json};

use crate::rounds::{Series, Spread};

/// One comparison. Both series have a sample of every round, taken one right after the other.
pub struct Pair<'a> {
    pub peer: &'a str,
    pub against: &'a str,
    pub what: &'a str,
    pub unit: &'a str,
    /// Whether more of the unit is better: items a second, not nanoseconds.
    pub more_is_better: bool,
    pub ours: &'a Series,
    pub theirs: &'a Series,
    /// What a reader has to know: the part of the workload that the peer can do, say.
    pub note: Option<&'a str>,
}

impl Pair<'_> {
    /// How many times as fast as the peer ours was, round by round; above 1 is faster.
    #[must_use]
    pub fn times(&self) -> Series {
        if self.more_is_better { self.ours.over(self.theirs) } else { self.theirs.over(self.ours) }
    }

    /// `{peer, against, what, unit, ours, theirs, times: {median, min, max, rounds}, note?}`; `ours` and `theirs` are medians.
    #[must_use]
    pub fn row(&self) -> Value {
        let times = self.times();
        let Spread { median, min, max } = times.spread();
        let mut row = json!({ "peer": self.peer, "against": self.against, "what": self.what, "unit": self.unit,
            "ours": self.ours.spread().median, "theirs": self.theirs.spread().median,
            "times": { "median": median, "min": min, "max": max, "rounds": times.0.len() } });
        if let Some(note) = self.note {
            row["note"] = note.into();
        }
        row
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair<'a>(ours: &'a Series, theirs: &'a Series, more_is_better: bool) -> Pair<'a> {
        Pair { peer: "peer", against: "ours", what: "w", unit: "u", more_is_better, ours, theirs, note: None }
    }

    #[test]
    fn ratios_are_taken_round_by_round_not_of_medians() {
        let (ours, theirs) = (Series(vec![10.0, 40.0, 30.0]), Series(vec![5.0, 10.0, 60.0]));
        let row = pair(&ours, &theirs, true).row();
        assert_eq!(row["times"], json!({ "median": 2.0, "min": 0.5, "max": 4.0, "rounds": 3 }));
        assert_eq!((&row["ours"], &row["theirs"]), (&json!(30.0), &json!(10.0)));
        assert!(row.get("note").is_none());
    }

    #[test]
    fn of_costs_the_smaller_is_the_faster() {
        let (ours, theirs) = (Series(vec![2.0]), Series(vec![6.0]));
        assert_eq!(pair(&ours, &theirs, false).times().0, [3.0]);
        assert_eq!(pair(&ours, &theirs, true).times().0, [1.0 / 3.0]);
    }
}
