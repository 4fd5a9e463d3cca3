import { expect, test } from "bun:test";
import { compareRuns, readBaseline, slowP99 } from "../../../core/lab/baseline.ts";
import type { Figure, LabRun } from "../../../core/lab/result.ts";

const figure = (unit: string, min: number, median: number, max: number): Figure => ({
  unit,
  min,
  median,
  max,
  rounds: 5,
});

function run(figures: Readonly<Record<string, Figure>>, cpu = "one", p99 = 1000): LabRun {
  const latency = {
    unit: "ns",
    count: 9,
    min: 1,
    p50: 2,
    p90: 3,
    p99,
    p999: p99,
    p9999: p99,
    max: p99,
    mean: 2,
  } as const;
  return { environment: { cpu, cores: 2 }, suites: { velox: { figures, latencies: { endToEnd: latency } } } };
}

test("spreads that do not overlap tell faster from slower, by the unit's direction", () => {
  const before = run({ cost: figure("ns a message", 10, 11, 12), speed: figure("M items/s", 10, 11, 12) });
  const now = run({ cost: figure("ns a message", 5, 6, 7), speed: figure("M items/s", 5, 6, 7) });
  const verdicts = compareRuns(before, now).rows.map(({ what, verdict }) => [what, verdict]);
  expect(verdicts).toEqual([
    ["velox: cost", "faster"],
    ["velox: speed", "slower"],
    ["velox: endToEnd, p99", "cannot tell"],
  ]);
});

test("spreads that overlap tell nothing, and a figure without a direction is left out", () => {
  const before = run({ cost: figure("ns", 10, 11, 14), share: figure("times", 1, 1, 1) });
  const { rows } = compareRuns(before, run({ cost: figure("ns", 9, 13, 15), share: figure("times", 9, 9, 9) }));
  expect(rows.map(({ what, verdict }) => [what, verdict])).toEqual([
    ["velox: cost", "cannot tell"],
    ["velox: endToEnd, p99", "cannot tell"],
  ]);
});

test("a p99 counts once it has doubled", () => {
  const { rows } = compareRuns(run({}, "one", 1000), run({}, "one", 2500));
  expect(rows.map(({ verdict }) => verdict)).toEqual(["slower"]);
});

test("different machines are named and nothing is judged", () => {
  const before = run({ cost: figure("ns", 10, 11, 12) }, "one");
  const { machines, rows } = compareRuns(before, run({ cost: figure("ns", 1, 2, 3) }, "other"));
  expect(machines).toEqual(["cpu: one before, other now"]);
  expect(new Set(rows.map(({ verdict }) => verdict))).toEqual(new Set(["cannot tell"]));
});

test("a p99 above the limit is said with both figures", () => {
  expect(slowP99(run({}, "one", 60_000), 50_000)).toEqual(["velox: the p99 of endToEnd is 60 µs, more than 50 µs"]);
  expect(slowP99(run({}, "one", 50_000), 50_000)).toEqual([]);
});

test("a baseline that is absent, no JSON or something else is refused by name", async () => {
  expect(() => readBaseline("/nonexistent/before.json")).toThrow("/nonexistent/before.json");
  expect(() => readBaseline(import.meta.path)).toThrow("it is not JSON");
  expect(() => readBaseline(`${import.meta.dir}/../../../package.json`)).toThrow("no result of hftz bench");
});
