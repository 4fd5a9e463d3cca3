/** A lab run of several suites in one table: of each what it is asked for first. The blocks below it have everything. */

import { type Column, renderTable } from "../cli/table.ts";
import type { Suite, Suites } from "../lab/result.ts";
import { labelOf, valueText } from "./labels.ts";
import type { SummaryStyle } from "./summary.ts";
import { formatDuration, formatNumber } from "./units.ts";

/** Names of facts, figures and latencies; what a run does not have is left out. */
interface First {
  readonly facts?: readonly string[];
  readonly figures?: readonly string[];
  readonly latencies?: readonly string[];
}

const FIRST: Readonly<Record<string, First>> = {
  clock: { figures: ["rdtsc", "rdtscp", "clock_gettime", "FFI call", "recording a latency"] },
  jitter: { latencies: ["gaps"] },
  ring: {
    figures: ["throughput, 1024 of 8 bytes, spinning: hftz spsc", "throughput, 1024 of 8 bytes, spinning: hftz mpmc"],
    latencies: ["round trip, hftz spsc"],
  },
  book: { figures: ["fetching ahead"] },
  itch: { figures: ["far, decode to batches", "far, dispatch to handlers"] },
  match: { figures: ["normal, matching", "normal, with hand-over"], latencies: ["response"] },
  journal: { latencies: ["append, group", "until durable, group"] },
  net: { figures: ["packets received"], latencies: ["roundTrip"] },
  velox: { facts: ["dropped", "meanBundleSize", "bundlesPerSec", "meanWaitUs"], latencies: ["endToEnd"] },
};

const COLUMNS: readonly Column[] = [
  { title: "suite", align: "left" },
  { title: "what", align: "left" },
  ...["median", "min", "p99", "max"].map((title): Column => ({ title, align: "right" })),
  { title: "unit", align: "left" },
];

/** Empty when there is nothing to put together: of one suite its own block is short enough. */
export async function renderGlance(suites: Suites, style: SummaryStyle): Promise<string> {
  const names = Object.keys(suites);
  if (names.length < 2) return "";
  const rows = names.flatMap((name) => rowsOf(suites[name]!, FIRST[name] ?? {}).map((row) => [name].concat(row)));
  return `${style.paint.bold("at a glance")}\n${await renderTable(COLUMNS, rows, style.boxed, style.paint)}`;
}

function rowsOf(suite: Suite, { facts = [], figures = [], latencies = [] }: First): string[][] {
  const present = (names: readonly string[], from: object): readonly string[] => names.filter((name) => name in from);
  return [
    ...present(facts, suite).map((name) => [labelOf(name), valueText(name, suite[name]), "", "", "", ""]),
    ...present(figures, suite.figures ?? {}).map((name) => {
      const { median, min, max, unit } = suite.figures![name]!;
      return [name, formatNumber(median), formatNumber(min), "", formatNumber(max), unit];
    }),
    ...present(latencies, suite.latencies ?? {}).map((name) => {
      const { p50, min, p99, max } = suite.latencies![name]!;
      const times = [p50, min, p99, max].map(formatDuration);
      return [name.includes(" ") ? name : labelOf(name)].concat(times, "");
    }),
  ];
}
