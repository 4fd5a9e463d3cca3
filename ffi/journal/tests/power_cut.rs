//! The power cut: whatever had been reported durable is there again, in order, once, and nothing is refused.
//!
//! Each round goes on with the journal that the round before left behind. The power fails at any operation, also in the
//! middle of one and in the middle of a recovery; of what was not synced any sectors survive.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use hftz_journal::{Durability, History, Intent, Manual, Options, Verdict};
use proptest::prelude::*;
use std::sync::Arc;
use support::disk::{Disk, Files};
use support::random::Random;
use support::small;

#[derive(Clone, Debug)]
enum Step {
    Append { count: u8, largest: u16 },
    Commit,
    Tick,
    Snapshot,
}

#[derive(Clone, Debug)]
struct Round {
    steps: Vec<Step>,
    /// Operations of the disk before the power fails.
    fuse: u64,
    seed: u64,
    from_start: bool,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1u8..40, prop_oneof![Just(60u16), Just(600), Just(9000)])
            .prop_map(|(count, largest)| Step::Append { count, largest }),
        3 => Just(Step::Commit),
        1 => Just(Step::Tick),
        1 => Just(Step::Snapshot),
    ]
}

fn rounds() -> impl Strategy<Value = Vec<Round>> {
    let round = (prop::collection::vec(step(), 1..30), 1u64..60, any::<u64>(), any::<bool>())
        .prop_map(|(steps, fuse, seed, from_start)| Round { steps, fuse, seed, from_start });
    prop::collection::vec(round, 1..5)
}

/// What was appended, by sequence, and how much of it was reported durable.
#[derive(Default)]
struct Model {
    records: Vec<Vec<u8>>,
    durable: u64,
}

fn state(sequence: u64) -> Vec<u8> {
    sequence.to_le_bytes().to_vec()
}

/// Checks what is found against the model, which then forgets what was cut.
fn check(history: &History, model: &mut Model) {
    let report = history.report();
    assert!(!matches!(report.verdict, Verdict::Damaged { .. }), "{report}");
    assert!(report.last >= model.durable, "durable up to {}, found {report}", model.durable);
    assert!(report.last <= model.records.len() as u64, "{report}");
    let mut sequence = 0;
    if let Some(snapshot) = history.snapshot() {
        sequence = snapshot.at.sequence;
        assert_eq!(snapshot.state, state(sequence));
    }
    let mut records = history.records().unwrap();
    while let Some(record) = records.next() {
        let record = record.unwrap();
        sequence += 1;
        assert_eq!(record.sequence, sequence);
        assert_eq!(record.payload, model.records[sequence as usize - 1], "record {sequence}");
    }
    assert_eq!(sequence, report.last);
    model.records.truncate(sequence as usize);
    model.durable = sequence;
}

fn drive(mut journal: Manual, round: &Round, model: &mut Model) {
    let mut random = Random::new(round.seed);
    for step in &round.steps {
        match step {
            Step::Append { count, largest } => {
                for _ in 0..*count {
                    let length = random.below(u64::from(*largest)) as usize;
                    let payload: Vec<u8> = (0..length).map(|_| random.next() as u8).collect();
                    if journal.append(1, &payload).is_err() {
                        return;
                    }
                    model.records.push(payload);
                }
            }
            Step::Commit => match journal.commit() {
                Ok(durable) => model.durable = durable,
                Err(_) => return,
            },
            Step::Tick => journal.tick(),
            Step::Snapshot => {
                match journal.commit() {
                    Ok(durable) => model.durable = durable,
                    Err(_) => return,
                }
                if journal.snapshot(&state(model.durable)).is_err() {
                    return;
                }
            }
        }
    }
}

fn play(rounds: &[Round], options: &Options) {
    let mut files = Files::new();
    let mut model = Model::default();
    for round in rounds {
        let disk = Arc::new(Disk::new(files));
        let intent = Intent { from_start: round.from_start, ..Intent::default() };
        let history = History::open_in(disk.clone(), intent).unwrap();
        check(&history, &mut model);
        disk.set_fuse(round.fuse, round.seed);
        if let Ok(journal) = history.resume_by_hand(options, b"config") {
            drive(journal, round, &mut model);
        }
        files = disk.after_power_cut(round.seed ^ 1);
    }
    let disk = Arc::new(Disk::new(files));
    let whole = Intent { verify: true, from_start: true, force: false };
    check(&History::open_in(disk.clone(), whole).unwrap(), &mut model);
    check(&History::open_in(disk, Intent::default()).unwrap(), &mut model);
}

fn cases() -> u32 {
    if std::env::var_os("HFTZ_LONG").is_some() { 20_000 } else { 100 }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    #[test]
    fn nothing_that_was_reported_durable_is_lost_by_a_power_cut(rounds in rounds(), group in any::<bool>()) {
        let durability = if group { Durability::group() } else { Durability::background() };
        play(&rounds, &small(durability));
    }
}
