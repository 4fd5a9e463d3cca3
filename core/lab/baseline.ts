/**
 * A run against an earlier one: faster, slower, or cannot tell. Figures come from rounds and have a spread: only when the spreads
 * do not overlap is there a difference. A latency is one distribution without a spread: it has to double before it counts.
 */

import { readFileSync } from "node:fs";
import { Failure } from "../cli/failure.ts";
import { formatDuration } from "../report/units.ts";
import type { Figure, LabRun } from "./result.ts";

export type Verdict = "faster" | "slower" | "cannot tell";

export interface Row {
  readonly what: string;
  readonly before: number;
  readonly now: number;
  /** Above 1 is faster. */
  readonly ratio: number;
  readonly least: number;
  readonly most: number;
  readonly verdict: Verdict;
}

export interface Comparison {
  /** What differs between the machines; then no verdict is given. */
  readonly machines: readonly string[];
  readonly rows: readonly Row[];
}

/** What makes two machines the same as far as figures go. */
const MACHINE = ["cpu", "cores", "kernel", "governor", "virtualised"] as const;
const HIGHER_IS_BETTER = /\/s$|per second/;
const LOWER_IS_BETTER = /^(ns|us)\b/;
const DOUBLED = 2;

/** @throws Failure when the file cannot be read or holds something else. */
export function readBaseline(path: string): LabRun {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    const why =
      cause instanceof SyntaxError ? "it is not JSON" : cause instanceof Error ? cause.message : String(cause);
    throw new Failure(`cannot read the baseline ${path}: ${why}`, { hint: "hftz bench --json > FILE writes one" });
  }
  if (!isObject(parsed) || !isObject(parsed["environment"]) || !isObject(parsed["suites"]))
    throw new Failure(`the baseline ${path} is no result of hftz bench`, {
      hint: "hftz bench --json > FILE writes one",
    });
  return parsed as unknown as LabRun;
}

export function compareRuns(before: LabRun, now: LabRun): Comparison {
  const machines = MACHINE.filter((key) => before.environment[key] !== now.environment[key]).map(
    (key) => `${key}: ${String(before.environment[key])} before, ${String(now.environment[key])} now`,
  );
  const rows: Row[] = [];
  for (const [suite, found] of Object.entries(now.suites)) {
    const earlier = before.suites[suite];
    for (const [name, figure] of Object.entries(found.figures ?? {})) {
      const old = earlier?.figures?.[name];
      const row = old === undefined ? undefined : compareFigures(`${suite}: ${name}`, old, figure);
      if (row !== undefined) rows.push(row);
    }
    for (const [name, { p99 }] of Object.entries(found.latencies ?? {})) {
      const old = earlier?.latencies?.[name]?.p99;
      if (typeof old !== "number" || old <= 0 || p99 <= 0) continue;
      const ratio = old / p99;
      const verdict = ratio >= DOUBLED ? "faster" : ratio <= 1 / DOUBLED ? "slower" : "cannot tell";
      rows.push({ what: `${suite}: ${name}, p99`, before: old, now: p99, ratio, least: ratio, most: ratio, verdict });
    }
  }
  const judged = machines.length === 0 ? rows : rows.map((row): Row => Object.assign(row, { verdict: "cannot tell" }));
  return { machines, rows: judged };
}

function compareFigures(what: string, old: Figure, now: Figure): Row | undefined {
  const up = HIGHER_IS_BETTER.test(now.unit);
  if ((!up && !LOWER_IS_BETTER.test(now.unit)) || !(old.min > 0) || !(now.min > 0)) return undefined;
  const gain = (a: number, b: number): number => (up ? b / a : a / b);
  const ratio = gain(old.median, now.median);
  const [least, most] = up ? [now.min / old.max, now.max / old.min] : [old.min / now.max, old.max / now.min];
  const verdict = least > 1 ? "faster" : most < 1 ? "slower" : "cannot tell";
  return { what, before: old.median, now: now.median, ratio, least, most, verdict };
}

/** What counts from the intended time: one latency a suite. */
const HEADLINES: Readonly<Record<string, string>> = { velox: "endToEnd", match: "response", net: "roundTrip" };

/** A line for each that is slower than allowed. */
export function slowP99({ suites }: LabRun, mostNs: number): readonly string[] {
  return Object.entries(HEADLINES).flatMap(([suite, name]) => {
    const p99 = suites[suite]?.latencies?.[name]?.p99;
    return p99 === undefined || p99 <= mostNs
      ? []
      : [`${suite}: the p99 of ${name} is ${formatDuration(p99)}, more than ${formatDuration(mostNs)}`];
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
