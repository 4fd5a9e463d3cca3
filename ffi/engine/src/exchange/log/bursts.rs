//! Commands that are logged and traded a burst at a time leave what they leave one by one: the same log and the same reports, also
//! where the log has no room for some of them.

use super::super::config::{DurabilityName, LogConfig, MatchConfig, OrderFormat};
use super::super::desk::Desk;
use super::super::lane::{ClientId, Inbound};
use super::super::terms::Terms;
use super::recovery::{Recovery, intent};
use super::support::disk::Disk;
use super::support::random::Random;
use hftz_journal::{History, Intent};
use hftz_model::{Command, Reason, Side};
use hftz_wire::native;
use std::sync::Arc;

const SEGMENT: usize = 64 << 10;

/// A desk whose log is on this disk. Nobody syncs, so that no mark is in the log at a place that time decides.
fn desk(disk: &Arc<Disk>) -> Desk {
    let config = MatchConfig { capacity: 5000, ..MatchConfig::reporting("-", OrderFormat::Native) };
    let log = LogConfig {
        path: String::new(),
        recover: true,
        verify: false,
        force: false,
        durability: DurabilityName::None,
        commit_bytes: 4096,
        commit_delay_ns: 0,
        segment_bytes: SEGMENT as u64,
        snapshot_every: 0,
        retain: 0,
    };
    let history = History::open_in(disk.clone(), intent(&config, &log)).unwrap();
    let recovery = Recovery::over(history, &config, &log, &Terms::of(&config).unwrap()).unwrap();
    recovery.resume(&log, &mut |desk, command, origin, _| desk.repeat(command, origin), &mut |_| Ok(())).unwrap()
}

/// What a day left.
#[derive(PartialEq)]
struct Left {
    reports: Vec<u8>,
    commands: u64,
    /// Kind and payload.
    records: Vec<(u8, Vec<u8>)>,
}

fn left(mut desk: Desk, disk: Arc<Disk>) -> Left {
    desk.close_log().1.unwrap();
    let history = History::open_in(disk, Intent::default()).unwrap();
    let (mut records, mut found) = (history.records().unwrap(), Vec::new());
    while let Some(record) = records.next() {
        let record = record.unwrap();
        found.push((record.kind, record.payload.to_vec()));
    }
    Left { reports: desk.reports().to_vec(), commands: desk.commands(), records: found }
}

/// Messages of 16, 32 and 64 bytes.
fn orders(random: &mut Random) -> Vec<Command> {
    let each = |id: u64| match random.below(8) {
        0 => Command::clock(id * 1000),
        1 | 2 => Command::cancel(1, 1 + random.below(id), 0),
        kind => {
            let side = if random.chance(2) { Side::Buy } else { Side::Sell };
            let limit = Command::limit(1, side, id, 1000 + random.below(20) as i64, 1 + random.below(50) as u32);
            if kind == 3 { Command { kind: hftz_model::CommandKind::NewLong, ..limit } } else { limit }
        }
    };
    (1..=3000).map(each).collect()
}

fn message(command: &Command) -> Vec<u8> {
    let mut bytes = [0; native::MAX_MESSAGE_BYTES];
    let length = native::write(command, &mut bytes).unwrap();
    bytes[..length].to_vec()
}

#[test]
fn a_burst_leaves_what_its_commands_leave_one_by_one_also_when_the_log_is_full() {
    let mut fitted = 0;
    for (seed, segments) in [(1, 1), (2, 1), (3, 2), (4, 2), (5, 1), (6, 1), (7, 1), (8, 9)] {
        let mut random = Random::new(seed);
        let orders = orders(&mut random);
        // Beside its segments a journal has only a name.
        let disks = [(); 2].map(|()| Arc::new(Disk::default()));
        disks.iter().for_each(|disk| disk.set_room(Some(segments * SEGMENT + SEGMENT / 2)));
        let (mut one, mut all) = (desk(&disks[0]), desk(&disks[1]));
        for command in &orders {
            let inbound = Inbound { command: *command, arrival_ns: 0, client: ClientId::NOBODY, message_bytes: 0 };
            one.apply(&inbound, &message(command));
        }
        let mut rest = &orders[..];
        while !rest.is_empty() {
            let (burst, behind) = rest.split_at(rest.len().min(1 + random.below(128) as usize));
            all.enter_all(burst, &burst.iter().flat_map(message).collect::<Vec<_>>());
            rest = behind;
        }
        let [first, second] = disks;
        let (one, all) = (left(one, first), left(all, second));
        assert!(one == all, "seed {seed}");
        let reports =
            one.reports.chunks(native::REPORT_BYTES).map(|it| native::read_report(it.try_into().unwrap(), 0).unwrap());
        let is_refused: Vec<_> = reports.map(|it| (it.sequence, it.reason) == (0, Reason::Capacity)).collect();
        assert_eq!(is_refused.contains(&true), segments < 3);
        let first = is_refused.iter().position(|refused| *refused);
        fitted += first.map_or(0, |first| is_refused[first..].iter().filter(|refused| !**refused).count());
    }
    // The last bytes of a segment take a shorter record than the first that had no room.
    assert!(fitted > 0);
}
