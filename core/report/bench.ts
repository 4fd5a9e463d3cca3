/**
 * A lab run as text: the machine, one table of the first figures of all suites, then a block for each: facts, figures with their
 * spread, latencies with a drawn histogram.
 */

import { type Column, renderTable } from "../cli/table.ts";
import { hung, ORDINARY_WIDTH } from "../cli/wrap.ts";
import type { Comparison } from "../lab/baseline.ts";
import type { Bucket, Environment, Figure, Histograms, Latency, PeerRow, Suite, Suites } from "../lab/result.ts";
import { renderGlance } from "./glance.ts";
import { labelOf, valueText } from "./labels.ts";
import { renderFacts, renderRows, type SummaryStyle } from "./summary.ts";
import { formatCount, formatDuration, formatNumber } from "./units.ts";

const BARS = " ▁▂▃▄▅▆▇█";
const WIDE = 16;

export function benchRenderer(histograms: Histograms) {
  return async (result: Readonly<Record<string, unknown>>, style: SummaryStyle): Promise<string> => {
    const { environment, suites, comparison } = result as {
      environment: Environment;
      suites: Suites;
      comparison?: Comparison;
    };
    const blocks = [sentence(machineLine(environment), style)];
    const glance = await renderGlance(suites, style);
    if (glance !== "") blocks.push(glance);
    for (const [name, suite] of Object.entries(suites)) {
      blocks.push(await renderSuite(name, suite, histograms[name] ?? {}, style));
    }
    if (comparison !== undefined) blocks.push(await renderComparison(comparison, style));
    return blocks.join("\n");
  };
}

function machineLine(environment: Environment): string {
  const word = (key: string): string => String(environment[key] ?? "unknown");
  const virtual = environment["virtualised"] === true ? "virtualised" : "bare metal";
  return `hftz ${word("hftz")} on ${word("cpu")}, ${word("cores")} cores, Linux ${word("kernel")}, ${virtual}, governor ${word("governor")}, isolated ${String(environment["isolated"] ?? "none")}, huge pages ${word("hugePages")}`;
}

async function renderSuite(
  name: string,
  { figures = {}, latencies = {}, peers = [], leftOut = [], ...facts }: Suite,
  histograms: Readonly<Record<string, readonly Bucket[]>>,
  style: SummaryStyle,
): Promise<string> {
  const parts = [style.paint.bold(name), "\n"];
  const rows = Object.entries(facts).filter(([, value]) => Array.isArray(value) && value.every(isObject));
  const plain = Object.entries(facts)
    .map(([key, value]) => [key, isTexts(value) ? value.join("; ") : value] as const)
    .filter(([, value]) => !isObject(value) && !Array.isArray(value));
  const nested = Object.entries(facts).filter(([, value]) => isObject(value));
  if (plain.length > 0) parts.push(renderFacts(plain, style));
  for (const [key, value] of nested) parts.push(renderFacts([[key, listed(value as object)]], style));
  for (const [, list] of rows)
    if ((list as []).length > 0) parts.push(await renderRows((list as []).map(short), style));
  if (Object.keys(figures).length > 0) parts.push(await renderFigures(figures, style));
  if (Object.keys(latencies).length > 0) parts.push(await renderLatencies(latencies, histograms, style));
  if (peers.length > 0) parts.push(await renderPeers(peers, style));
  for (const { peer, why } of leftOut) parts.push(sentence(`left out ${peer}: ${why}`, style, "  "));
  return parts.join("");
}

/** Below the table what a reader has to know of a peer, once each. */
async function renderPeers(peers: readonly PeerRow[], style: SummaryStyle): Promise<string> {
  const columns: Column[] = [
    { title: "peer", align: "left" },
    { title: "against", align: "left" },
    { title: "what", align: "left" },
    { title: "ours", align: "right" },
    { title: "theirs", align: "right" },
    { title: "unit", align: "left" },
    { title: "times as fast", align: "right" },
    { title: "spread", align: "right" },
  ];
  const rows = peers.map(({ peer, against, what, ours, theirs, unit, times }) => [
    peer,
    against,
    what,
    ours.toFixed(2),
    theirs.toFixed(2),
    unit,
    times.median.toFixed(2),
    `${times.min.toFixed(2)} to ${times.max.toFixed(2)}`,
  ]);
  const notes = new Set(
    peers.flatMap(({ peer, note }) => (note === undefined ? [] : [sentence(`${peer}: ${note}`, style, "  ")])),
  );
  return (await renderTable(columns, rows, style.boxed, style.paint)) + [...notes].join("");
}

/** A hash takes a line of its own; its first digits tell whether two are the same. */
function short(row: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { hash, ...rest } = row;
  return typeof hash === "string" ? { ...rest, hash: hash.slice(0, 12) } : rest;
}

function listed(value: object): string {
  return Object.entries(value)
    .map(([key, item]) => `${labelOf(key)} ${valueText(key, item)}`)
    .join(", ");
}

async function renderFigures(figures: Readonly<Record<string, Figure>>, style: SummaryStyle): Promise<string> {
  const columns: Column[] = [
    { title: "figure", align: "left" },
    { title: "median", align: "right" },
    { title: "min", align: "right" },
    { title: "max", align: "right" },
    { title: "unit", align: "left" },
  ];
  const rows = Object.entries(figures).map(([name, { unit, median, min, max }]) =>
    [name].concat([median, min, max].map(formatNumber), unit),
  );
  return renderTable(columns, rows, style.boxed, style.paint);
}

async function renderLatencies(
  latencies: Readonly<Record<string, Latency>>,
  histograms: Readonly<Record<string, readonly Bucket[]>>,
  style: SummaryStyle,
): Promise<string> {
  const shown = ["min", "p50", "p90", "p99", "p999", "p9999", "max", "mean"] as const;
  const titles = ["min", "p50", "p90", "p99", "p99.9", "p99.99", "max", "mean", "count"];
  const columns: Column[] = [
    { title: "latency", align: "left" },
    ...titles.map((title): Column => ({ title, align: "right" })),
    // To the right, where tables break nothing: a drawing has gaps that are no gaps between words.
    { title: "min to max, log scale", align: "right" },
  ];
  const rows = Object.entries(latencies).map(([name, latency]) =>
    [name.includes(" ") ? name : labelOf(name)].concat(
      shown.map((key) => formatDuration(latency[key])),
      formatCount(latency.count),
      sparkline(histograms[name] ?? []),
    ),
  );
  return renderTable(columns, rows, style.boxed, style.paint);
}

/** A histogram in one line: sixteen steps of the logarithm from the lowest to the highest value, heights of the logarithm too. */
export function sparkline(buckets: readonly Bucket[]): string {
  if (buckets.length === 0) return "";
  const low = Math.log(Math.max(1, buckets[0]![0]));
  const span = Math.log(Math.max(1, buckets.at(-1)![1])) - low || 1;
  const counts = Array.from({ length: WIDE }, () => 0);
  for (const [from, to, count] of buckets) {
    const middle = Math.log(Math.max(1, (from + to) / 2));
    const at = Math.min(WIDE - 1, Math.max(0, Math.floor(((middle - low) / span) * WIDE)));
    counts[at]! += count;
  }
  const most = Math.log1p(Math.max(...counts));
  return counts
    .map((count) => (count === 0 ? " " : BARS[Math.max(1, Math.round((Math.log1p(count) / most) * (BARS.length - 1)))]))
    .join("");
}

async function renderComparison({ machines, settings, rows }: Comparison, style: SummaryStyle): Promise<string> {
  const head = style.paint.bold("against the baseline");
  const warnings = [
    machines.length === 0 ? "" : sentence(`different machines, so no verdict: ${machines.join("; ")}`, style),
    settings.length === 0
      ? ""
      : sentence(`other settings, so no verdict on velox and match: ${settings.join("; ")}`, style),
  ].join("");
  const cells = rows.map(({ what, unit, before, now, ratio, least, most, samples, verdict }) => [
    what,
    formatNumber(before),
    formatNumber(now),
    unit,
    ratio.toFixed(2),
    `${least.toFixed(2)} to ${most.toFixed(2)}`,
    samples.join(", "),
    verdict,
  ]);
  const columns: Column[] = [
    { title: "what", align: "left" },
    { title: "before", align: "right" },
    { title: "now", align: "right" },
    { title: "unit", align: "left" },
    { title: "times as fast", align: "right" },
    { title: "99 % interval", align: "right" },
    { title: "samples", align: "right" },
    { title: "verdict", align: "left" },
  ];
  const count = (verdict: string): number => rows.filter((row) => row.verdict === verdict).length;
  const sum = `${count("faster")} faster, ${count("slower")} slower, ${count("cannot tell")} cannot tell\n`;
  return `${head}\n${warnings}${await renderTable(columns, cells, style.boxed, style.paint)}${sum}`;
}

/** A line in a pipe, folded on a terminal, its further lines behind two blanks. */
function sentence(text: string, { boxed }: SummaryStyle, before = ""): string {
  return `${before}${hung(text, 2, boxed ? ORDINARY_WIDTH : Infinity)}\n`;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Remarks, such as the processors that could not be had. */
function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === "string");
}
