//! UDP on loopback: packets a second in one direction, and the round trip through an echoing thread.
//!
//! The round trip is open loop: packets leave on an absolute schedule, the time counts from the intended moment. The packet
//! carries its number, so one that is lost or late is told from the next.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use hftz_clock::{Deadline, Tsc, spin_until, ticks};
use hftz_velox::host::{allocations, calibrate};

use crate::options::Options;
use crate::report::Report;
use crate::rounds::Series;
use crate::slices::Slices;

/// Bytes of a packet: an order's worth.
const PACKET: usize = 64;
/// Bursts of the throughput part; the first warms up.
const ROUNDS: u32 = 6;
/// Round trips before those that count.
const WARM_UP: u64 = 500;
/// After this a packet on loopback is lost.
const PATIENCE: Duration = Duration::from_millis(200);

pub fn run(options: &Options<'_>) -> Result<Report, String> {
    let milliseconds = options.number("milliseconds", 5_000);
    let rate = options.number("rate", 5_000).max(1);
    let mut report = Report::default();
    let span = Duration::from_millis(milliseconds);
    report.fact("packetBytes", PACKET);
    report.fact("warmUp", format!("1 burst of packets, then {WARM_UP} round trips"));
    throughput(&mut report, span / 2 / ROUNDS, options)?;
    round_trip(&mut report, rate, rate * milliseconds / 2_000, options)?;
    Ok(report)
}

fn socket() -> Result<UdpSocket, String> {
    let told = |error: std::io::Error| format!("loopback: {error}");
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).map_err(told)?;
    socket.set_read_timeout(Some(PATIENCE)).map_err(told)?;
    Ok(socket)
}

fn join(a: &UdpSocket, b: &UdpSocket) -> Result<(), String> {
    let told = |error: std::io::Error| format!("loopback: {error}");
    a.connect(b.local_addr().map_err(told)?).map_err(told)
}

/// As fast as one thread sends, in bursts: what the other end received.
fn throughput(report: &mut Report, span: Duration, options: &Options<'_>) -> Result<(), String> {
    let (mut sent, mut received, mut rates) = (0, 0, [Series::default(), Series::default()]);
    for round in 0..ROUNDS {
        options.go_on()?;
        let (out, came, seconds) = burst(span)?;
        if round > 0 {
            sent += out;
            received += came;
            rates[0].0.push(came as f64 / seconds);
            rates[1].0.push(out as f64 / seconds);
        }
    }
    report.fact("packetsSent", sent);
    report.fact("packetsLost", sent - received.min(sent));
    report.fact("packetsPerSec", rates[0].spread().median);
    report.figure("packets received", "per second", &rates[0]);
    report.figure("packets offered", "sent per second", &rates[1]);
    Ok(())
}

/// Packets sent, packets received, seconds.
fn burst(span: Duration) -> Result<(u64, u64, f64), String> {
    let (from, to) = (socket()?, socket()?);
    join(&from, &to)?;
    let done = AtomicBool::new(false);
    std::thread::scope(|threads| {
        let receiving = threads.spawn(|| {
            let (mut packet, mut received) = ([0; PACKET], 0_u64);
            allocations::counted(|| {
                loop {
                    match to.recv(&mut packet) {
                        Ok(_) => received += 1,
                        Err(_) if done.load(Relaxed) => return received,
                        Err(_) => {}
                    }
                }
            })
        });
        let (start, mut sent) = (Instant::now(), 0_u64);
        allocations::counted(|| {
            while start.elapsed() < span {
                // A full buffer refuses; what was not sent is not counted.
                sent += (0..64).filter(|_| from.send(&[0x5A; PACKET]).is_ok()).count() as u64;
            }
        });
        let seconds = start.elapsed().as_secs_f64();
        done.store(true, Relaxed);
        let received = receiving.join().map_err(|_| "the receiving thread failed".to_owned())?;
        Ok((sent, received, seconds))
    })
}

fn round_trip(report: &mut Report, rate: u64, trips: u64, options: &Options<'_>) -> Result<(), String> {
    let scale = calibrate(Duration::from_millis(50)).map_err(|error| error.to_string())?.scale;
    let (near, far) = (socket()?, socket()?);
    join(&near, &far)?;
    join(&far, &near)?;
    let mut slices = Slices::new(scale, trips.saturating_mul(1_000_000_000) / rate);
    let mut lost = 0_u64;
    let done = AtomicBool::new(false);
    let seconds = std::thread::scope(|threads| {
        threads.spawn(|| {
            let mut packet = [0; PACKET];
            while !done.load(Relaxed) {
                if let Ok(length) = far.recv(&mut packet) {
                    // The near end notices an answer that could not be sent.
                    let _ = far.send(&packet[..length]);
                }
            }
        });
        let warm = (0..WARM_UP).try_for_each(|trip| answered(&near, u64::MAX - trip).map(drop));
        let (begin, start) = (Instant::now(), ticks());
        let mut measured = |trip: u64| {
            if trip.is_multiple_of(256) {
                options.go_on()?;
            }
            let offset_ns = trip * 1_000_000_000 / rate;
            let intended = start.wrapping_add(scale.ticks(offset_ns));
            spin_until(&Tsc, Deadline(intended));
            let started = ticks();
            if !answered(&near, trip)? {
                lost += 1;
                return Ok(());
            }
            let ended = ticks();
            slices.at(offset_ns).record(intended, started, ended);
            Ok(())
        };
        // The echo ends whatever went wrong here.
        let result: Result<(), String> =
            warm.and_then(|()| allocations::counted(|| (0..trips).try_for_each(&mut measured)));
        done.store(true, Relaxed);
        result.map(|()| begin.elapsed().as_secs_f64())
    })?;
    report.fact("offeredPerSec", rate);
    report.fact("achievedPerSec", trips as f64 / seconds);
    report.fact("answersLost", lost);
    slices.report(report, "roundTrip");
    Ok(())
}

/// Sends packet `number` and waits for its echo; older echoes are passed over.
fn answered(near: &UdpSocket, number: u64) -> Result<bool, String> {
    let mut packet = [0; PACKET];
    packet[..8].copy_from_slice(&number.to_le_bytes());
    near.send(&packet).map_err(|error| format!("loopback: {error}"))?;
    loop {
        match near.recv(&mut packet) {
            Ok(PACKET) if packet[..8] == number.to_le_bytes() => return Ok(true),
            Ok(_) => {}
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => return Ok(false),
            Err(error) => return Err(format!("loopback: {error}")),
        }
    }
}
