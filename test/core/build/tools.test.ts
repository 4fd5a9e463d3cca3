/** Set-up on a machine where something is missing: one clear line that says what to install. */

import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isOlder } from "../../../core/build/tools.mjs";
import { root } from "../../support/product.ts";

let folder = "";
const node = Bun.which("node")!;
const wanted = /^rust-version = "(.*)"$/m.exec(readFileSync(join(root, "ffi/Cargo.toml"), "utf8"))![1]!;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "hftz-tools-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A PATH with node and the given programs, each of which prints its text. */
function machineWith(programs: Readonly<Record<string, string>>): Record<string, string> {
  const bin = mkdtempSync(join(folder, "bin-"));
  symlinkSync(node, join(bin, "node"));
  for (const [name, text] of Object.entries(programs)) {
    writeFileSync(join(bin, name), `#!/bin/sh\necho '${text}'\n`);
    chmodSync(join(bin, name), 0o755);
  }
  mkdirSync(join(bin, "empty"));
  return { PATH: bin, CARGO_HOME: join(bin, "empty"), HOME: join(bin, "empty") };
}

function checkTools(env: Record<string, string>): { readonly status: number; readonly err: string } {
  const script = `import { checkNativeTools } from "${root}/core/build/tools.mjs";
    try { checkNativeTools(); } catch (error) { console.error(error.message + "; " + error.hint); process.exit(1); }`;
  const { exitCode, stderr } = Bun.spawnSync([node, "--input-type=module", "-e", script], { env });
  return { status: exitCode, err: stderr.toString() };
}

const RUST = { cargo: "cargo 1.95.0 (x)", rustc: "rustc 1.95.0 (x)" };

test("a missing Rust toolchain is one line that says how to install it", () => {
  const { status, err } = checkTools(machineWith({ cc: "cc" }));
  expect(status).toBe(1);
  expect(err).toBe(
    `Rust ${wanted} or newer is missing (no working cargo on the PATH); install it with rustup (https://rustup.rs) and run this command again\n`,
  );
});

test("an old Rust toolchain is one line with both versions", () => {
  const { status, err } = checkTools(machineWith({ ...RUST, rustc: "rustc 1.70.0 (x)", cc: "cc" }));
  expect(status).toBe(1);
  expect(err).toBe(`hftz needs Rust ${wanted} or newer; this is 1.70.0; run: rustup update stable\n`);
});

test("a missing C compiler is one line that says what to install", () => {
  const { status, err } = checkTools(machineWith(RUST));
  expect(status).toBe(1);
  expect(err).toStartWith("a C compiler is missing");
  expect(err).toContain("apt-get install build-essential");
});

test("a machine that has everything passes", () => {
  expect(checkTools(machineWith({ ...RUST, cc: "cc" }))).toEqual({ status: 0, err: "" });
});

test("the README asks for the same Rust as the code", () => {
  expect(readFileSync(join(root, "README.md"), "utf8")).toContain(`Rust ${wanted}`);
});

test("versions compare by number, not by letter", () => {
  expect(isOlder("1.9.0", "1.85")).toBe(true);
  expect(isOlder("1.85.0", "1.85")).toBe(false);
  expect(isOlder("1.100.0", "1.85")).toBe(false);
  expect(isOlder("2.0.0", "1.85")).toBe(false);
});
