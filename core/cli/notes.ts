/**
 * What hftz says beside its data, on stderr. consola routes it; `consola/core` and a reporter of our own, because consola's default
 * instance opens `process.stdout` and `process.stderr` and with them makes the shared descriptors non-blocking.
 */

import { type ConsolaReporter, createConsola } from "consola/core";
import { writeErr } from "./output.ts";
import { isTerminal, palette, wantsColor } from "./terminal.ts";
import { hung, ORDINARY_WIDTH } from "./wrap.ts";

const HINT = "hint";

const reporter: ConsolaReporter = {
  log({ type, tag, args }) {
    const paint = palette(wantsColor(2));
    const text = printable(args.join(" "));
    // In a log a message stays the one line that tools look for.
    const width = isTerminal(2) ? ORDINARY_WIDTH : Infinity;
    if (type === "error") writeErr(`${paint.bad("hftz:")} ${hung(text, 6, width)}\n`);
    else if (tag === HINT) writeErr(`${paint.dim("hint:")} ${hung(text, 6, width)}\n`);
    else writeErr(`${hung(text, 0, width)}\n`);
  },
};

const notes = createConsola({ reporters: [reporter] });

/** Messages quote names and lines of the input: what would move a terminal's cursor or colour it is shown as its number. */
export function printable(text: string): string {
  return text.replaceAll(/(?!\n)\p{Cc}/gu, (letter) => `\\u{${letter.codePointAt(0)!.toString(16)}}`);
}

/** What went wrong, and what to do about it. */
export function sayError(message: string, hint?: string | null): void {
  notes.error(message);
  if (hint !== undefined && hint !== null) notes.withTag(HINT).info(hint);
}

export function say(message: string): void {
  notes.info(message);
}
