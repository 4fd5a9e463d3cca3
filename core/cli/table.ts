/** Tables: boxed by cli-table3 on a terminal, aligned columns without decoration in a pipe, where `awk` and `grep` read them. */

import { fitColumns } from "./fit.ts";
import type { Palette } from "./terminal.ts";
import { ORDINARY_WIDTH } from "./wrap.ts";

export type Align = "left" | "right";

export interface Column {
  readonly title: string;
  readonly align: Align;
}

/** @param rows cells as shown, one per column */
export async function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  boxed: boolean,
  paint: Palette,
): Promise<string> {
  return boxed ? renderBoxed(columns, rows, paint) : renderPlain(columns, rows, paint);
}

async function renderBoxed(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  paint: Palette,
): Promise<string> {
  // Loaded here and nowhere else: a command that prints no table does not pay for it.
  const { default: Table } = await import("cli-table3");
  return fitColumns(columns, rows, ORDINARY_WIDTH)
    .map((part) => {
      const table = new Table({
        head: part.columns.map(({ title }) => title.split("\n").map(paint.bold).join("\n")),
        colAligns: part.columns.map(({ align }) => align),
        style: { head: [], border: [], compact: true },
      });
      table.push(...part.rows.map((row) => [...row]));
      return `${table.toString()}\n`;
    })
    .join("");
}

function renderPlain(columns: readonly Column[], rows: readonly (readonly string[])[], paint: Palette): string {
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, ...rows.map((row) => row[index]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    columns
      .map(({ align }, index) => {
        const cell = cells[index] ?? "";
        return align === "right" ? cell.padStart(widths[index]!) : cell.padEnd(widths[index]!);
      })
      .join("  ")
      .trimEnd();
  const head = paint.bold(line(columns.map(({ title }) => title)));
  return `${[head, ...rows.map(line)].join("\n")}\n`;
}
