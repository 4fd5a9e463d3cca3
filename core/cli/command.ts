/** A subcommand as data, and the flags that every run has. */

import { type FlagRecord, toggle, type ValuesOf } from "./flags.ts";

export interface Operand {
  readonly name: string;
  readonly summary: string;
  readonly required: boolean;
  readonly choices?: readonly string[];
  readonly completesFiles?: true;
  /** Takes all that is left; only the last operand can. */
  readonly repeats?: true;
}

export interface Example {
  readonly line: string;
  readonly about: string;
}

export interface Invocation<F extends FlagRecord = FlagRecord> {
  readonly values: ValuesOf<F>;
  readonly operands: readonly string[];
  /** Keys of the flags on the command line itself: what a file or the environment says for every run may not fit this one. */
  readonly typed: ReadonlySet<string>;
  /** Every setting that has a value, by its flag name, as the user would write it; goes into `--json`. */
  readonly settings: Readonly<Record<string, unknown>>;
}

export interface Command<F extends FlagRecord = FlagRecord> {
  readonly name: string;
  /** One line, without a full stop. */
  readonly summary: string;
  /** Paragraphs between the usage line and the options. */
  readonly details: readonly string[];
  readonly operands: readonly Operand[];
  readonly flags: F;
  readonly examples: readonly Example[];
  /** @returns the exit code. A method, so that a command with its own flags is also a `Command`. */
  run(invocation: Invocation<F>): Promise<number>;
}

export function defineCommand<const F extends FlagRecord>(command: Command<F>): Command<F> {
  return command;
}

/** What the root knows of a subcommand before loading it. */
export interface Entry {
  readonly name: string;
  readonly summary: string;
  /** Works, but is not listed. */
  readonly hidden?: true;
  readonly load: () => Promise<Command>;
}

export const runFlags = {
  json: toggle({ summary: "print the summary as one JSON object", group: "Common" }),
  quiet: toggle({ summary: "no progress and no notes on stderr", group: "Common" }),
} as const;
