// Every test, TypeScript and Rust, with one closing line: `N passed, N failed`.

import { existsSync } from "node:fs";
import { stripVTControlCharacters } from "node:util";
import { buildAhead } from "./ahead.mjs";
import { bun, inRoot, native, root } from "./paths.mjs";
import { run, say } from "./process.mjs";
import { fuzzTargetBuild, sanitizerSuites } from "./sanitize.mjs";
import { addCargoToPath, checkNativeTools } from "./tools.mjs";

/** What one suite reported. */
class Tally {
  passed = 0;
  failed = 0;
  skipped = 0;
  /** What a machine lacks or a test leaves to the long ones, in the tests' own words: told again at the end, where it is seen. */
  untested = new Set();

  add(other) {
    this.passed += other.passed;
    this.failed += other.failed;
    this.skipped += other.skipped;
    for (const what of other.untested) this.untested.add(what);
  }
}

/** Keeps what a test says that cannot do its work here: `not tested: captures by tshark, which is not installed`. */
export function readUntested(line, tally) {
  const match = /(?:not tested: |^\(skip\) )(.+?)(?: \[[\d.]+m?s\])?$/.exec(stripVTControlCharacters(line).trimEnd());
  if (match !== null) tally.untested.add(match[1]);
}

/** Counts the summary lines of `bun test`: ` 12 pass`, ` 1 fail`, ` 2 skip`. */
export function readBunLine(line, tally) {
  const match = /^\s*(\d+) (pass|fail|skip|todo)\s*$/.exec(stripVTControlCharacters(line));
  if (match === null) return;
  const field = { pass: "passed", fail: "failed", skip: "skipped", todo: "skipped" }[match[2]];
  tally[field] += Number(match[1]);
}

/**
 * Counts the lines with which cargo closes each test binary. A line that filtered something out is from a test that started
 * itself again as a second process, and is counted by its parent; unless the whole suite `skips` some.
 */
export function readCargoLine(line, tally, skips = false) {
  const match = /^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored;.* (\d+) filtered out/.exec(
    stripVTControlCharacters(line),
  );
  if (match === null || (match[4] !== "0" && !skips)) return;
  tally.passed += Number(match[1]);
  tally.failed += Number(match[2]);
  tally.skipped += Number(match[3]);
}

/** One that only has to compile counts as one test. */
async function runBuild({ args, env }, around) {
  const tally = new Tally();
  const status = await run("cargo", args, { cwd: native, env: { ...around, ...env } });
  if (status === 0) tally.passed = 1;
  else tally.failed = 1;
  return tally;
}

/** All suites of cargo in their order, and a line for each tool that is missing. */
function rustSuites(long) {
  // Optimised, with assertions and overflow checks: the fuzz loops and real files are a hundred times slower without.
  const args = ["test", "--workspace", "--locked", "--no-fail-fast", "--profile", "checked", "--quiet"];
  const plain = { name: "Rust: cargo test", args: [...args, ...(long ? ["--", "--include-ignored"] : [])], env: {} };
  const { suites, missing } = sanitizerSuites(long);
  return { suites: [plain, fuzzTargetBuild(), ...suites], missing };
}

/** What the words of `npm test` ask for. */
function readWords(rest) {
  const long = rest.includes("--long");
  const only = rest.includes("--only") ? rest[rest.indexOf("--only") + 1] : undefined;
  const filters = rest.filter((word, index) => word !== "--long" && word !== "--only" && rest[index - 1] !== "--only");
  return { long, filters, typescript: only !== "rust", rust: only !== "ts" && filters.length === 0 };
}

/** Begins to build what {@link runSuites} will run with the same words, where there is anything to build. */
export function buildSuitesAhead(rest) {
  const { long, rust } = readWords(rest);
  if (!rust) return undefined;
  checkNativeTools();
  return buildAhead(rustSuites(long).suites, process.env);
}

/** A suite that ends badly without naming a failed test (it did not compile, it crashed) counts as one failure. */
async function runSuite(name, command, args, options, readLine) {
  const tally = new Tally();
  const onLine = (line) => {
    readLine(line, tally);
    readUntested(line, tally);
  };
  const status = await run(command, args, { ...options, onLine });
  if (status !== 0 && tally.failed === 0) {
    say(`${name}: ended with exit code ${status} without naming a failed test`);
    tally.failed = 1;
  }
  return tally;
}

function runCargo({ name, args, env, skips }, around) {
  const options = { cwd: native, env: { ...around, ...env } };
  return runSuite(name, "cargo", args, options, (line, tally) => readCargoLine(line, tally, skips));
}

/**
 * @param rest `--long` for the long variants, `--only ts|rust` for one language, anything else goes to `bun test`
 * @param built waits for the build of a suite that was begun before
 * @returns the exit code
 */
export async function runSuites(rest, built = async () => {}) {
  const { long, filters, typescript, rust } = readWords(rest);
  addCargoToPath();
  const total = new Tally();
  const env = { ...process.env, ...dataPlace(total), ...(long && longSettings()) };
  if (typescript) {
    say("\n== TypeScript: bun test");
    // A test here fails by what it sees, not by the clock of a loaded machine; the limit is for one that hangs.
    const args = ["test", `--timeout=${long ? 3_600_000 : 120_000}`, ...filters];
    total.add(await runSuite("TypeScript: bun test", bun, args, { cwd: root, env }, readBunLine));
  }
  if (rust) {
    checkNativeTools();
    const { suites, missing } = rustSuites(long);
    for (const suite of suites) {
      say(`\n== ${suite.name}`);
      await built(suite.name);
      total.add(await (suite.args[0] === "check" ? runBuild(suite, env) : runCargo(suite, env)));
    }
    for (const line of missing) total.untested.add(line);
  }
  for (const what of total.untested) say(`not tested: ${what}`);
  if (total.skipped > 0) say(`${total.skipped} skipped${long ? "" : "; npm run test:long runs the long ones"}`);
  process.stdout.write(`${total.passed} passed, ${total.failed} failed\n`);
  return total.failed === 0 ? 0 : 1;
}

/** Real data beside the checkout, when it is there; tests say so themselves, too, when it is not. */
function dataPlace(total) {
  if (process.env.HFTZ_DATA) return {};
  const place = inRoot("../shared/data");
  if (existsSync(place)) return { HFTZ_DATA: place };
  total.untested.add("what needs real exchange data, because HFTZ_DATA is not set and there is no ../shared/data");
  return {};
}

function longSettings() {
  const defaults = { HFTZ_LONG: "1", HFTZ_FUZZ_ITERATIONS: "20000000", PROPTEST_CASES: "10000" };
  return Object.fromEntries(Object.entries(defaults).map(([name, value]) => [name, process.env[name] ?? value]));
}
