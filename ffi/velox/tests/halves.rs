//! Two halves of a pipeline: what they make of each other, and of shared memory that is not theirs.
#![cfg(not(loom))]
#![allow(clippy::unwrap_used)]

use hftz_clock::Scale;
use hftz_velox::host::{SharedFile, calibrate, shared_path};
use hftz_velox::pipeline::{PipelineError, Report, Role, Segment, run_downstream, run_ingress};
use hftz_velox::{Config, Idle};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

fn scale() -> Scale {
    calibrate(Duration::from_millis(20)).unwrap().scale
}

fn name(what: &str) -> String {
    format!("test-{what}-{}", std::process::id())
}

fn short(millis: u64) -> Config {
    Config { rate: 50_000.0, idle: Idle::Yield, duration_ns: millis * 1_000_000, ..Config::default() }
}

fn gone(name: &str) {
    assert!(!shared_path(name).exists(), "the name is taken away at the end");
}

fn refused<T>(outcome: Result<T, PipelineError>) -> String {
    outcome.err().map(|error| error.to_string()).unwrap_or_default()
}

#[test]
fn the_two_halves_meet_and_agree_on_every_transaction() {
    let (name, scale) = (name("meet"), scale());
    let sender = std::thread::spawn({
        let name = name.clone();
        move || run_ingress(&short(300), scale, &name, || false, |_| {}).unwrap()
    });
    let received = run_downstream(&short(300), scale, &name, || false, |_| {}).unwrap();
    let sent = sender.join().unwrap();
    sent.check().unwrap();
    received.check().unwrap();
    let counted = |report: &Report| (report.generated, report.pushed, report.dropped, report.out);
    assert_eq!(counted(&sent), counted(&received));
    assert_eq!((received.disorder, received.half, sent.half), (0, Some(Role::Downstream), Some(Role::Ingress)));
    assert!(received.out > 5_000 && (received.offered - 50_000.0).abs() < f64::EPSILON);
    gone(&name);
}

#[test]
fn a_reader_that_is_stopped_says_what_it_left_and_its_sender_ends() {
    let (name, scale, stop) = (name("stopped"), scale(), AtomicBool::new(false));
    std::thread::scope(|threads| {
        let sender = threads.spawn(|| run_ingress(&short(60_000), scale, &name, || false, |_| {}));
        let observe = |seen: &hftz_velox::pipeline::Snapshot<'_>| {
            stop.fetch_or(seen.meters.out.get() > 1_000, Ordering::Relaxed);
        };
        let received = run_downstream(&short(1_000), scale, &name, || stop.load(Ordering::Relaxed), observe).unwrap();
        received.check().unwrap();
        assert_eq!(received.pushed, received.out + received.abandoned);
        assert!(refused(sender.join().unwrap()).contains("the downstream half was stopped first"));
    });
    gone(&name);
}

const HALF: &str = "HFTZ_VELOX_TEST_HALF";

/// This test program again, running only one half.
fn process(half: &str, name: &str) -> std::process::Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let only = ["a_half_that_is_killed_is_missed_by_the_other", "--exact"];
    command.args(only).env(HALF, format!("{half}:{name}")).stdout(Stdio::null()).spawn().unwrap()
}

#[test]
fn a_half_that_is_killed_is_missed_by_the_other() {
    let scale = scale();
    if let Ok(half) = std::env::var(HALF) {
        let (half, name) = half.split_once(':').unwrap();
        let run = if half == "ingress" {
            run_ingress(&short(60_000), scale, name, || false, |_| {})
        } else {
            run_downstream(&short(60_000), scale, name, || false, |_| {})
        };
        panic!("this half was to be killed, but ended: {:?}", run.map(|report| report.out));
    }
    let name = name("killed");
    let mut sender = process("ingress", &name);
    let mut out = 0;
    let mut killed = false;
    let outcome = run_downstream(
        &short(1_000),
        scale,
        &name,
        || false,
        |seen| {
            out = seen.meters.out.get();
            if out > 1_000 && !killed {
                sender.kill().unwrap();
                killed = true;
            }
        },
    );
    let told = refused(outcome);
    assert!(
        told.contains("the ingress half") && told.contains(&format!("{out} transactions that had found room")),
        "{told}"
    );
    sender.wait().unwrap();
    gone(&name);

    let mut reader = process("downstream", &name);
    let mut killed = false;
    let outcome = run_ingress(
        &short(60_000),
        scale,
        &name,
        || false,
        |seen| {
            if seen.meters.pushed.get() > 1_000 && !killed {
                reader.kill().unwrap();
                killed = true;
            }
        },
    );
    let told = refused(outcome);
    assert!(told.contains("the downstream half (process") && told.contains("are lost"), "{told}");
    reader.wait().unwrap();
    gone(&name);
}

#[test]
fn shared_memory_that_is_stale_foreign_taken_or_of_another_version_is_refused_by_name() {
    let name = name("refused");
    let join = || Segment::join(&name, || false).err().map(|error| error.to_string()).unwrap_or_default();
    let create = || Segment::create(&name, 1024).err().map(|error| error.to_string()).unwrap_or_default();
    let path = shared_path(&name);

    for foreign in [&b"no memory of ours"[..], &[7; 20_000]] {
        std::fs::write(&path, foreign).unwrap();
        assert!(join().contains("is no shared memory of hftz") && create().contains("is no shared memory of hftz"));
        assert_eq!(std::fs::read(&path).unwrap(), foreign, "what is not ours stays as it is");
        std::fs::remove_file(&path).unwrap();
    }

    let segment = Segment::create(&name, 1024).unwrap();
    assert!(create().contains("has a downstream half already"));
    let ingress = Segment::join(&name, || false).unwrap();
    assert!(join().contains("has a ingress half already"), "{}", join());
    drop(ingress);
    let image = std::fs::read(&path).unwrap();
    drop(segment);
    gone(&name);

    // What a killed maker leaves behind: the same bytes, and nobody who holds their lock.
    std::fs::write(&path, &image).unwrap();
    assert!(join().contains("left behind") && create().contains("remove it with rm /dev/shm/"));
    let mut other = image;
    other[8] = 9;
    std::fs::write(&path, &other).unwrap();
    assert!(join().contains("layout 9") && create().contains("layout 9"));
    std::fs::remove_file(&path).unwrap();

    for bad in ["", "a/b", "..", "a b", &"x".repeat(65)] {
        assert!(Segment::create(bad, 1024).is_err_and(|error| error.to_string().contains("1 to 64")), "{bad}");
    }
    assert!(Segment::join(&name, || true).is_err_and(|error| error.to_string().contains("stopped")));
}

/// Whatever another process writes into the segment, joining it is an error or a ring, never worse.
#[test]
fn a_segment_of_random_bytes_is_an_error_or_a_ring() {
    let name = name("random");
    let segment = Segment::create(&name, 64).unwrap();
    let whole = SharedFile::open(&name).unwrap();
    // SAFETY: the mapping is as long as it says; the test is the only one that uses it.
    let bytes = unsafe { std::slice::from_raw_parts_mut(whole.start().as_ptr(), whole.bytes()) };
    let image = bytes.to_vec();
    let mut random = 0x2545_F491_4F6C_DD1D_u64;
    let mut next = || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random
    };
    let mut joined = 0;
    for _ in 0..2_000 {
        bytes.copy_from_slice(&image);
        for _ in 0..1 + next() % 4 {
            // The header of the segment, or that of the ring behind its page.
            let at = (next() % 96 + (next() % 2) * 4096) as usize;
            bytes[at] = next() as u8;
        }
        // The magic stays, so that what follows is looked at.
        bytes[..12].copy_from_slice(&image[..12]);
        if let Ok(half) = Segment::join(&name, || false)
            && let Ok(mut ring) = half.producer(1.0)
        {
            let _ = ring.push(hftz_velox::Transaction::default());
            joined += 1;
        }
    }
    assert!(joined > 100, "{joined}");
    drop(segment);
    gone(&name);
}
