/** `hftz feedgen`: what it writes is deterministic, consistent with its books, and readable by others. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hftz, shell } from "../support/product.ts";

let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "hftz-feedgen-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Replayed {
  readonly status: number;
  readonly messages: number;
  readonly symbols: number;
  readonly hash: string;
  readonly byType: Readonly<Record<string, number>>;
  readonly faults: object;
  readonly anomalies: object;
}

async function replayed(path: string): Promise<Replayed> {
  return JSON.parse((await hftz(["replay", path, "--hash", "--json"])).out) as Replayed;
}

async function generated(name: string, ...args: readonly string[]): Promise<string> {
  const path = join(folder, name);
  const { status, err } = await hftz(["feedgen", "--to", path, ...args]);
  expect({ status, err }).toEqual({ status: 0, err: "" });
  return path;
}

describe("the bytes", () => {
  test("are the same for the same seed, to a file and to a pipe", async () => {
    const [one, two] = [await generated("one", "--count", "50k"), await generated("two", "--count", "50k")];
    const piped = join(folder, "piped");
    expect((await shell(`hftz feedgen --count 50k 2>/dev/null > ${piped}`)).status).toBe(0);
    expect(readFileSync(one).equals(readFileSync(two))).toBe(true);
    expect(readFileSync(one).equals(readFileSync(piped))).toBe(true);
  });

  test("differ for another seed and another model", async () => {
    const one = readFileSync(await generated("one", "--count", "5k"));
    expect(one.equals(readFileSync(await generated("seed", "--count", "5k", "--seed", "2")))).toBe(false);
    expect(one.equals(readFileSync(await generated("model", "--count", "5k", "--model", "poisson")))).toBe(false);
  });

  test("do not depend on the rate", async () => {
    const free = readFileSync(await generated("free", "--count", "20k"));
    expect(free.equals(readFileSync(await generated("held", "--count", "20k", "--rate", "100k")))).toBe(true);
  });
});

test.each(["zi", "poisson", "hawkes"])("the feed of model %s rebuilds without a fault or an anomaly", async (model) => {
  const path = await generated("day", "--count", "200k", "--symbols", "20", "--model", model);
  const summary = await replayed(path);
  expect(summary).toMatchObject({ status: 0, messages: 200_000, symbols: 20, faults: {}, anomalies: {} });
  for (const type of ["S", "R", "H", "A", "D", "E"]) expect(summary.byType[type]).toBeGreaterThan(0);
});

test("symbols are named SYM00001 and up", async () => {
  const path = await generated("names", "--count", "1k", "--symbols", "3");
  const { out } = await shell(`hftz replay ${path} --messages | grep -o 'SYM0000[0-9]' | sort -u`);
  expect(out).toBe("SYM00001\nSYM00002\nSYM00003\n");
});

test("a held rate takes its time and reports what it achieved", async () => {
  const { status, out, err } = await shell(`hftz feedgen --count 50k --rate 100k --json | wc -c`);
  expect(status).toBe(0);
  expect(Number(out)).toBeGreaterThan(1_000_000);
  const summary = JSON.parse(err) as { elapsedNs: number; messages: number };
  expect(summary.messages).toBe(50_000);
  expect(summary.elapsedNs).toBeGreaterThan(0.45e9);
  expect(summary.elapsedNs).toBeLessThan(3e9);
});

test("the order-entry side of the same flow is bytes of its own, and as deterministic", async () => {
  const orders = readFileSync(await generated("orders", "--count", "10k", "--orders"));
  expect(orders.length).toBeGreaterThan(100_000);
  expect(orders.equals(readFileSync(await generated("orders2", "--count", "10k", "--orders")))).toBe(true);
});

test("a pipe into replay rebuilds what a file does", async () => {
  const path = await generated("pipe", "--count", "100k");
  const { out } = await shell("hftz feedgen --count 100k --quiet | hftz replay - --hash --json");
  expect((JSON.parse(out) as Replayed).hash).toBe((await replayed(path)).hash);
});

test("a reader that goes away ends it with 141", async () => {
  const { out, err } = await shell(`hftz feedgen --count 10M | head -c 100 | wc -c; echo \${PIPESTATUS[0]}`);
  expect({ out, err }).toEqual({ out: "100\n141\n", err: "" });
});

test("a full disk fails it", async () => {
  const { status, err } = await shell("hftz feedgen --count 1M > /dev/full");
  expect(status).toBe(1);
  expect(err).toMatch(/No space left on device/i);
});

test("a terminal gets no binary", async () => {
  const { out } = await shell(`script -qec "hftz feedgen; echo status \\$?" /dev/null`, { env: { NO_COLOR: "1" } });
  expect(out).toContain("stdout is a terminal: a feed is binary");
  expect(out).toContain("status 2");
});

test("a pcapng file is not written under that name with something else in it", async () => {
  const { status, err } = await hftz(["feedgen", "--count", "1k", "--to", join(folder, "day.pcapng")]);
  expect({ status, said: err.includes("pcapng is read, not written") }).toEqual({ status: 1, said: true });
});

describe("--validate", () => {
  interface Report {
    readonly status: number;
    readonly passed: number;
    readonly failed: number;
    readonly checks: readonly { readonly model: string; readonly what: string; readonly pass: boolean }[];
  }

  test("reports every number of a model as JSON", async () => {
    const { status, out } = await hftz(["feedgen", "--validate", "--model", "hawkes", "--json"]);
    const report = JSON.parse(out) as Report;
    expect({ status, of: report.status, failed: report.failed }).toEqual({ status: 0, of: 0, failed: 0 });
    expect(report.passed).toBe(report.checks.length);
    expect(report.checks.map(({ what }) => what).join("\n")).toContain("Fano factor in 0.1 s");
    expect(report.checks.every(({ model, pass }) => model === "hawkes" && pass)).toBe(true);
  });

  test("prints a table and what the flow is known to lack", async () => {
    const { status, out } = await hftz(["feedgen", "--validate", "--model", "poisson"]);
    expect(status).toBe(0);
    expect(out).toMatch(/poisson +P\(gap < 1 us\) +0\.095\d* +0\.0952\d* +±0\.00\d+ +pass/);
    expect(out).toContain("no long memory");
    expect(out).toMatch(/15 of 15 within four standard errors, seed 1/);
  });

  test.each([
    [["--rate", "5"], "--rate does not go with --validate"],
    [["--to", "x"], "--to does not go with --validate"],
    [["--orders"], "--orders does not go with --validate"],
    [["--model", "zi", "--mu", "3"], "go with --model hawkes"],
    [["--alpha", "100"], "must be below 1"],
    [["--alpha", "99.99"], "settles so slowly"],
  ])("with %p is wrong usage", async (more, words) => {
    const { status, out, err } = await hftz(["feedgen", "--validate", ...more]);
    expect({ status, out }).toEqual({ status: 2, out: "" });
    expect(err.split("\n")[0]).toContain(words);
  });
});

describe("a Hawkes flow and bursts", () => {
  test("a kernel of one's own gives other bytes, the default ones written out the same", async () => {
    const hawkes = (name: string, ...args: readonly string[]) =>
      generated(name, "--count", "5k", "--model", "hawkes", ...args).then((path) => readFileSync(path));
    const plain = await hawkes("hawkes");
    expect(plain.equals(await hawkes("same", "--mu", "10", "--alpha", "80", "--beta", "100"))).toBe(true);
    expect(plain.equals(await hawkes("other", "--mu", "20"))).toBe(false);
  });

  test("a schedule with bursts sends more by its end than its rate says", async () => {
    const path = await generated("b", "--rate", "10k", "--burst", "10x,10ms/100ms", "--duration", "200ms");
    expect((await replayed(path)).messages).toBe(3_800);
  });

  test.each([
    [["--model", "hawkes", "--alpha", "120"], "alpha / beta = 120 / 100 = 1.2 must be below 1"],
    [["--model", "hawkes", "--mu", "0"], "mu must lie between"],
    [["--mu", "3"], "--mu, --alpha and --beta go with --model hawkes"],
    [["--burst", "0x,1ms/10ms"], "a burst is 1 to 1M times the rate"],
    [["--burst", "10x,10ms/1ms"], "no longer than the time from one to the next"],
  ])("%p is wrong usage", async (args, words) => {
    const { status, out, err } = await hftz(["feedgen", "--to", join(folder, "never"), ...args]);
    expect({ status, out }).toEqual({ status: 2, out: "" });
    expect(err.split("\n")[0]).toContain(words);
  });
});
