import { expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { buildOnly } from "../../../core/build/ahead.mjs";
import { UNSAFE_CRATES } from "../../../core/build/sanitize.mjs";
import { readBunLine, readCargoLine, readUntested } from "../../../core/build/suites.mjs";

const native = join(import.meta.dir, "../../../ffi");

function hasUnsafe(crate: string): boolean {
  const files = ["src", "tests"]
    .map((folder) => join(native, crate, folder))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder, { recursive: true, encoding: "utf8" }).map((file) => join(folder, file)));
  return files.some((file) => {
    if (!file.endsWith(".rs")) return false;
    const code = readFileSync(file, "utf8").replaceAll(/\/\/.*$/gm, "");
    return /\bunsafe(\s*\{|\s+(?:fn|impl|trait|extern)\b|\()/.test(code);
  });
}

test("every crate with unsafe in it is tested under the address sanitizer, and no other", () => {
  const crates = readdirSync(native).filter((name) => existsSync(join(native, name, "Cargo.toml")));
  expect(crates.filter(hasUnsafe).toSorted()).toEqual(UNSAFE_CRATES);
});

const empty = () => ({ passed: 0, failed: 0, skipped: 0 });

test("the closing lines of bun test are counted, coloured or not", () => {
  const tally = empty();
  for (const line of [
    " 12 pass",
    "\u001B[31m 2 fail\u001B[0m",
    " 3 skip",
    " 1 todo",
    "(pass) 5 pass things",
    "12 passed",
  ]) {
    readBunLine(line, tally);
  }
  expect(tally).toEqual({ passed: 12, failed: 2, skipped: 4 });
});

test("the closing lines of every cargo test binary are summed", () => {
  const tally = empty();
  readCargoLine(
    "test result: ok. 40 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.10s",
    tally,
  );
  readCargoLine("test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out", tally);
  readCargoLine("test a_test ... ok", tally);
  readCargoLine("test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 3 filtered out", tally);
  expect(tally).toEqual({ passed: 43, failed: 2, skipped: 1 });
  readCargoLine("test result: ok. 7 passed; 0 failed; 0 ignored; 0 measured; 3 filtered out", tally, true);
  expect(tally.passed).toBe(50);
});

test("what could not be tested is kept in the words of the test, also behind the dots of a quiet run, and once", () => {
  const tally = { untested: new Set<string>() };
  for (const line of [
    "not tested: captures by tshark, which is not installed",
    "...\u001B[33mnot tested: captures by tshark, which is not installed\u001B[0m",
    "(skip) the kernel > has no access to the red zone [0.12ms]",
    "(pass) what is not tested says so",
    "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out",
  ]) {
    readUntested(line, tally);
  }
  expect([...tally.untested]).toEqual([
    "captures by tshark, which is not installed",
    "the kernel > has no access to the red zone",
  ]);
});

test("what a suite will run is built by the same words of cargo, so that nothing is built twice", () => {
  const env = ["--profile", "checked", "--quiet"];
  expect(buildOnly(["test", "-p", "x", ...env])).toEqual(["test", "-p", "x", ...env, "--no-run"]);
  expect(buildOnly(["test", ...env, "--", "--skip", "y"])).toEqual(["test", ...env, "--no-run"]);
  expect(buildOnly(["check", "--locked"])).toEqual(["check", "--locked"]);
  expect(buildOnly(["miri", "test"])).toBeUndefined();
});
