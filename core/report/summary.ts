/**
 * A run's figures as text. The shape of the result decides the form: single values become a block of labelled facts, a list of
 * objects a table, an object of values a small table of its own; so a figure that native code adds appears without a change here.
 */

import { type Column, renderTable } from "../cli/table.ts";
import type { Palette } from "../cli/terminal.ts";
import { ORDINARY_WIDTH, wrap } from "../cli/wrap.ts";
import { isNumeric, labelOf, valueText } from "./labels.ts";

type Fields = Readonly<Record<string, unknown>>;

export interface SummaryStyle {
  /** Boxed tables, for a terminal. */
  readonly boxed: boolean;
  readonly paint: Palette;
}

export async function renderSummary(result: Fields, style: SummaryStyle): Promise<string> {
  const blocks: string[] = [];
  const facts = Object.entries(result).filter(([, value]) => isFact(value));
  const parts = Object.entries(result).filter(([, value]) => !isFact(value));
  for (const [key, value] of parts) {
    const block = await renderPart(key, value, style);
    if (block !== undefined) blocks.push(block);
  }
  if (facts.length > 0) blocks.push(renderFacts(facts, style));
  return blocks.join("\n");
}

async function renderPart(key: string, value: unknown, style: SummaryStyle): Promise<string | undefined> {
  const title = style.paint.bold(labelOf(key));
  if (isFieldsList(value)) return value.length === 0 ? undefined : `${title}\n${await renderRows(value, style)}`;
  if (Array.isArray(value)) return `${title}  ${value.map((item) => valueText(key, item)).join(", ")}\n`;
  if (!isFields(value) || Object.keys(value).length === 0) return undefined;
  const entries = Object.entries(value);
  if (entries.every(([, item]) => isFact(item))) return `${title}\n${renderFacts(entries, style)}`;
  if (!entries.every(([, item]) => isFields(item))) return `${title}\n${await renderSummary(value, style)}`;
  const rows = entries.map(([name, item]) => Object.assign({ what: name }, item));
  return `${title}\n${await renderRows(rows, style)}`;
}

/** A table with one column per key of any row, in the order of first appearance. */
export async function renderRows(rows: readonly Fields[], style: SummaryStyle): Promise<string> {
  const keys = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const columns = keys.map((key): Column => ({
    title: labelOf(key),
    align: rows.some((row) => isNumeric(row[key])) ? "right" : "left",
  }));
  const cells = rows.map((row) => keys.map((key) => (key in row ? valueText(key, row[key]) : "")));
  return renderTable(columns, cells, style.boxed, style.paint);
}

/** Labels left, values beside them; on a terminal long ones go on below, in a pipe a fact is a line. */
export function renderFacts(facts: readonly (readonly [string, unknown])[], { boxed, paint }: SummaryStyle): string {
  const wide = Math.max(...facts.map(([key]) => labelOf(key).length));
  const room = boxed ? ORDINARY_WIDTH - wide - 4 : Infinity;
  return facts
    .map(([key, value]) => {
      const text = wrap(valueText(key, value), room).join(`\n${" ".repeat(wide + 4)}`);
      return `  ${paint.dim(labelOf(key).padEnd(wide))}  ${text}\n`;
    })
    .join("");
}

function isFact(value: unknown): boolean {
  return value === null || typeof value !== "object";
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isFieldsList(values: unknown): values is readonly Fields[] {
  return Array.isArray(values) && values.every(isFields);
}
