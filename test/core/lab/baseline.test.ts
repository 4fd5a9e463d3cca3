import { expect, test } from "bun:test";
import { compareRuns, slowP99 } from "../../../core/lab/baseline.ts";
import type { EarlierRun, Figure, Settings } from "../../../core/lab/result.ts";

function figure(unit: string, ...samples: readonly number[]): Figure {
  const sorted = samples.toSorted((a, b) => a - b);
  return { unit, median: sorted[sorted.length >> 1]!, min: sorted[0]!, max: sorted.at(-1)!, rounds: 5, samples };
}

const run = (figures: Readonly<Record<string, Figure>>, cpu = "one", settings: Settings = {}): EarlierRun => ({
  environment: { cpu, cores: 2 },
  settings,
  suites: { velox: { figures } },
});

const verdicts = (before: EarlierRun, now: EarlierRun): readonly (readonly [string, string])[] =>
  compareRuns(before, now).rows.map(({ what, verdict }) => [what, verdict]);

test("samples that lie apart tell faster from slower, by the unit's direction", () => {
  const before = run({
    cost: figure("ns a message", 10, 11, 12, 13, 14),
    speed: figure("M items/s", 10, 11, 12, 13, 14),
  });
  const now = run({ cost: figure("ns a message", 5, 6, 7, 8, 9), speed: figure("M items/s", 5, 6, 7, 8, 9) });
  expect(verdicts(before, now)).toEqual([
    ["velox: cost", "faster"],
    ["velox: speed", "slower"],
  ]);
});

test("samples that overlap tell nothing, and a figure without a direction is left out", () => {
  const before = run({ cost: figure("ns", 10, 11, 12, 13, 14), share: figure("times", 1, 1, 1, 1, 1) });
  const now = run({ cost: figure("ns", 9, 12, 13, 14, 15), share: figure("times", 9, 9, 9, 9, 9) });
  expect(verdicts(before, now)).toEqual([["velox: cost", "cannot tell"]]);
});

test("too few rounds tell nothing, however far apart", () => {
  expect(verdicts(run({ cost: figure("ns", 1, 2, 3) }), run({ cost: figure("ns", 100, 200, 300) }))).toEqual([
    ["velox: cost", "cannot tell"],
  ]);
});

test("a sure difference of less than two runs differ anyway tells nothing: 5 % of a cost, a factor of 2 of a p99", () => {
  const fine = figure("ns", 100, 100.1, 100.2, 100.3, 100.4);
  const worse = (factor: number): Figure => figure("ns", ...fine.samples!.map((value) => value * factor));
  const one = (name: string, factor: number) => verdicts(run({ [name]: fine }), run({ [name]: worse(factor) }))[0]![1];
  expect([one("cost", 1.04), one("cost", 1.06)]).toEqual(["cannot tell", "slower"]);
  const p99 = "endToEnd, p99 of each interval";
  expect([one(p99, 1.9), one(p99, 2.1)]).toEqual(["cannot tell", "slower"]);
});

test("different machines are named and nothing is judged", () => {
  const before = run({ cost: figure("ns", 10, 11, 12, 13, 14) }, "one");
  const { machines, rows } = compareRuns(before, run({ cost: figure("ns", 1, 2, 3, 4, 5) }, "other"));
  expect(machines).toEqual(["cpu: one before, other now"]);
  expect(rows.map(({ verdict }) => verdict)).toEqual(["cannot tell"]);
});

test("a pipeline that was asked for something else is named and not judged", () => {
  const before = run({ cost: figure("ns", 10, 11, 12, 13, 14) }, "one", { rate: 1e5, json: true });
  const now = run({ cost: figure("ns", 1, 2, 3, 4, 5) }, "one", { rate: 2e5, html: "x.html" });
  const { settings, rows } = compareRuns(before, now);
  expect(settings).toEqual(["rate: 100000 before, 200000 now"]);
  expect(rows.map(({ verdict }) => verdict)).toEqual(["cannot tell"]);
});

test("a p99 above the limit is said with both figures", () => {
  const latency = { unit: "ns", count: 9, min: 1, p50: 2, p90: 3, p999: 9e4, p9999: 9e4, max: 9e4, mean: 2 } as const;
  const of = (p99: number) => ({
    environment: {},
    suites: { velox: { latencies: { endToEnd: { ...latency, p99 } } } },
  });
  expect(slowP99(of(60_000), 50_000)).toEqual(["velox: the p99 of endToEnd is 60 µs, more than 50 µs"]);
  expect(slowP99(of(50_000), 50_000)).toEqual([]);
});
