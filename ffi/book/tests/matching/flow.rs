//! Flows of random commands for proptest: they shrink by losing commands and print one command a line.

use crate::dice::Dice;
use hftz_book::matching::Settings;
use hftz_model::Command;
use proptest::prelude::*;

/// Settings and the commands of one flow; printed one command a line, fields that are 0 left out.
#[derive(Clone)]
pub struct Flow {
    pub settings: Settings,
    pub commands: Vec<Command>,
}

impl core::fmt::Debug for Flow {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        writeln!(out, "{:?}", self.settings)?;
        self.commands.iter().try_for_each(|command| {
            let all = format!("{command:?}");
            let told: Vec<_> = all.trim_end_matches(" }").split(", ").filter(|field| !field.ends_with(": 0")).collect();
            writeln!(out, "{}", told.join(", "))
        })
    }
}

pub fn flow(longest: usize) -> impl Strategy<Value = Flow> {
    let seeds = proptest::collection::vec(any::<u64>().no_shrink(), 1..longest);
    (any::<u64>().no_shrink(), seeds).prop_map(|(settings, seeds)| Flow {
        settings: Dice(settings).settings(),
        commands: seeds.into_iter().map(|seed| Dice(seed).command()).collect(),
    })
}
