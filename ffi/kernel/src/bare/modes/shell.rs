//! A console on the serial port: looks at the running kernel and pokes it. Anything that faults is caught and told.

use super::{die, test};
use crate::cpu::catch::catch;
use crate::cpu::{percpu, regs, smp, user};
use crate::dev::{exit, pit, serial};
use crate::machine::machine;
use crate::mem::{demand, heap, phys, vmm};
use crate::{bench, say, tests};
use core::fmt::Write;

const HELP: &str = "help              this\n\
                    mem               frames, heap, what is mapped\n\
                    map               the physical memory map\n\
                    cpus              processors, ticks, system calls\n\
                    tests             names of all tests\n\
                    test PATTERNS     runs tests, as 'test mem/*'\n\
                    bench PATTERNS    measures, as 'bench *'\n\
                    peek ADDRESS      reads eight bytes of virtual memory\n\
                    where ADDRESS     what an address is mapped to\n\
                    die WAY           panic null divide opcode interrupt stack guard double-free memory triple hang\n\
                    exit              powers off";

pub fn talk() {
    serial::listen();
    say!("@info shell=ready");
    let mut buffer = [0u8; 128];
    loop {
        let mut out = serial::Port;
        // Writing to the port cannot fail.
        let _ = out.write_str("hftz> ");
        let length = read_line(&mut buffer);
        let Ok(line) = core::str::from_utf8(&buffer[..length]) else { continue };
        let (word, rest) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
        if matches!(word, "exit" | "quit") {
            return;
        }
        if let Err(trap) = catch(|| obey(word, rest.trim())) {
            say!("caught {trap:x?}");
        }
    }
}

/// Reads up to a line end, echoing; sleeps between bytes. A line too long keeps its beginning.
fn read_line(buffer: &mut [u8]) -> usize {
    let mut length = 0;
    let mut out = serial::Port;
    loop {
        regs::interrupts_off();
        let Some(byte) = serial::receive() else {
            regs::sleep_enabled();
            continue;
        };
        regs::interrupts_on();
        match byte {
            b'\r' | b'\n' => {
                let _ = out.write_str("\n");
                return length;
            }
            8 | 127 if length > 0 => {
                length -= 1;
                let _ = out.write_str("\u{8} \u{8}");
            }
            b' '..=b'~' if length < buffer.len() => {
                buffer[length] = byte;
                length += 1;
                let _ = out.write_char(char::from(byte));
            }
            4 if length == 0 => exit::done(true),
            _ => {}
        }
    }
}

fn obey(word: &str, rest: &str) {
    match word {
        "" => {}
        "help" | "?" => say!("{HELP}"),
        "mem" => memory(),
        "map" => {
            machine().info.memory.regions().iter().for_each(|r| say!("{:#014x}..{:#014x} {:?}", r.start, r.end, r.kind))
        }
        "cpus" => {
            say!(
                "{} online, this is {}",
                percpu::online().count(),
                percpu::this().id.load(core::sync::atomic::Ordering::Relaxed)
            );
            say!(
                "{} ticks, {} wake-ups, {} system calls, tsc {} Hz",
                pit::now().0,
                smp::wakes_seen(),
                user::count(),
                machine().tsc_hz
            );
        }
        "tests" => tests::list(),
        "test" => _ = test(if rest.is_empty() { "*" } else { rest }),
        "bench" => _ = bench::run(if rest.is_empty() { "*" } else { rest }),
        "peek" => match address(rest) {
            // SAFETY: whatever is there may be read; where nothing is, the fault is caught.
            Some(at) => say!("{:#018x}", unsafe { (at as *const u64).read_unaligned() }),
            None => say!("peek wants an address"),
        },
        "where" => match address(rest).map(vmm::translate) {
            Some(Some(mapping)) => say!("{mapping:x?}"),
            Some(None) => say!("not mapped"),
            None => say!("where wants an address"),
        },
        "die" => die::die(rest),
        _ => say!("{word}: unknown, try help"),
    }
}

fn address(text: &str) -> Option<u64> {
    u64::from_str_radix(text.strip_prefix("0x").unwrap_or(text), 16).ok()
}

fn memory() {
    let frames = phys::frames();
    let usage = heap::usage();
    let census = vmm::census();
    say!("frames  {} of {} free, pressure {:?}", phys::available(), frames.total(), frames.level());
    say!("heap    {} blocks, {} bytes, {} chunks of 64 KiB", usage.blocks, usage.bytes, usage.committed);
    say!(
        "mapped  {} small, {} large, {} huge by {} tables; {} pages on demand",
        census.small,
        census.large,
        census.huge,
        census.tables,
        demand::filled()
    );
}
