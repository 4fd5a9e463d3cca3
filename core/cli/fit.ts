/**
 * Boxed tables that are no wider than a terminal: words go below each other where a column can be narrower, and where that is not
 * enough, the columns continue in a further table, behind the first one again.
 */

import type { Column } from "./table.ts";
import { columnsOf, wrap } from "./wrap.ts";

export interface Part {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly string[])[];
}

/** What a cell has around its text, and a table at its end. */
const FRAME = 3;
const EDGE = 1;

interface Room {
  readonly least: number;
  readonly most: number;
}

/** @returns the same cells, with line breaks in them, in one table or more */
export function fitColumns(columns: readonly Column[], rows: Part["rows"], width: number): readonly Part[] {
  const rooms = columns.map((column, index) => roomOf(column, rows, index));
  return partsOf(rooms, width).map((part) => {
    const widths = widthsOf(
      part.map((index) => rooms[index]!),
      width,
    );
    return {
      columns: part.map((index, at) => ({ ...columns[index]!, title: folded(columns[index]!.title, widths[at]!) })),
      rows: rows.map((row) => part.map((index, at) => folded(row[index] ?? "", widths[at]!))),
    };
  });
}

/** Titles and texts can be broken between words; a figure, which stands to the right, stays whole with its unit. */
function roomOf({ title, align }: Column, rows: Part["rows"], index: number): Room {
  const widest = (texts: readonly string[]): number => Math.max(0, ...texts.map(columnsOf));
  const lines = rows.flatMap((row) => (row[index] ?? "").split("\n"));
  const unbroken = align === "right" ? lines : lines.flatMap((line) => line.split(" "));
  return { least: widest([...title.split(" "), ...unbroken]), most: widest([title, ...lines]) };
}

/** Numbers of the columns of each table: as many as can be made to fit. */
function partsOf(rooms: readonly Room[], width: number): readonly (readonly number[])[] {
  const parts: number[][] = [[0]];
  for (let index = 1; index < rooms.length; index++) {
    const part = parts.at(-1)!;
    const taken = [...part, index].reduce((sum, each) => sum + rooms[each]!.least + FRAME, EDGE);
    // The first column alone would say nothing: beside it stands at least one other, however wide.
    if (taken > width && part.length > 1) parts.push([0, index]);
    else part.push(index);
  }
  return parts;
}

/** The widest column gives first. */
function widthsOf(rooms: readonly Room[], width: number): readonly number[] {
  const widths = rooms.map(({ most }) => most);
  let over = widths.reduce((sum, each) => sum + each + FRAME, EDGE) - width;
  for (; over > 0; over--) {
    const giving = rooms.map(({ least }, index) => (widths[index]! > least ? widths[index]! : 0));
    const widest = giving.indexOf(Math.max(...giving));
    if (giving[widest] === 0) break;
    widths[widest]!--;
  }
  return widths;
}

function folded(text: string, width: number): string {
  return text
    .split("\n")
    .flatMap((line) => wrap(line, width))
    .join("\n");
}
