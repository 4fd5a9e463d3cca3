/**
 * How much larger one set of samples is than another, with an interval: the median of all pairwise ratios (Hodges and Lehmann 1963)
 * and the interval that inverts the Mann-Whitney test. It assumes no distribution: tails and steps are as good as bell curves.
 */

/** An interval misses the truth in one of a hundred comparisons of equals. */
const MISSES = 0.01;
/** The normal deviate that is exceeded on one side in half of {@link MISSES}. */
const DEVIATE = 2.5758;
/** Up to so many pairs the distribution is counted exactly, beyond it is close to normal. */
const EXACT_PAIRS = 400;
/** Longer series are thinned evenly: the work grows with the product of both. */
const MOST_SAMPLES = 200;

export interface RatioInterval {
  readonly ratio: number;
  readonly least: number;
  readonly most: number;
  /** False when there are too few samples for the promised confidence; the interval is then all of the ratios. */
  readonly isConfident: boolean;
}

/** Ratios `b / a`, all samples above 0. Five on each side are the fewest that can tell with 99 % confidence. */
export function compareSamples(a: readonly number[], b: readonly number[]): RatioInterval | undefined {
  const [before, now] = [thinned(a), thinned(b)];
  const ratios = before.flatMap((x) => now.map((y) => y / x)).toSorted((x, y) => x - y);
  if (ratios.length === 0 || !ratios.every((ratio) => Number.isFinite(ratio) && ratio > 0)) return undefined;
  const cut = cutOff(before.length, now.length);
  const outer = Math.max(1, cut);
  const [least, most] = [ratios[outer - 1]!, ratios[ratios.length - outer]!];
  return { ratio: middle(ratios), least, most, isConfident: cut > 0 };
}

/** How many of the smallest and of the largest ratios lie outside, plus one; 0 when no interval has the confidence. */
export function cutOff(m: number, n: number): number {
  const pairs = m * n;
  if (pairs > EXACT_PAIRS) return Math.max(0, Math.floor(pairs / 2 - DEVIATE * Math.sqrt((pairs * (m + n + 1)) / 12)));
  const ways = rankSums(m, n);
  const all = ways.reduce((sum, count) => sum + count, 0);
  let below = 0;
  let cut = 0;
  while (cut < ways.length && (below + ways[cut]!) / all <= MISSES / 2) below += ways[cut++]!;
  return cut;
}

/**
 * In how many orders of `m + n` different values the Mann-Whitney statistic is 0, 1, 2, ..., `m * n`: the coefficients of the
 * Gaussian binomial, by the recurrence over the largest value (Mann and Whitney 1947).
 */
export function rankSums(m: number, n: number): readonly number[] {
  let rows: number[][] = Array.from({ length: n + 1 }, () => [1]);
  for (let i = 1; i <= m; i++) {
    const next: number[][] = [[1]];
    for (let j = 1; j <= n; j++) {
      // The largest is of the first kind, above all j of the other; or of the second, and adds nothing.
      const counts = Array.from({ length: i * j + 1 }, () => 0);
      rows[j]!.forEach((count, u) => (counts[u + j]! += count));
      next[j - 1]!.forEach((count, u) => (counts[u]! += count));
      next.push(counts);
    }
    rows = next;
  }
  return rows[n]!;
}

function thinned(samples: readonly number[]): readonly number[] {
  if (samples.length <= MOST_SAMPLES) return samples;
  return Array.from(
    { length: MOST_SAMPLES },
    (_, index) => samples[Math.floor((index * samples.length) / MOST_SAMPLES)]!,
  );
}

function middle(sorted: readonly number[]): number {
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}
