/**
 * A run against an earlier one: faster, slower, or cannot tell. Every figure has samples, one a round or a slice of time; a verdict
 * needs both that the interval of the ratio leaves 1 out, and that the ratio is more than two runs of one program differ anyway.
 */

import { formatDuration } from "../report/units.ts";
import type { EarlierRun, Environment, Figure, LabRun, Settings } from "./result.ts";
import { compareSamples } from "./statistics.ts";

export type Verdict = "faster" | "slower" | "cannot tell";

export interface Row {
  readonly what: string;
  readonly unit: string;
  readonly before: number;
  readonly now: number;
  /** Above 1 is faster; the median of all pairs of samples. */
  readonly ratio: number;
  /** 99 % interval of the ratio; of all pairs when there are too few samples for it. */
  readonly least: number;
  readonly most: number;
  readonly samples: readonly [number, number];
  readonly verdict: Verdict;
}

export interface Comparison {
  /** What differs between the machines; then no verdict is given. */
  readonly machines: readonly string[];
  /** What was asked of the suites otherwise than before; then those suites get no verdict. */
  readonly settings: readonly string[];
  readonly rows: readonly Row[];
}

/** What makes two machines the same as far as figures go. */
const MACHINE = [
  "cpu",
  "cores",
  "kernel",
  "governor",
  "isolated",
  "nohzFull",
  "hugePages",
  "transparentHugePages",
  "clockSource",
  "numaNodes",
  "virtualised",
] as const;
/** Settings that say where results go, and not what is measured. */
const OUTPUTS = new Set(["suites", "html", "hgrm", "hlog", "overlay", "baseline", "maxP99", "json", "quiet", "peers"]);

const HIGHER_IS_BETTER = /\/s$|per second/;
const LOWER_IS_BETTER = /^(ns|us)\b/;
/** Two processes of one program differ by so much, whatever their rounds say: where memory lies, how warm the machine is. */
const MARGINS = [
  [/, p99 of each /, 2],
  [/, p50 of each /, 1.25],
  [/(?:)/, 1.05],
] as const;

export function compareRuns(before: EarlierRun, now: EarlierRun): Comparison {
  const machines = differences(MACHINE, before.environment, now.environment);
  const asked = [...new Set([...Object.keys(before.settings ?? {}), ...Object.keys(now.settings ?? {})])];
  const keys = before.settings === undefined ? [] : asked.filter((key) => !OUTPUTS.has(key));
  const settings = differences(keys, before.settings ?? {}, now.settings ?? {});
  const rows: Row[] = [];
  for (const [suite, found] of Object.entries(now.suites)) {
    const isSame = machines.length === 0 && (settings.length === 0 || !["velox", "match"].includes(suite));
    for (const [name, figure] of Object.entries(found.figures ?? {})) {
      const old = before.suites[suite]?.figures?.[name];
      const row = old === undefined ? undefined : compareFigures(`${suite}: ${name}`, old, figure);
      if (row !== undefined) rows.push(isSame ? row : { ...row, verdict: "cannot tell" });
    }
  }
  return { machines, settings, rows };
}

function differences(keys: readonly string[], before: Environment | Settings, now: Environment | Settings): string[] {
  const text = (value: unknown): string =>
    value === undefined || value === null ? "none" : typeof value === "string" ? value : JSON.stringify(value);
  return keys
    .map((key) => [key, text(before[key]), text(now[key])] as const)
    .filter(([, old, current]) => old !== current)
    .map(([key, old, current]) => `${key}: ${old} before, ${current} now`);
}

/** Undefined for what has no better and worse, and where a sample is no time and no speed. */
function compareFigures(what: string, old: Figure, now: Figure): Row | undefined {
  const up = HIGHER_IS_BETTER.test(now.unit);
  if (old.unit !== now.unit || (!up && !LOWER_IS_BETTER.test(now.unit))) return undefined;
  const [a, b] = [old.samples ?? [], now.samples ?? []];
  const found = up ? compareSamples(a, b) : compareSamples(b, a);
  if (found === undefined) return undefined;
  const { ratio, least, most, isConfident } = found;
  const margin = MARGINS.find(([pattern]) => pattern.test(what))![1];
  const isFaster = isConfident && least > 1 && ratio >= margin;
  const isSlower = isConfident && most < 1 && ratio <= 1 / margin;
  return {
    what,
    unit: now.unit,
    before: old.median,
    now: now.median,
    ratio,
    least,
    most,
    samples: [a.length, b.length],
    verdict: isFaster ? "faster" : isSlower ? "slower" : "cannot tell",
  };
}

/** What counts from the intended time: one latency a suite. */
export const HEADLINES: Readonly<Record<string, string>> = {
  velox: "endToEnd",
  match: "response",
  net: "roundTrip",
};

/** A line for each that is slower than allowed. */
export function slowP99({ suites }: LabRun, mostNs: number): readonly string[] {
  return Object.entries(HEADLINES).flatMap(([suite, name]) => {
    const p99 = suites[suite]?.latencies?.[name]?.p99;
    return p99 === undefined || p99 <= mostNs
      ? []
      : [`${suite}: the p99 of ${name} is ${formatDuration(p99)}, more than ${formatDuration(mostNs)}`];
  });
}
