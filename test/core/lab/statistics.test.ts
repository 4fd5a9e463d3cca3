import { expect, test } from "bun:test";
import fc from "fast-check";
import { compareSamples, cutOff, rankSums } from "../../../core/lab/statistics.ts";

/** Every order of m and n values, one by one: in how many the statistic is u. */
function enumerated(m: number, n: number): readonly number[] {
  const counts = Array.from({ length: m * n + 1 }, () => 0);
  for (let mask = 0; mask < 1 << (m + n); mask++) {
    const isFirst = Array.from({ length: m + n }, (_, place) => ((mask >> place) & 1) === 1);
    if (isFirst.filter(Boolean).length !== m) continue;
    const above = isFirst.map((first, place) => (first ? isFirst.slice(0, place).filter((other) => !other).length : 0));
    counts[above.reduce((sum, count) => sum + count, 0)]! += 1;
  }
  return counts;
}

test("the distribution of the Mann-Whitney statistic is that of all orders, counted one by one", () => {
  for (let m = 1; m <= 5; m++)
    for (let n = 1; n <= 5; n++) expect([m, n, rankSums(m, n)]).toEqual([m, n, enumerated(m, n)]);
});

test("cut-offs are those of the published table of the two-sided test at 1 %", () => {
  // Critical values of U at 0.01, two-sided (Mann and Whitney 1947, as tabulated since); a cut-off is one more.
  const published = [
    [5, 5, 0],
    [5, 10, 4],
    [7, 7, 4],
    [8, 8, 7],
    [10, 10, 16],
    [15, 15, 51],
    [20, 20, 105],
  ] as const;
  for (const [m, n, critical] of published) expect([m, n, cutOff(m, n)]).toEqual([m, n, critical + 1]);
  expect(cutOff(4, 4)).toBe(0);
  expect(cutOff(3, 5)).toBe(0);
});

test("where the normal curve takes over the cut-off hardly moves", () => {
  const all = rankSums(21, 20).reduce((sum, count) => sum + count, 0);
  let [below, exact] = [0, 0];
  for (const count of rankSums(21, 20)) {
    if ((below + count) / all > 0.005) break;
    below += count;
    exact++;
  }
  expect(Math.abs(cutOff(21, 20) - exact)).toBeLessThanOrEqual(2);
});

test("a ratio that holds everywhere is found, and its interval leaves 1 out", () => {
  const before = [10, 11, 12, 13, 14];
  const found = compareSamples(
    before,
    before.map((value) => value * 2),
  )!;
  expect(found).toMatchObject({ ratio: 2, isConfident: true });
  expect(found.least).toBeGreaterThan(1);
});

test("four samples a side are too few for 99 %", () => {
  expect(compareSamples([1, 2, 3, 4], [10, 20, 30, 40])!.isConfident).toBe(false);
});

test("equals are told apart in about one of a hundred comparisons", () => {
  // Values that cannot tie, in a fixed order of a linear congruential generator.
  let state = 1n;
  const draw = (): number => {
    state = (state * 6_364_136_223_846_793_005n + 1_442_695_040_888_963_407n) & 0xffff_ffff_ffff_ffffn;
    return 1 + Number(state >> 32n) / 2 ** 32;
  };
  const row = (): number[] => Array.from({ length: 7 }, draw);
  const rounds = 4000;
  const wrong = Array.from({ length: rounds }, () => compareSamples(row(), row())!).filter(
    ({ least, most }) => least > 1 || most < 1,
  ).length;
  // 7 and 7 have the level 0.0070; four standard deviations around it.
  expect(wrong / rounds).toBeGreaterThan(0.0017);
  expect(wrong / rounds).toBeLessThan(0.0123);
});

test("turned around the interval is the reciprocal, and the ratio lies inside", () => {
  const samples = fc.array(fc.double({ min: 0.001, max: 1000, noNaN: true }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(samples, samples, (a, b) => {
      const [there, back] = [compareSamples(a, b)!, compareSamples(b, a)!];
      expect(there.least).toBeLessThanOrEqual(there.ratio);
      expect(there.ratio).toBeLessThanOrEqual(there.most);
      expect(there.least * back.most).toBeCloseTo(1, 9);
      expect(there.isConfident).toBe(back.isConfident);
    }),
  );
});

test("long series are thinned, and zeros give no ratio", () => {
  const long = Array.from({ length: 3600 }, (_, index) => 100 + (index % 7));
  expect(compareSamples(long, long)!.ratio).toBeCloseTo(1, 6);
  expect(compareSamples([0, 1], [1, 1])).toBeUndefined();
  expect(compareSamples([], [1])).toBeUndefined();
});
