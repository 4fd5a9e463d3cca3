/** A lab run as text. */

import { expect, test } from "bun:test";
import { palette } from "../../../core/cli/terminal.ts";
import type { Suites } from "../../../core/lab/result.ts";
import { benchRenderer } from "../../../core/report/bench.ts";

const plain = { boxed: false, paint: palette(false) };
const latency = {
  unit: "ns",
  count: 9,
  min: 10,
  p50: 20,
  p90: 30,
  p99: 40,
  p999: 50,
  p9999: 60,
  max: 70,
  mean: 22,
} as const;
const jitter = { latencies: { gaps: latency } };
const clock = { figures: { rdtsc: { unit: "ns, thread time", median: 11.5, min: 11, max: 12, rounds: 1 } } };
const velox = {
  dropped: 0,
  meanBundleSize: 10.9,
  unpinned: ["CPU 99: none", "CPU 98: none"],
  latencies: { endToEnd: latency },
};

async function textOf(suites: Suites): Promise<string> {
  return benchRenderer({})({ environment: {}, suites }, plain);
}

test("several suites stand in one table before their details", async () => {
  const lines = (await textOf({ clock, jitter, velox })).split("\n");
  const first = lines.indexOf("at a glance");
  expect(lines.slice(first + 1, first + 7).map((line) => line.split(/ {2,}/))).toEqual([
    ["suite", "what", "median", "min", "p99", "max", "unit"],
    ["clock", "rdtsc", "11.50", "11.00", "12.00", "ns, thread time"],
    ["jitter", "gaps", "20 ns", "10 ns", "40 ns", "70 ns"],
    ["velox", "dropped", "0"],
    ["velox", "mean bundle size", "10.9"],
    ["velox", "end to end", "20 ns", "10 ns", "40 ns", "70 ns"],
  ]);
  expect(first).toBeLessThan(lines.indexOf("clock"));
});

test("one suite is its own table", async () => {
  expect(await textOf({ jitter })).not.toContain("at a glance");
});

test("a share of something is a percentage wherever its name says so", async () => {
  const text = await textOf({ jitter: { shareLost: 0.0042, stolenShare: 0.5 } });
  expect(text).toContain("share lost  0.4 %\n");
  expect(text).toContain("stolen      50.0 %\n");
});

test("what a machine refused is said", async () => {
  expect(await textOf({ velox })).toContain("unpinned          CPU 99: none; CPU 98: none\n");
});
