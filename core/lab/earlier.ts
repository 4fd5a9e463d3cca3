/**
 * A run of before: what `hftz bench --json` printed, or the data inside a page that `--html` wrote. Everything that is later read is
 * looked at first, because the file may be anybody's.
 */

import { readFileSync } from "node:fs";
import { Failure } from "../cli/failure.ts";
import { reasonOf } from "../cli/unreadable.ts";
import type { EarlierRun } from "./result.ts";

const DATA = /<script type="application\/json" id="data">([^<]*)<\/script>/;
const HINT = "hftz bench --json > FILE writes one, and so does --html FILE";
const LATENCY = ["count", "min", "p50", "p90", "p99", "p999", "p9999", "max", "mean"] as const;

type Fields = Readonly<Record<string, unknown>>;

/**
 * @param what what the user calls the file
 * @throws Failure when the file cannot be read or holds something else, with the place.
 */
export function readEarlier(path: string, what: "baseline" | "overlay"): EarlierRun {
  try {
    return earlierOf(readFileSync(path, "utf8"), path, what);
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    throw new Failure(`cannot read the ${what} ${path}: ${reasonOf(cause)}`, { hint: HINT });
  }
}

/** The run in `text`; the name is for the message. @throws Failure when it is none. */
export function earlierOf(text: string, path: string, what: "baseline" | "overlay"): EarlierRun {
  let parsed: unknown;
  try {
    const embedded = DATA.exec(text)?.[1];
    parsed = JSON.parse(embedded ?? text);
    if (embedded !== undefined && isFields(parsed)) parsed = parsed["run"];
  } catch {
    throw new Failure(`cannot read the ${what} ${path}: it is not JSON`, { hint: HINT });
  }
  const wrong = firstWrong(parsed);
  if (wrong !== undefined)
    throw new Failure(`the ${what} ${path} is no result of hftz bench: ${wrong}`, { hint: HINT });
  return parsed as EarlierRun;
}

function firstWrong(run: unknown): string | undefined {
  if (!isFields(run)) return "it is no object";
  for (const key of ["environment", "suites"]) if (!isFields(run[key])) return `${key} is no object`;
  for (const [suite, found] of Object.entries(run["suites"] as Fields)) {
    if (!isFields(found)) return `suites[${JSON.stringify(suite)}] is no object`;
    const wrong =
      firstOf(found["figures"], `suites.${suite}.figures`, isFigure) ??
      firstOf(found["latencies"], `suites.${suite}.latencies`, isLatency);
    if (wrong !== undefined) return wrong;
  }
  for (const [key, isPart] of [
    ["histograms", isBuckets],
    ["timelines", isTimeline],
  ] as const) {
    const parts = run[key];
    if (parts === undefined) continue;
    if (!isFields(parts)) return `${key} is no object`;
    for (const [suite, found] of Object.entries(parts)) {
      const wrong = firstOf(found, `${key}.${suite}`, isPart);
      if (wrong !== undefined) return wrong;
    }
  }
  return run["settings"] === undefined || isFields(run["settings"]) ? undefined : "settings is no object";
}

/** Absent is right; else an object, and every value of it passes. */
function firstOf(value: unknown, place: string, passes: (item: unknown) => boolean): string | undefined {
  if (value === undefined) return undefined;
  if (!isFields(value)) return `${place} is no object`;
  const bad = Object.entries(value).find(([, item]) => !passes(item));
  return bad === undefined ? undefined : `${place}[${JSON.stringify(bad[0])}] is not what hftz writes`;
}

function isFigure(value: unknown): boolean {
  if (!isFields(value) || typeof value["unit"] !== "string") return false;
  const samples = value["samples"] ?? [];
  return (
    [value["median"], value["min"], value["max"]].every(isNumber) && Array.isArray(samples) && samples.every(isNumber)
  );
}

function isLatency(value: unknown): boolean {
  return isFields(value) && LATENCY.every((key) => isNumber(value[key]));
}

function isBuckets(value: unknown): boolean {
  return Array.isArray(value) && value.every((bucket) => isNumbers(bucket) && bucket.length === 3);
}

function isTimeline(value: unknown): boolean {
  const isRow = (row: unknown): boolean =>
    isFields(row) && isNumber(row["second"]) && isNumber(row["perSec"]) && isLatency(row["latency"]);
  return Array.isArray(value) && value.every(isRow);
}

function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every(isNumber);
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
