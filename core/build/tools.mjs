// What must be on the machine before anything is built: Node, a Rust toolchain and a C linker. One clear line each.

import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { native } from "./paths.mjs";
import { SetupFailure, capture } from "./process.mjs";

const RUST_HINT = "install it with rustup (https://rustup.rs) and run this command again";

/** rustup writes its PATH line to the profile only: a shell that was open before does not have it yet. */
export function addCargoToPath() {
  const bin = join(process.env.CARGO_HOME ?? join(homedir(), ".cargo"), "bin");
  const known = (process.env.PATH ?? "").split(delimiter);
  if (!known.includes(bin) && existsSync(bin)) process.env.PATH = [...known, bin].join(delimiter);
}

export function checkPlatform() {
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new SetupFailure(`hftz builds on Linux x86-64; this is ${process.platform} ${process.arch}`);
  }
  const major = Number(process.versions.node.split(".")[0]);
  if (major < 20) {
    throw new SetupFailure(
      `hftz needs Node 20 or newer to build; this is ${process.versions.node}`,
      "install Node 20 LTS or newer",
    );
  }
}

export function checkNativeTools() {
  addCargoToPath();
  const wanted =
    /^rust-version\s*=\s*"([\d.]+)"/m.exec(readFileSync(join(native, "Cargo.toml"), "utf8"))?.[1] ?? "1.85";
  if (capture("cargo", ["--version"]) === undefined) {
    throw new SetupFailure(`Rust ${wanted} or newer is missing (no working cargo on the PATH)`, RUST_HINT);
  }
  const found = /^rustc (\d+\.\d+\.\d+)/.exec(capture("rustc", ["--version"]) ?? "")?.[1];
  if (found === undefined) throw new SetupFailure("cargo is there, but rustc does not run", RUST_HINT);
  if (isOlder(found, wanted))
    throw new SetupFailure(`hftz needs Rust ${wanted} or newer; this is ${found}`, "run: rustup update stable");
  if (capture("cc", ["--version"]) === undefined) {
    throw new SetupFailure(
      "a C compiler is missing (no working cc on the PATH): Rust links with it",
      "install gcc or clang, on Debian and Ubuntu: apt-get install build-essential",
    );
  }
}

export function isOlder(version, wanted) {
  const [a, b] = [version, wanted].map((text) => text.split(".").map(Number));
  for (let i = 0; i < 3; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
