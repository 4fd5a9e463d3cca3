/** The realism report: each number that theory gives for a flow beside what came out of the engine. */

import { type Column, renderTable } from "../cli/table.ts";
import { hung, ORDINARY_WIDTH } from "../cli/wrap.ts";
import { renderSummary, type SummaryStyle } from "./summary.ts";
import { Facts, phrase } from "./facts.ts";
import { formatCount, formatDuration } from "./units.ts";

interface Check {
  readonly model: string;
  readonly what: string;
  readonly measured: number | null;
  readonly expected: number;
  readonly tolerance: number;
  readonly pass: boolean;
}

const COLUMNS: readonly Column[] = [
  { title: "model", align: "left" },
  { title: "what", align: "left" },
  { title: "measured", align: "right" },
  { title: "expected", align: "right" },
  { title: "tolerance", align: "right" },
  { title: "verdict", align: "left" },
];

export async function renderValidation(
  result: Readonly<Record<string, unknown>>,
  style: SummaryStyle,
): Promise<string> {
  const facts = new Facts(result);
  const checks = (facts.take("checks") ?? []) as readonly Check[];
  const misses = (facts.take("misses") ?? {}) as Readonly<Record<string, readonly string[]>>;
  const { good, bad } = style.paint;
  const rows = checks.map(({ model, what, measured, expected, tolerance, pass }) => [
    model,
    what,
    measured === null ? "none" : figure(measured, tolerance),
    figure(expected, tolerance),
    `±${figure(tolerance, tolerance)}`,
    pass ? good("pass") : bad("FAIL"),
  ]);
  const table = await renderTable(COLUMNS, rows, style.boxed, style.paint);
  const width = style.boxed ? ORDINARY_WIDTH : Infinity;
  const missed = Object.entries(misses)
    .map(([model, list]) => `  ${hung(`${model}: ${list.join("; ")}`, 2, width)}\n`)
    .join("");
  const [passed, failed] = [facts.number("passed") ?? 0, facts.number("failed") ?? 0];
  facts.line(
    "numbers",
    `${formatCount(passed)} of ${formatCount(passed + failed)} within four standard errors`,
    phrase(facts.take("seed"), (seed) => `seed ${String(seed)}`),
    phrase(facts.number("elapsedNs"), (ns) => `in ${formatDuration(ns)}`),
  );
  const rest = await renderSummary(facts.rest(), style);
  return `${table}\n${style.paint.bold("what these flows are known to lack")}\n${missed}\n${facts.render(style)}${rest}`;
}

/** As many decimals as the tolerance gives a meaning to, and one more. */
function figure(value: number, tolerance: number): string {
  const decimals = Math.min(8, Math.max(0, 2 - Math.floor(Math.log10(tolerance || 1))));
  return value.toFixed(decimals);
}
