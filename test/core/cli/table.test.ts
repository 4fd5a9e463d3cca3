/** Boxed tables on a terminal of ordinary width. */

import { expect, test } from "bun:test";
import { stripVTControlCharacters } from "node:util";
import { type Column, renderTable } from "../../../core/cli/table.ts";
import { palette } from "../../../core/cli/terminal.ts";

const left = (title: string): Column => ({ title, align: "left" });
const right = (title: string): Column => ({ title, align: "right" });
const figures = Array.from({ length: 12 }, (_, index) => right(`figure ${index}`));

async function boxed(columns: readonly Column[], rows: readonly (readonly string[])[]): Promise<readonly string[]> {
  return stripVTControlCharacters(await renderTable(columns, rows, true, palette(true)))
    .trimEnd()
    .split("\n");
}

const widest = (lines: readonly string[]): number => Math.max(...lines.map((line) => line.length));

test("what fits is left as it is", async () => {
  expect(await boxed([left("what"), right("count")], [["orders", "3"]])).toEqual([
    "┌────────┬───────┐",
    "│ what   │ count │",
    "├────────┼───────┤",
    "│ orders │     3 │",
    "└────────┴───────┘",
  ]);
});

test("a long text goes on below, and no figure is broken", async () => {
  const lines = await boxed([left("what"), right("measured at the end")], [["word ".repeat(30).trim(), "1.25 ms"]]);
  expect(widest(lines)).toBeLessThanOrEqual(79);
  expect(lines.filter((line) => line.includes("1.25 ms"))).toHaveLength(1);
  expect(lines.join(" ").match(/word/g)).toHaveLength(30);
});

test("columns that cannot be narrower continue below, behind the first one", async () => {
  const row = ["response", ...figures.map((_, index) => `1${index}.5 ms`)];
  const lines = await boxed([left("latency"), ...figures], [row]);
  expect(widest(lines)).toBeLessThanOrEqual(79);
  expect(lines.filter((line) => line.includes("response")).length).toBeGreaterThan(1);
  for (const figure of row.slice(1)) expect(lines.filter((line) => line.includes(` ${figure} `))).toHaveLength(1);
});

test("a single word that is wider than a terminal stays whole", async () => {
  const path = "a".repeat(100);
  expect((await boxed([left("name"), left("path")], [["log", path]])).join("\n")).toContain(path);
});
