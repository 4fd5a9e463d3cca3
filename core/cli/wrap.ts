/** Text in lines that do not wrap by themselves. */

import { stripVTControlCharacters } from "node:util";

/** Columns of a line on a terminal of ordinary width; asking standard output for its own would open it. */
export const ORDINARY_WIDTH = 79;

/** Breaks between words, so that no line is wider than `width` columns unless a single word is. Colour has no width. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && columnsOf(line) + 1 + columnsOf(word) > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

/** Text that begins behind `indent` columns and goes on below its first word; its own lines stay. */
export function hung(text: string, indent: number, width: number): string {
  const gap = `\n${" ".repeat(indent)}`;
  return text
    .split("\n")
    .map((line) => wrap(line, width - indent).join(gap))
    .join("\n");
}

/** Places on a terminal that a line takes. */
export function columnsOf(text: string): number {
  return stripVTControlCharacters(text).length;
}
