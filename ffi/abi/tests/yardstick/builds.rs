//! The library runs on any x86-64-v2 machine: the plain build of the engine gives the same reports, an old processor meets no
//! instruction that it lacks, and wider ones lie in functions that were asked for by name.

use std::io::Write;
use std::process::Command;

use crate::harness::{Harness, library_path};

/// What a processor of 2008 has no word for: everything that begins with `v` but two privileged ones, and the general-purpose
/// instructions of BMI1, BMI2, LZCNT and MOVBE. TZCNT is left out: older processors read it as BSF, which compilers rely on.
const WIDE: &[&str] = &[
    "andn", "bextr", "blsi", "blsmsk", "blsr", "bzhi", "lzcnt", "movbe", "mulx", "pdep", "pext", "rorx", "sarx",
    "shlx", "shrx",
];
const PRIVILEGED: &[&str] = &["verr", "verw"];

/// Who may use them: our builds for x86-64-v3; libraries that ask the processor by themselves, and what they call
/// instructions by.
const ASKED: &[&str] = &["6one_v3", "6all_v3", "7walk_v3", "6memchr", "7zlib_rs", "9core_arch"];

/// Runs tests of this program again, elsewhere: by `start` before it (none: as it is), with `HFTZ_ISA` as given.
fn again(start: &[&str], isa: Option<&str>, tests: &[&str]) {
    let own = std::env::current_exe().unwrap();
    let own = own.to_str().unwrap();
    let words: Vec<&str> =
        start.iter().copied().chain([own, "--exact", "--nocapture"]).chain(tests.iter().copied()).collect();
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).env_remove("HFTZ_ISA");
    if let Some(isa) = isa {
        command.env("HFTZ_ISA", isa);
    }
    let ended = command.output().unwrap();
    let said = String::from_utf8_lossy(&ended.stdout);
    let passed = format!("{} passed; 0 failed", tests.len());
    assert!(ended.status.success() && said.contains(&passed), "{words:?}, {isa:?}: {}\n{said}", ended.status);
}

fn not_tested(program: &str) {
    // Not by a macro: the harness would keep what a test prints that passes.
    let _ = writeln!(std::io::stderr(), "not tested: the instructions of the library, because there is no {program}");
}

const THE_BUILD: &str = "builds::the_library_runs_the_build_that_was_asked_for";
const EDGE_CASES: &str = "edge_cases::the_34_edge_cases_give_the_lines_that_conforming_engines_give";
const SCENARIOS: &str = "the_reports_of_all_five_scenarios_are_the_published_ones";
const VARIANTS: &str = "the_variants_give_what_the_engine_gives_without_the_abi";

#[test]
fn the_library_runs_the_build_that_was_asked_for() {
    let best = if hftz_isa::V3::find().is_some() { 3 } else { 2 };
    let expected = match std::env::var("HFTZ_ISA").as_deref() {
        Ok("v2") => 2,
        Ok("v3") if best == 3 => 3,
        Ok("" | "auto") | Err(_) => best,
        Ok(_) => 0,
    };
    assert_eq!(Harness::open().isa(), expected);
}

#[test]
fn the_plain_build_gives_the_published_reports_too() {
    again(&[], Some("v2"), &[THE_BUILD, EDGE_CASES, SCENARIOS, VARIANTS]);
}

#[test]
fn who_asks_for_what_there_is_not_gets_the_plain_build() {
    again(&[], Some("v9"), &[THE_BUILD, EDGE_CASES]);
}

#[test]
fn a_processor_of_x86_64_v2_runs_the_library() {
    let emulator = "qemu-x86_64";
    if Command::new(emulator).arg("--version").output().is_err() {
        not_tested(emulator);
        return;
    }
    again(&[emulator, "-cpu", "Nehalem"], None, &[THE_BUILD, EDGE_CASES]);
}

#[test]
fn wider_instructions_lie_in_functions_that_are_chosen_at_run_time() {
    let library = library_path();
    let Ok(listed) = Command::new("objdump").args(["-d", "--no-show-raw-insn"]).arg(&library).output() else {
        not_tested("objdump");
        return;
    };
    assert!(listed.status.success());
    let listing = String::from_utf8(listed.stdout).unwrap();
    let (mut function, mut wide, mut ours) = ("", Vec::new(), 0);
    for line in listing.lines() {
        if let Some((_, name)) = line.strip_suffix(">:").and_then(|line| line.split_once('<')) {
            function = name;
        } else if let Some(instruction) = line.split('\t').nth(1) {
            let word = instruction.split_ascii_whitespace().next().unwrap_or_default();
            let is_wide = word.starts_with('v') && !PRIVILEGED.contains(&word) || WIDE.contains(&word);
            if is_wide && !ASKED.iter().any(|name| function.contains(name)) {
                wide.push(format!("{function}: {instruction}"));
            }
            ours += u32::from(is_wide && function.contains("_v3"));
        }
    }
    assert!(wide.is_empty(), "{} of them: {:#?}", wide.len(), &wide[..wide.len().min(20)]);
    assert!(ours > 0, "the build for x86-64-v3 is not there");
}
