/** The outcome of `--verify`: how many rows agree, and the first one that does not, in full. */

import { priceText } from "./depth.ts";
import { Facts, phrase } from "./facts.ts";
import { renderRows, renderSummary, type SummaryStyle } from "./summary.ts";
import { formatCount, formatDuration } from "./units.ts";

interface Level {
  readonly price: number | null;
  readonly size: number;
}

/** A row that only one of the files has. */
interface Missing {
  readonly row: number;
  /** The file that ends before it. */
  readonly missing: "message" | "orderbook";
  /** The row of the other one. */
  readonly other: string;
}

interface Difference {
  readonly row: number;
  readonly side: string;
  readonly level: number;
  /** What the books say. */
  readonly expected: Level | null;
  /** What stands in the file. */
  readonly found: Level | null;
  readonly message: string;
}

export function isVerification(result: Readonly<Record<string, unknown>>): boolean {
  return "rowsChecked" in result;
}

export async function renderVerification(
  result: Readonly<Record<string, unknown>>,
  style: SummaryStyle,
): Promise<string> {
  const facts = new Facts(result);
  const difference = facts.take("firstDifference") as Difference | Missing | null;
  const checked = facts.number("rowsChecked") ?? 0;
  const agreed = facts.number("rowsAgreed") ?? 0;
  const verdict = agreed === checked ? style.paint.good("agree") : style.paint.bad("agree");
  facts.line("messages", facts.text("messagesFile"));
  facts.line(
    "books",
    facts.text("orderbookFile"),
    phrase(facts.number("depth"), (depth) => `depth ${depth}`),
  );
  if (checked === 0) {
    facts.line("rows", "none was compared");
    return facts.render(style);
  }
  facts.line(
    "levels",
    phrase(facts.number("levelsCompared"), (count) => `${formatCount(count)} compared`),
    phrase(facts.number("levelsUnknowable"), (count) => `${formatCount(count)} not knowable from the messages`),
  );
  facts.line(
    "rows",
    phrase(facts.number("rows"), (count) => `${formatCount(count)} in the files`),
    `${formatCount(agreed)} of ${formatCount(checked)} checked ${verdict}${shareText(agreed, checked)}`,
    phrase(facts.number("elapsedNs"), (ns) => `in ${formatDuration(ns)}`),
  );
  const first = difference === null ? "" : await renderDifference(difference, style);
  const rest = await renderSummary(facts.rest(), style);
  return [first, facts.render(style) + rest].filter((block) => block !== "").join("\n");
}

/** Four decimals and never rounded up to 100: one row of a day must show. */
function shareText(agreed: number, checked: number): string {
  return checked === 0 ? "" : ` (${(Math.floor((agreed / checked) * 1e6) / 1e4).toFixed(4)} %)`;
}

async function renderDifference(difference: Difference | Missing, style: SummaryStyle): Promise<string> {
  if ("missing" in difference) return renderMissing(difference, style);
  const { row, side, level, expected, found, message } = difference;
  const title = style.paint.bold(`first difference: row ${formatCount(row)}, ${side} level ${level}`);
  const rows = [cells("the books", expected), cells("the file", found)];
  return `${title}\n${await renderRows(rows, style)}after the message ${message}\n`;
}

function renderMissing({ row, missing, other }: Missing, style: SummaryStyle): string {
  const title = style.paint.bold(`first difference: row ${formatCount(row)} is missing in the ${missing} file`);
  return `${title}\nthe other file has ${other}\n`;
}

function cells(where: string, level: Level | null): Record<string, unknown> {
  const price = level === null || level.price === null ? "none" : priceText(level.price);
  return { what: where, levelPrice: price, shares: level?.size ?? 0 };
}
