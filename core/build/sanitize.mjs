// Rust built in other ways to be tested: every interleaving of the lock-free parts, and `unsafe` under the address sanitizer and
// Miri, where the toolchain has them; what is absent is said.

import { readdirSync } from "node:fs";
import { inRoot, native } from "./paths.mjs";
import { capture } from "./process.mjs";

/** The crates with `unsafe` in them and Rust tests that reach it. */
const UNSAFE_CRATES = ["book", "clock", "journal", "net", "ring", "source", "velox", "wire"];
const TARGET = "x86_64-unknown-linux-gnu";
/** Instrumented code is several times slower: fewer random cases, the same ones every time. */
const SHORT = { PROPTEST_CASES: "16", HFTZ_FUZZ_ITERATIONS: "2000" };

const packages = UNSAFE_CRATES.flatMap((name) => ["-p", `hftz-${name}`]);

/** Suites `{name, args, env}` for `cargo`, and a line for each tool that is missing. */
export function sanitizerSuites(long) {
  const suites = [
    {
      name: "Rust: loom, every interleaving of rings, seqlock and price-level book",
      args: ["test", "-p", "hftz-ring", "-p", "hftz-velox", "--locked", "--release", "--test", "loom", "--quiet"],
      env: { RUSTFLAGS: "--cfg loom", CARGO_TARGET_DIR: inRoot("ffi/target/loom") },
    },
  ];
  const missing = [];
  const settings = long ? {} : SHORT;
  if (hasAddressSanitizer()) {
    suites.push({
      name: "Rust: address sanitizer over the crates with unsafe",
      args: [
        "test",
        ...packages,
        "--lib",
        "--tests",
        "--locked",
        "--no-fail-fast",
        "--profile",
        "checked",
        "--target",
        TARGET,
        "--quiet",
      ],
      // The flag is unstable, the runtime is part of the stable toolchain; the bootstrap switch lets one reach the other.
      env: {
        ...settings,
        RUSTC_BOOTSTRAP: "1",
        RUSTFLAGS: "-Zsanitizer=address",
        CARGO_TARGET_DIR: inRoot("ffi/target/asan"),
      },
    });
  } else missing.push("address sanitizer: this Rust toolchain has no runtime for it; not run");
  if (capture("cargo", ["miri", "--version"], { cwd: native }) !== undefined) {
    suites.push({
      name: "Rust: Miri over the lock-free rings",
      args: ["miri", "test", "-p", "hftz-ring", "--lib"],
      env: { ...SHORT, MIRIFLAGS: "-Zmiri-disable-isolation", CARGO_TARGET_DIR: inRoot("ffi/target/miri") },
    });
  } else missing.push("Miri: not part of this Rust toolchain; not run");
  return { suites, missing };
}

function hasAddressSanitizer() {
  const folder = capture("rustc", ["--print", "target-libdir"], { cwd: native });
  return folder !== undefined && readdirSync(folder).some((name) => name.endsWith("_rt.asan.a"));
}
