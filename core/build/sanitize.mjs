// Rust built in other ways to be tested: every interleaving of the lock-free parts, and `unsafe` under the address sanitizer and
// Miri, where the toolchain has them; what is absent is said.

import { readdirSync } from "node:fs";
import { inRoot, native } from "./paths.mjs";
import { capture } from "./process.mjs";

const TARGET = "x86_64-unknown-linux-gnu";

/** Crates with `unsafe` in them whose own tests reach it; instrumented code is several times slower: fewer random cases. */
const PARTS = {
  crates: ["book", "clock", "isa", "journal", "kernel", "net", "ring", "source", "velox", "wire"],
  short: { targets: ["--lib", "--tests"], env: { PROPTEST_CASES: "16", HFTZ_FUZZ_ITERATIONS: "2000" } },
  long: { targets: ["--lib", "--tests"] },
  skipped: [],
};

/** Crates of whole runs: tests that reach their `unsafe`, each case of which is a run. */
const RUNS = {
  crates: ["abi", "engine", "lab"],
  short: {
    targets: named("allocation", "exchange", "journal", "replay", "yardstick"),
    env: { PROPTEST_CASES: "8", HFTZ_FUZZ_ITERATIONS: "100" },
  },
  long: {
    targets: [
      "--lib",
      ...named("allocation", "exchange", "journal", "journal_snapshots", "orders_fuzz", "replay", "yardstick"),
    ],
  },
  // An emulator would have to map the sanitizer's terabytes of shadow. The others are minutes of the same code over again.
  // The sanitizer keeps what is freed for a while, and counts leaks by itself.
  skipped: ["a_processor_of_x86_64_v2", "published", "races_of_another_flow", "cost_no_memory"],
};

function named(...tests) {
  return tests.flatMap((name) => ["--test", name]);
}

/** Of the long tests: minutes each, where what they do without the sanitizer would be hours. */
const LONG = { HFTZ_LONG: undefined, PROPTEST_CASES: "1000", HFTZ_FUZZ_ITERATIONS: "200000" };

/** All crates with `unsafe` in them; a test holds the list to the sources. */
export const UNSAFE_CRATES = [...PARTS.crates, ...RUNS.crates].toSorted();

/** Suites `{name, args, env, skips}` for `cargo`, `skips` where some tests are left out by name, and a line for each tool that is missing. */
export function sanitizerSuites(long) {
  const suites = [
    {
      name: "Rust: loom, every interleaving of rings, seqlock and price-level book",
      args: ["test", "-p", "hftz-ring", "-p", "hftz-velox", "--locked", "--release", "--test", "loom", "--quiet"],
      env: { RUSTFLAGS: "--cfg loom", CARGO_TARGET_DIR: inRoot("ffi/target/loom") },
    },
  ];
  const missing = [];
  if (hasAddressSanitizer()) {
    suites.push(
      addressSuite("the crates with unsafe", PARTS, long),
      addressSuite("whole runs and the C ABI", RUNS, long),
    );
  } else missing.push("address sanitizer: this Rust toolchain has no runtime for it; not run");
  if (capture("cargo", ["miri", "--version"], { cwd: native }) !== undefined) {
    suites.push({
      name: "Rust: Miri over the lock-free rings",
      args: ["miri", "test", "-p", "hftz-ring", "--lib"],
      env: { ...PARTS.short.env, MIRIFLAGS: "-Zmiri-disable-isolation", CARGO_TARGET_DIR: inRoot("ffi/target/miri") },
    });
  } else missing.push("Miri: not part of this Rust toolchain; not run");
  return { suites, missing };
}

/**
 * The target of `cargo fuzz`, which lies outside the workspace because it wants a nightly toolchain to run: here it is only checked, and
 * libFuzzer itself, which a check does not link, is not compiled.
 */
export function fuzzTargetBuild() {
  return {
    name: "Rust: the target of cargo fuzz compiles",
    args: ["check", "--locked", "--quiet", "--manifest-path", "wire/fuzz/Cargo.toml"],
    env: { CUSTOM_LIBFUZZER_PATH: inRoot("ffi/target/fuzz/libfuzzer.a"), CARGO_TARGET_DIR: inRoot("ffi/target/fuzz") },
  };
}

function addressSuite(over, { crates, skipped, ...how }, isLong) {
  const { targets, env } = isLong ? { ...how.long, env: LONG } : how.short;
  const packages = crates.flatMap((name) => ["-p", `hftz-${name}`]);
  const skip = skipped.flatMap((name) => ["--skip", name]);
  const build = ["--locked", "--no-fail-fast", "--profile", "checked", "--target", TARGET, "--quiet"];
  return {
    name: `Rust: address sanitizer over ${over}`,
    args: ["test", ...packages, ...targets, ...build, ...(skip.length > 0 ? ["--", ...skip] : [])],
    // The flag is unstable, the runtime is part of the stable toolchain; the bootstrap switch lets one reach the other. The runtime lies
    // in the test's program, where a library that it loads must find it.
    env: {
      ...env,
      RUSTC_BOOTSTRAP: "1",
      RUSTFLAGS: "-Zsanitizer=address -Clink-arg=-rdynamic",
      CARGO_TARGET_DIR: inRoot("ffi/target/asan"),
    },
    skips: skipped.length > 0,
  };
}

function hasAddressSanitizer() {
  const folder = capture("rustc", ["--print", "target-libdir"], { cwd: native });
  return folder !== undefined && readdirSync(folder).some((name) => name.endsWith("_rt.asan.a"));
}
